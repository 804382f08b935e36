// What is left of nodes whose daemon does not run, and how it goes.
#include <fmt/format.h>

#include <algorithm>

#include "cli/load.h"
#include "cli/remote.h"
#include "daemon/client.h"
#include "daemon/lock.h"
#include "daemon/run.h"
#include "engine/xdp/bpffs.h"
#include "engine/xdp/engine.h"

namespace waymark::cli {

namespace {

// "/run/waymark/paris-1.sock" is paris-1's.
std::string node_of(const std::string& socket) {
  const std::string file = socket.substr(socket.rfind('/') + 1);
  return file.ends_with(".sock") ? file.substr(0, file.size() - 5) : file;
}

Result<std::string> node_to_take_down(const Daemon& daemon) {
  if (!daemon.node.empty()) return daemon.node;
  if (!daemon.socket.empty()) return node_of(daemon.socket);
  const std::vector<std::string> pinned = list(kPinRoot);
  if (pinned.empty()) return Error{"no daemon runs here, and nothing is pinned"};
  if (pinned.size() > 1) return Error{fmt::format("choose by --node one of: {}", fmt::join(pinned, ", "))};
  return pinned[0];
}

}  // namespace

std::string left_behind() {
  std::string out;
  for (const std::string& node : list(kPinRoot)) {
    if (Lock::held(fmt::format("/run/waymark/{}.lock", node))) continue;
    const size_t links = list(fmt::format("{}/{}/links", kPinRoot, node)).size();
    out += fmt::format(
        "; {} is pinned{}: `waymark run` takes it over, `waymark down --node {}` removes it", node,
        links ? fmt::format(" and goes on forwarding on {} interface{}", links, links == 1 ? "" : "s") : "", node);
  }
  return out;
}

int down_command(const Daemon& daemon) {
  const Result<std::string> socket = socket_of(daemon);
  if (socket && api_get(*socket, "/v1/status")) return ending_command(daemon, "/v1/down");
  const Result<std::string> node = node_to_take_down(daemon);
  if (!node) return complain(node.error());
  if (!XdpEngine::exists(*node))
    return complain({fmt::format("no daemon of \"{}\" runs here, and nothing of it is pinned", *node)});
  if (const Status done = take_down(*node); !done) return complain(done.error());
  fmt::print("no daemon ran; the program of {} is detached, and its tables are unpinned\n", *node);
  return 0;
}

}  // namespace waymark::cli
