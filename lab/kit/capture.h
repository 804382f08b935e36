// What passed at some nodes, as tshark judges it.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"
#include "lab/kit/process.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

struct TappedLink {
  std::string interface;
  u32 mtu;  // of IP packets, in bytes
};

// Where packets are seen. XDP hides from a node what it forwards itself: so it is taken at its neighbours.
struct Tap {
  std::string title, node;  // for people: "the IPv4 side"; in the place
  std::vector<TappedLink> links;
};

// Packets of one tap.
struct Judged {
  u64 all = 0, malformed = 0, bad = 0, good = 0, large = 0;  // bad: a wrong checksum, good: right ones
  u64 errors = 0, fragments = 0, no_checksum = 0;            // ICMP errors; UDP whose checksum is 0
};

// `fields` is what tshark says of each packet by kCaptureFields, a line each. On a link that is not listed every packet
// is too large.
Judged judged(const std::string& fields, const std::vector<TappedLink>& links);
extern const std::vector<std::string> kCaptureFields;

class Capture {
 public:
  Capture(const Place& place, std::vector<Tap> taps) : place_(place), taps_(std::move(taps)) {}

  Status start();
  Status stop();  // an error if any packet was missed
  // The claims about everything at each tap: nothing malformed, no bad checksum, nothing larger than its link; appended
  // to `out`. What was counted, in the taps' order.
  Result<std::vector<Judged>> judge(Verdict& out) const;

 private:
  std::string file(const Tap& tap) const { return place_.file("capture-" + tap.node + ".pcapng"); }
  void drain() const;
  std::string shown(const Tap& tap, const std::string& filter, const std::vector<std::string>& judging) const;

  const Place& place_;
  std::vector<Tap> taps_;
  std::vector<Process> all_;
};

}  // namespace waymark::lab
