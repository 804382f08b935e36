// The other end of a veth, wherever it is: containers' interfaces are veths, and what the other end does to packets
// matters to XDP here.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "rtnetlink/driver.h"
#include "rtnetlink/facts.h"

namespace waymark {

struct VethPeer {
  std::string name;
  std::string enter;  // what runs a command where it is: "nsenter --net=/run/netns/c1 "; empty: nothing is needed
  Offloads offloads = {};
  bool has_program = false;  // of XDP, in native mode
};

// The peer of `link`; none where that is no veth. Fails, with a sentence, where the peer is in a network namespace that
// this process does not find: those of /run/netns and of processes are looked through.
Result<std::optional<VethPeer>> veth_peer(const LinkInfo& link);

}  // namespace waymark
