#include "cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>

#include "bench/bench.h"
#include "cli/address.h"
#include "cli/check.h"
#include "cli/decide.h"
#include "cli/events.h"
#include "cli/key.h"
#include "cli/load.h"
#include "cli/paths.h"
#include "cli/provision.h"
#include "cli/remote.h"
#include "cli/replay.h"
#include "cli/revoke.h"
#include "cli/sim.h"
#include "cli/tell_load.h"
#include "cli/trace.h"
#include "cli/version.h"
#include "cli/xdp.h"
#include "daemon/run.h"
#include "lab/lab.h"
#include "roles/role.h"

namespace waymark::cli {

namespace {

constexpr const char* kAbout = "Waymark: one address for a service, and no broken connections.";
constexpr const char* kConfigFile = "/etc/waymark/waymark.toml";

// The commands, their options, and which of them was given.
struct CommandLine {
  CLI::App app{kAbout, "waymark"};
  std::function<int()> chosen;
  Daemon daemon;
  CLI::Option* weight_given = nullptr;
  std::string config = kConfigFile, file, in, out, target, interface, held;
  unsigned weight = 0;
  bool replace = false, here = false, json = false, undo = false, force = false;
  DrainOptions drain;
  RevokeOptions revoked;
  TellLoadOptions load;
  EventsOptions events;
  CLI::Option* wait_given = nullptr;
  std::string wait;
  std::vector<std::string> packet;
  ShowOptions show;
  CaptureOptions capture;
  ReplayOptions replay;
  SimOptions sim;
  AddressOptions address;
  ProvisionOptions provision;
  KeyOptions key;
  PathsOptions paths;
  std::span<const u8> program;

  explicit CommandLine(std::span<const u8> bpf_program) : program(bpf_program) {
    app.set_version_flag("--version", version_text(program), "Print version, program and layout");
    app.require_subcommand(1);
    app.get_formatter()->column_width(36);
    add_local();
    add_address();
    add_provision();
    key.config = kConfigFile;
    add_key_commands(app, key, chosen);
    add_paths();
    add_remote();
    add_holdings();
    // Their own command lines, behind the word; here for --help alone.
    app.add_subcommand("bench", "Nanoseconds per packet of each path, against the machine's own floor");
    app.add_subcommand("lab", "Real topologies in network namespaces: list, demo, test, up, down");
  }

  static int usage(const std::string& sentence) {
    fmt::print(stderr, "waymark: {}; `waymark drain --help` tells more\n", sentence);
    return kUsage;
  }
  CLI::App* command(const std::string& name, const std::string& about, std::function<int()> run) {
    CLI::App* c = app.add_subcommand(name, about);
    c->callback([this, run = std::move(run)] { chosen = run; });
    return c;
  }
  void add_config(CLI::App* c) {
    c->add_option("-c,--config", config, "The configuration")->required()->type_name("FILE");
  }
  void add_interface(CLI::App* c, std::string& into) {
    c->add_option("-i,--interface", into, "Where packets come in, as in [engine] interfaces; else where clients are")
        ->type_name("NAME");
  }
  void add_daemon(CLI::App* c, const char* node = "-n,--node") {
    c->add_option("--socket", daemon.socket, "The daemon's socket")->type_name("PATH");
    c->add_option(node, daemon.node, "The daemon by its node's name; neither: the only one that runs here")
        ->type_name("NAME");
  }

