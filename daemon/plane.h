// The data path of one node and what keeps it true: engine, control, next hops, and the sockets of checks, members and
// routes, for as long as one daemon holds them. All of it runs on the loop's thread, but for what takes long: reading
// the machine and loading a program do so on the worker's, one load at a time (plane_load.cpp).
//
// What should be is compared with what the kernel says is, every second and after each event, and whatever differs is
// mended then: nothing here is done once and believed ever after (plane_interfaces.cpp).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/agents/kept_file.h"
#include "daemon/agents/sockets.h"
#include "daemon/checks/checks.h"
#include "daemon/greeter.h"
#include "daemon/peers.h"
#include "daemon/punts.h"
#include "daemon/revoked_file.h"
#include "daemon/route_keeper.h"
#include "daemon/snapshot.h"
#include "daemon/watcher.h"
#include "daemon/worker.h"
#include "dns/ways.h"
#include "engine/xdp/engine.h"
#include "node/asked.h"
#include "node/control.h"
#include "rtnetlink/resolver.h"

namespace waymark {

class Plane {
 public:
  using Answer = std::function<void(const Status&)>;
  using ConfigInForce = std::shared_ptr<const Config>;

  ~Plane();
  // Adopts what is pinned under the node's name, or makes it, and puts `config` in force; before it returns.
  // `takes_over`: from a daemon that still runs.
  static Result<std::unique_ptr<Plane>> start(std::span<const u8> program, ConfigInForce config, Loop& loop,
                                              Worker& worker, bool takes_over);

  // Puts another configuration in force, or leaves everything as it is; captures end with it. Answers, on the loop,
  // when packets follow it. One at a time: the caller waits for the answer before the next.
  void reload(ConfigInForce config, Answer answer);
  // The same one again, with packets copied for a capture or not. What cannot be ended is tried again until it can.
  void capture(bool on, Answer answer);
  Status end_capture_now();  // waits: for a daemon's end; a load in work is abandoned

  // Answer when packets follow.
  void drain(const std::string& target, bool on, Answer answer);
  void reweigh(const std::string& target, std::optional<u32> weight, Answer answer);
  void take(const std::string& thing, Answer answer);
  // Packets follow at once.
  Status revoke(u64 word, std::optional<Duration> lasts) { return control_->revoke(word, lasts, boot_time()); }
  void know_keys(const group::PathKeys& keys) { control_->know_keys(keys); }
  Status unrevoke(u64 word) { return control_->unrevoke(word, boot_time()); }
  // Answers at once: this node goes on with it until the other one has it.
  Status give(const std::string& thing, const std::string& member) {
    return control_->give(thing, member, boot_time());
  }

  Status set_load(const std::string& service, const Agents::Use& use) {
    return control_->agents().set_load(service, use, boot_time());
  }

  // Withdraws what is announced, for good.
  Status withdraw();
  // Another process takes over, or nobody: members, checks and routes are its from now on, and a load in work is
  // abandoned: it never reached an interface. Whoever waits is refused.
  void suspend();

  int kernel_descriptor() const { return resolver_->descriptor(); }
  void on_kernel();  // it became readable

  // Does what is due.
  void step(Time now);
  Time deadline() const;

  // What happened since the last call.
  std::vector<Event> take_events() { return control_->take_events(); }

  std::vector<TargetView> targets() const { return control_->node().targets(); }

  // POPs and servers here whose next hop is lost, POPs that are silent, and those that the operator took out.
  // What cannot be reached: of servers, as this node alone sees it.
  struct Reach {
    paths::Links wan;
    std::set<u32> servers;
  };
  Reach reach() const;
  u64 reach_changes() const { return reach_changes_ + control_->wan().changes(); }  // counts what may change that

  void describe(Snapshot& s);
  std::optional<Pin> find_pin(const FlowQuery& flow);
  // What XDP answers questions for names by; while this daemon holds the tables.
  AskedTables& asked() { return asked_; }
  const Health& health() const { return control_->health(); }
  const Config& config() const { return *config_; }
  const XdpEngine& engine() const { return engine_; }

  // The interfaces that packets leave by: those of [engine], and those of next hops.
  std::set<std::string> ways_out() const;

  // "program 0123456789abcdef on eth0 (native XDP), eth1 (missing)"
  std::string in_words();

 private:
  // A load on its way to the interfaces.
  struct Change {
    ConfigInForce config;
    bool capture = false;
    bool asked = false;       // by an operator, who is told what is not as he wants it
    bool forced = true;       // false: only where the machine's routes are others than those in force
    bool adopts = false;      // the first of this daemon, over an older one's
    bool takes_over = false;  // likewise, and that one still runs
    Answer answer = {};
    // As read.
    std::vector<u8> secret = {};
    AgentKeys agent_keys = {};
    std::vector<Prefix> natives = {};
    bool by_rules = false;
    std::vector<InterfaceFacts> facts = {};
    bool drafted = false;  // control waits for commit() or abandon()
  };
  struct Built {
    Compiled compiled;
    std::optional<Loaded> loaded;  // none where what runs takes the prefixes that are all that changed
  };
  struct Machine {
    std::vector<u8> secret;
    AgentKeys agent_keys;
    std::vector<Prefix> natives;
    bool by_rules;  // the kernel's rules choose by more than destinations
  };
  struct Seen {  // a configured interface
    std::string name;
    std::optional<LinkInfo> link;  // none: it is missing
  };
  struct Flip {  // who waits for packets to follow a change of the choices
    u64 generation;
    Time since;
    Answer answer;
  };

