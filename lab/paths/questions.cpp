#include "lab/paths/questions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/kit/netns.h"
#include "lab/kit/pings.h"
#include "lab/kit/traceroute.h"

namespace waymark::lab {
namespace {

class Asking {
 public:
  Asking(const PathsFabric& fabric, Verdict& out) : fabric_(fabric), out_(out) {}

  Status all() {
    for (const Known& known : known_servers()) WM_TRY(reached(known));
    refused_port();
    WM_TRY(forged());
    return towards_a_client();
  }

 private:
  const PathsSite& site() const { return fabric_.site(); }

  Status reached(const Known& known) {
    const std::string& address = fabric_.server_address(known.client, known.server);
    const std::string who = fmt::format("{} to {}", known.client, known.server);
    const auto seen = fabric_.fetch(known.client, url(address, "who"));
    out_.check(seen && *seen == fabric_.client_address(known.client) + " " + known.server,
               fmt::format("{}: the server sees {}", who, seen ? *seen : seen.error().sentence));
    const auto pinged = ping_all(site().netns(known.client), address, {.count = 3});
    out_.check(bool(pinged), fmt::format("{}: {}", who, pinged ? *pinged : pinged.error().sentence));
    trace(known, address, who);
    // This way first: once a client has learned the path MTU its server need not.
    const std::string down = site().file("down-" + known.client + known.server);
    const auto got =
        run({.netns = site().netns(known.client),
             .argv = {"curl", "-sS", "--fail", "--max-time", "10", "--globoff", "-o", down, url(address, "bulk")}});
    whole(who, "a download", got, down);
    const std::string up = "up-" + known.client + known.server;
    const auto sent = run({.netns = site().netns(known.client),
                           .argv = {"curl", "-sS", "--fail", "--max-time", "10", "--globoff", "-T",
                                    site().file("www/bulk"), url(address, up)}});
    whole(who, "an upload", sent, site().file("www/" + up));
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  void whole(const std::string& who, const char* what, const Result<std::string>& carried, const std::string& file) {
    const auto same = run({.argv = {"cmp", site().file("www/bulk"), file}});
    out_.check(carried && same, fmt::format("{}: {} {}", who, what,
                                            carried && same ? "arrives whole"
                                            : carried       ? "is damaged"
                                                            : carried.error().sentence));
  }

  // Each POP of the path, in its order, and then the server.
  void trace(const Known& known, const std::string& address, const std::string& who) {
    const auto said = run({.netns = site().netns(known.client),
                           .argv = {"traceroute", "-n", "-I", "-q", "1", "-w", "2", "-m", "8", address}});
    const std::vector<std::string> seen = said ? hops(*said) : std::vector<std::string>{};
    std::vector<std::string> wanted;
    for (const u32 pop : known.path) wanted.push_back(pop_address(pop));
    wanted.push_back(address);
    out_.check(seen == wanted, fmt::format("{}: traceroute names {}", who, fmt::join(seen, ", ")));
  }

  // How many packets more a POP counts for this reason once `act` has failed, as it should.
  template <class Act>
  void fails(const std::string& what, u32 pop, const std::string& reason, const Act& act,
             const std::string& said = "") {
    const auto before = fabric_.daemons().count(pop_name(pop), reason);
    const Result<std::string> done = act();
    const auto after = fabric_.daemons().count(pop_name(pop), reason);
    const bool counted = before && after && *after > *before;
    const bool told = !done && done.error().sentence.find(said) != std::string::npos;
    out_.check(told && counted, fmt::format("{}: {}; POP {} counts {} packets more as {}", what,
                                            done                   ? "it passes"
                                            : said.empty() || told ? "it fails"
                                                                   : done.error().sentence,
                                            pop, counted ? *after - *before : 0, reason));
  }

  void refused_port() {
    const std::string& address = fabric_.server_address("c1", "s1");
    fails("a port that the policy refuses", 1, "path.refused",
          [&] { return fabric_.fetch("c1", fmt::format("http://[{}]:81/who", address)); });
  }

  Status forged() {
    const std::string& address = fabric_.server_address("c1", "s1");
    std::string altered = address;
    altered.back() = altered.back() == '0' ? '1' : '0';
    fails("an address of which a digit is altered", 1, "path.bad_tag",
          [&] { return fabric_.fetch("c1", url(altered, "who")); });
    fails("c1's address of s1, used by c2", 5, "path.bad_tag",
          [&] { return fabric_.fetch("c2", url(address, "who")); });
    const std::string& victim = fabric_.client_address("c2");
    WM_TRY(ip(site().netns("c1"), fmt::format("addr add {}/128 dev eth0 nodad\n", victim)));
    fails("c2's address, used by c1", 1, "path.foreign_source", [&] {
      return run({.netns = site().netns("c1"),
                  .argv = {"curl", "-sS", "--fail", "--max-time", "1", "--globoff", "--interface", victim,
                           url(address, "who")}});
    });
    return ip(site().netns("c1"), fmt::format("addr del {}/128 dev eth0\n", victim));
  }

  Status towards_a_client() {
    const std::string& client = fabric_.client_address("c1");
    fails("a connection that a server begins to c1", 3, "path.refused", [&] {
      return run({.netns = site().netns("s1"),
                  .argv = {"curl", "-sS", "--fail", "--max-time", "2", "--globoff", url(client, "")}});
    });
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  const PathsFabric& fabric_;
  Verdict& out_;
};

}  // namespace

Status ask_paths(const PathsFabric& fabric, Verdict& out) { return Asking(fabric, out).all(); }

}  // namespace waymark::lab