  void add_local() {
    CLI::App* run = command("run", "Run the daemon", [this] {
      return run_daemon({.config = config, .replace = replace, .program = program, .version = WM_VERSION});
    });
    run->add_option("-c,--config", config, fmt::format("The configuration; else {}", kConfigFile))->type_name("FILE");
    run->add_flag("--replace", replace, "Take over from the daemon that runs under the same name");

    CLI::App* check =
        command("check", "Every problem of a configuration", [this] { return check_command(file, here); });
    check->add_option("FILE", file, "The configuration")->required();
    check->add_flag("--here", here, "Look at this machine, too");

    CLI::App* xdp = app.add_subcommand("xdp", "Take an XDP program off an interface, or let a veth have one");
    xdp->require_subcommand(1);
    const auto on_interface = [&](const std::string& name, const std::string& about, int (*work)(const std::string&)) {
      CLI::App* c = xdp->add_subcommand(name, about);
      c->callback([this, work] { chosen = [this, work] { return work(interface); }; });
      c->add_option("INTERFACE", interface, "Its name")->required();
    };
    on_interface("off", "Take off whatever XDP program an interface holds, but for Waymark's own", xdp_off_command);
    on_interface("pass", "Put a program on an interface that passes all packets: a veth takes frames of XDP only so",
                 xdp_pass_command);

    CLI::App* trace =
        command("trace", "Each packet's way in words", [this] { return trace_command(config, packet, interface); });
    add_config(trace);
    add_interface(trace, interface);
    trace
        ->add_option("PACKET", packet,
                     "A capture's name; or packets with \",\" between: hexadecimal, or as in: tcp 192.0.2.1:4000 "
                     "198.51.100.80:80 syn")
        ->required();

    CLI::App* pcap = command("replay", "A capture through the packet core, without the kernel",
                             [this] { return replay_command(config, in, out, replay, json); });
    add_config(pcap);
    add_interface(pcap, replay.interface);
    pcap->add_flag("--untouched", replay.untouched, "Write packets that are passed on as they came, too");
    pcap->add_flag("--each", replay.each, "Instead of the report, for each packet a line of JSON: reason, outputs");
    pcap->add_flag("--json", json, "The report as JSON");
    pcap->add_option("IN", in, "A capture of Ethernet or raw IP; - for standard input")->required();
    pcap->add_option("OUT", out, "What leaves; - for standard output")->required();

    CLI::App* worlds =
        command("sim", "Simulated sites with drawn faults; fails where a connection breaks that must not",
                [this] { return sim_command(sim); });
    worlds->add_option("--seed", sim.seed, "The first seed, or the only one; else 1")->type_name("N");
    worlds->add_option("--seeds", sim.seeds, "So many seeds from there on; without, one is told in full")
        ->type_name("N");
    worlds->add_option("--threads", sim.threads, "Seeds at once; else one for each processor")->type_name("N");
    worlds->add_flag("--json", sim.json, "The sums as JSON");
    worlds->add_flag("--story", sim.story, "Instead: events that are always the same, and a control beside them");
    worlds
        ->add_option("--plant", sim.plant,
                     "A bug to be found: slot-reuse, lost-flip, stale-adjacency, mirror-gap or "
                     "candidate-loop")
        ->type_name("BUG");
  }

  void add_address() {
    CLI::App* addresses =
        app.add_subcommand("address", "Addresses from the fields of a plan, and any address in words");
    addresses->require_subcommand(1);
    const auto under = [&](const std::string& name, const std::string& about, int (*run)(const AddressOptions&)) {
      CLI::App* c = addresses->add_subcommand(name, about);
      c->callback([this, run] { chosen = [this, run] { return run(address); }; });
      c->add_option("-c,--config", address.config, fmt::format("The configuration; else {}", kConfigFile))
          ->type_name("FILE");
      return c;
    };
    CLI::App* encode = under("encode", "The address that a plan gives to values", address_encode_command);
    encode->add_option("PLAN", address.plan, "A [plan.NAME] of the configuration")->required();
    encode->add_option("VALUES", address.values,
                       "Each field but tag and zero, as in: tenant=1 ipv4=10.0.0.2 path=3,5,7");
    CLI::App* explain = under("explain", "What an address means, field by field", address_explain_command);
    explain->add_option("ADDR", address.address, "An IPv4 or IPv6 address")->required();
    explain->add_option("--client", address.client, "Whose flow it is, for a tag that covers the client")
        ->type_name("ADDR");
    explain->add_flag("--json", address.json, "As JSON");
  }