  struct Taker {  // who waits for this node to hold a thing
    std::string thing;
    Time since;
    Answer answer;
  };

  Plane(XdpEngine engine, std::unique_ptr<Resolver> resolver, Loop& loop, Worker& worker);
  Status start_control(const Config& config, bool adopted);
  void follow_sockets(const Config& config);
  void follow_punts(Time now);
  void follow_next_hops(Time now);
  void tick(Time now);
  void carry_out();  // what control wants asked, sent and announced
  void wait_for_flip(u64 generation, Answer answer);
  void answer_flips(Time now);
  void answer_takers(Time now);
  AdjacencyView adjacency(const Address& target) const;
  void describe_flows(Snapshot& s);
  void describe_neighbours(Snapshot& s);
  void describe_revoked(Snapshot& s);
  static const std::string& revoked_in(const Config& config);

  // plane_load.cpp
  static Result<std::vector<Prefix>> natives_for(const Config& config);
  static Result<bool> rules_for(const Config& config);
  static Result<Machine> read_machine(const Config& config, bool asked, const std::vector<u8>& secret,
                                      const AgentKeys& agent_keys);
  static Status may_follow(const Config& now, const Config& next);
  static Status keep_flows(Meta& meta, const Config& config);
  void begin_what_is_due(Time now);
  void begin(Change change);
  void machine_read(const std::shared_ptr<Change>& change, Result<Machine> machine);
  Result<Draft> draft(Change& change);
  // `loaded`: what runs, where a load may be spared; or null.
  static Result<Built> build(const Draft& draft, bool capture, bool by_rules, const Loader& load, const Image* loaded);
  Status land(Change& change, Built built);
  void end(const std::shared_ptr<Change>& change, const Status& status);
  Status load_now(Change change);
  void plan_natives(Time now);

  // plane_interfaces.cpp
  Result<std::vector<Seen>> look(const Config& config);
  Result<std::vector<InterfaceFacts>> facts_for(const Change& change);
  std::vector<Attachment> attachments_for(const Change& change) const;
  std::vector<AttachedInterface> interfaces();
  void check_interfaces();
  void note(const std::string& interface, const std::string& obstacle);
  void say_what_is_attached();

  XdpEngine engine_;
  AskedTables asked_{engine_.live()};
  std::unique_ptr<Resolver> resolver_;
  Loop& loop_;
  Worker& worker_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for work that comes back
  std::unique_ptr<Control> control_;
  std::unique_ptr<RouteKeeper> routes_;
  std::unique_ptr<Checks> checks_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<AgentSockets> agent_sockets_;
  std::unique_ptr<KeptFile> kept_;
  std::optional<GroupConfig> peers_of_;  // as peers_ was made
  Greeter greeter_;
  RevokedFile revoked_{[this](const std::string& file, const std::vector<u64>& words) {
    return control_->list_revoked(file, words, boot_time());
  }};
  std::unique_ptr<Punts> punts_;  // where a role punts packets
  std::optional<netlink::Requests> requests_;
  bool suspended_ = false;

  // In force.
  ConfigInForce config_;
  std::vector<u8> secret_;
  AgentKeys agent_keys_;
  std::vector<Prefix> natives_;
  bool by_rules_ = false;
  std::vector<InterfaceFacts> interfaces_;
  std::shared_ptr<const Image> image_;  // kept where a role punts packets
  bool capturing_ = false;

  // Wanted, or on its way there.
  std::shared_ptr<Change> in_work_, wished_;
  bool capture_wanted_ = false, stale_ = false;
  std::vector<std::pair<bool, Answer>> capture_answers_;
  std::vector<Flip> flips_;
  std::vector<Taker> takers_;
  Time retry_at_{0};
  u32 failures_ = 0;

  std::map<std::pair<u64, u64>, Resolution> next_hops_;
  std::map<std::string, std::string> obstacles_;  // why an interface is not served, as it was said
  std::string load_failed_, look_failed_, punts_failed_;
  std::set<std::string> fallbacks_told_;
  bool kernel_changed_ = true, landed_ = false, hops_changed_ = false;
  Time interfaces_due_{0}, natives_due_ = Time::max(), natives_after_{0}, punts_due_ = Time::max();
  u64 reach_changes_ = 0;
  u64 routes_seen_ = 0;  // Resolver::route_changes()
};

}  // namespace waymark