  void add_provision() {
    CLI::App* clients =
        app.add_subcommand("provision", "Clients of POPs and their addresses, each given once and kept");
    clients->require_subcommand(1);
    provision.config = kConfigFile;
    provision.store = "/var/lib/waymark/provision.db";
    const auto under = [&](const std::string& name, const std::string& about, int (*run)(const ProvisionOptions&)) {
      CLI::App* c = clients->add_subcommand(name, about);
      c->callback([this, run] { chosen = [this, run] { return run(provision); }; });
      c->add_option("-c,--config", provision.config, fmt::format("The configuration; else {}", kConfigFile))
          ->type_name("FILE");
      c->add_option("--store", provision.store, fmt::format("Where clients are kept; else {}", provision.store))
          ->type_name("FILE");
      if (name != "list") c->add_option("NAME", provision.name, "The client's")->required();
      return c;
    };
    const auto forms = [&](CLI::App* c) {
      CLI::Option* as_json = c->add_flag("--json", provision.json, "As JSON, instead of the address alone");
      CLI::Option* as_networkd = c->add_flag("--networkd", provision.networkd, "As a file of systemd-networkd");
      CLI::Option* as_ifupdown =
          c->add_flag("--ifupdown", provision.ifupdown, "As a stanza of /etc/network/interfaces");
      as_json->excludes(as_networkd)->excludes(as_ifupdown);
      as_networkd->excludes(as_ifupdown);
      c->add_option("--interface", provision.interface, "The client's, for these files; else eth0")->type_name("NAME");
    };
    CLI::App* client =
        under("client", "A new client's address; of one known already, the address it has", provision_client_command);
    client->add_option("--pop", provision.pop, "Its POP's id")->required()->type_name("ID");
    client->add_option("--policy", provision.policy, "A [[path.policy]], by name or index")->required();
    forms(client);
    CLI::App* move =
        under("move", "Another POP or policy: another address, and for a while the one before", provision_move_command);
    move->add_option("--pop", provision.pop, "Its new POP's id; else the same")->type_name("ID");
    move->add_option("--policy", provision.policy, "Its new policy; else the same");
    move->add_option("--keep", provision.keep, "So long it has the former address, too; else 24h")->type_name("TIME");
    forms(move);
    CLI::App* revoke =
        under("revoke", "A client that is no more: its id is never given again", provision_revoke_command);
    revoke->add_option("--write", provision.write, "Then write all that are revoked into the file that POPs watch")
        ->type_name("FILE");
    forms(under("show", "The address that a client has", provision_show_command));
    CLI::App* list = under("list", "All clients", provision_list_command);
    CLI::Option* revoked_ones = list->add_flag("--all", provision.all, "Those who are revoked, too");
    revoked_ones->excludes(list->add_flag("--revoked", provision.revoked,
                                          "Those who are revoked alone, as the file that POPs watch has them"));
    list->add_flag("--json", provision.json, "As JSON");
    CLI::App* server = under("server-address", "A server's address for one client", provision_server_address_command);
    server->add_option("SERVER", provision.server, "Its id, of a [[path.server]]")->required();
    server
        ->add_option("--path", provision.path,
                     "POPs from the client's side, as in: 1,2,3 (default: the path that `waymark paths` shows)")
        ->type_name("IDS");
    server->add_option("--policy", provision.policy, "A [[path.policy]], by name or index")->required();
  }

  void add_paths() {
    paths.config = kConfigFile;
    CLI::App* c = command("paths", "Show which path servers' addresses get, and why it is that one", [this] {
      paths.daemon = daemon;
      return paths_command(paths);
    });
    c->add_option("FROM", paths.from, "The client's address, or its POP's id")->required();
    c->add_option("TO", paths.to, "A server's id, or a POP as in: pop=3")->required();
    c->add_option("--policy", paths.policy, "The [[path.policy]] of the server's address, by name or index");
    c->add_option("--down", paths.down, "POPs and links to avoid beside those in [path] down, as in: 2,1-3")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("POPS");
    CLI::Option* as_json = c->add_flag("--json", paths.json, "Print JSON");
    c->add_flag("--dot", paths.dot, "Print the graph for Graphviz, the path in bold")->excludes(as_json);
    c->add_option("-c,--config", paths.config, fmt::format("The configuration (default {})", kConfigFile))
        ->type_name("FILE");
    c->add_flag("--live", paths.live, "With what the daemon knows of links: what was measured, and what is down");
    add_daemon(c);
  }

  // Of each role whose work members of a group hold in turn.
  void add_holdings() {
    for (u32 i = 0; i < kRoles; ++i) {
      if (!descriptor_of(Role(i)).hold) continue;
      const std::string role = name_of(Role(i));
      CLI::App* holds = app.add_subcommand(role, fmt::format("Which member of the group does the work of a {}", role));
      holds->require_subcommand(1);
      const auto under = [&](const std::string& name, const std::string& about, std::function<int()> run) {
        CLI::App* c = holds->add_subcommand(name, about);
        c->callback([this, run = std::move(run)] { chosen = run; });
        c->add_option("ID", held, fmt::format("What `show holdings` calls \"{} ID\"", role))->required();
        return c;
      };
      const auto thing = [this, role] { return role + " " + held; };
      CLI::App* take = under("take", "Do its work here; whoever holds it lets go",
                             [this, thing] { return take_command(daemon, thing()); });
      add_daemon(take);
      CLI::App* give = under("give", "Leave it to another member, and let go once that one holds it",
                             [this, thing] { return give_command(daemon, thing(), target); });
      give->add_option("MEMBER", target, "To whom; else to the one whose it is by its file, or who stands in");
      add_daemon(give);
    }
  }

  void add_remote() {
    CLI::App* shows = command("show", "What the daemon knows", [this] { return show_command(daemon, show); });
    shows->add_option("WHAT", show.what, "What to show")
        ->required()
        ->check(CLI::IsMember({"status",  "services",   "targets",  "pins",     "counters",     "adjacencies",
                               "health",  "group",      "holdings", "announce", "firewall",     "flows",
                               "edge",    "neighbours", "path",     "pops",     "links",        "keys",
                               "revoked", "dns",        "bindings", "agents",   "registrations"}));
    shows->add_option(
        "WORDS", show.words,
        "Of pins: a service, or a flow as in: tcp 192.0.2.1:4000 198.51.100.80:80; of firewall: a tenant; "
        "of flows and neighbours: a tenant, an IPv4 address, or both; of edge: a service, an address, or both");
    shows->add_option("--count", show.count, "Of flows, edge, neighbours and revoked: maximum number (default 1000)")
        ->check(CLI::Range(1, 100'000))
        ->type_name("N");
    shows->add_flag("--all", show.all, "Counters that are zero, too");
    shows->add_flag("--json", show.json, "As JSON");
    add_daemon(shows);

    CLI::App* drains = command("drain", "Send no new flows to a target", [this] {
      unsigned seconds = 0;
      if (!sort_words(wait, target, seconds)) return usage(fmt::format("--wait {}: not a number of seconds", wait));
      if (target.empty()) return usage("TARGET is required");
      if (wait_given->count() > 0) drain.wait = seconds;
      return drain_command(daemon, target, drain);
    });
    drains->add_option("TARGET", target, "service/target, or target in all services");
    drains->add_flag("--undo", drain.undo, "Send new flows to it again");
    drains->add_flag("--force", drain.force, "Do it even where a service is left without a target for new flows");
    wait_given = drains->add_option("--wait", wait, "Return when the target has no flows here (default 0: no timeout)")
                     ->expected(0, 1)
                     ->type_name("SECONDS");
    add_daemon(drains);

    CLI::App* happened = command("events", "Show what happened to the node, newest last",
                                 [this] { return events_command(daemon, events); });
    happened->add_option("-n", events.count, "Maximum number of past events (default 1000)")
        ->check(CLI::Range(1, 1000))
        ->type_name("COUNT");
    happened->add_flag("-f,--follow", events.follow, "Go on with events as they happen, until interrupted");
    happened->add_flag("--json", events.json, "Print each event as a line of JSON");
    add_daemon(happened, "--node");

    CLI::App* weights = command("weight", "Another weight for a target, on all directors of the group", [this] {
      if (undo == (weight_given->count() > 0)) return complain({"give the new WEIGHT, or --undo"});
      return weight_command(daemon, target, undo ? std::nullopt : std::optional(weight), force);
    });
    weights->add_option("TARGET", target, "service/target, or target in all services")->required();
    weight_given = weights->add_option("WEIGHT", weight, "0 to 1000")->check(CLI::Range(0, 1000));
    weights->add_flag("--undo", undo, "As configured again");
    weights->add_flag("--force", force, "Do it even where a service is left without a target for new flows");
    add_daemon(weights);

    add_daemon(add_revoke(app, revoked, daemon, chosen));

    add_daemon(add_tell_load(app, load, daemon, chosen));

    add_daemon(command("reload", "Read the configuration anew, all or nothing",
                       [this] { return post_command(daemon, "/v1/reload"); }));
    add_daemon(command("stop", "Withdraw what is announced, end the daemon, and go on forwarding",
                       [this] { return ending_command(daemon, "/v1/stop"); }));
    add_daemon(command("down", "End the daemon and forwarding, and forget all flows",
                       [this] { return down_command(daemon); }));

    CLI::App* captures = command("capture", "Packets as they come in and go out, as pcapng",
                                 [this] { return capture_command(daemon, capture); });
    captures->add_option("-w,--write", capture.file, "Where to; else to standard output")->type_name("FILE");
    captures->add_option("--count", capture.count, "At most so many packets; else 1000")->type_name("N");
    captures->add_option("--seconds", capture.seconds, "At most so long; else 10")->type_name("S");
    captures->add_option("--service", capture.service, "Of this service only")->type_name("NAME");
    add_daemon(captures);
  }
};

}  // namespace

int main(int argc, char** argv, std::span<const u8> program) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "lab") return lab_main(argc - 1, argv + 1);
  if (first == "bench") return bench_main(argc - 1, argv + 1);
  CommandLine line(program);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return line.app.exit(e);
    const auto chosen = line.app.get_subcommands();
    fmt::print(stderr, "waymark: {}; `waymark{} --help` tells more\n", e.what(),
               chosen.empty() ? "" : " " + chosen.front()->get_name());
    return kUsage;
  }
  return line.chosen();
}

namespace {

// Commands that have commands of their own are named with them alone: "address encode".
bool add_words(const CLI::App& app, const std::string& prefix, std::vector<std::string>& words) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands) {
    const std::string called = prefix + command->get_name();
    if (add_words(*command, called + " ", words)) continue;
    words.push_back(called);
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames())
        if (name != "help") words.push_back(called + " --" + name);
  }
  return !commands.empty();
}

}  // namespace

std::vector<std::string> vocabulary() {
  CommandLine line({});
  std::vector<std::string> words;
  add_words(line.app, "", words);
  return words;
}

}  // namespace waymark::cli
