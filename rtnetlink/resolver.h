// Keeps, for a set of next-hop addresses, what XDP needs to send to each without the kernel: the way out, both MACs
// and the MTU; or the sentence that says why the kernel must forward. Follows the kernel's links, routes and
// neighbours by rtnetlink, and keeps the neighbours alive that XDP uses behind the kernel's back.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "rtnetlink/facts.h"

namespace waymark {

class Resolver {
 public:
  // In the current network namespace, where it stays. Keeping neighbours alive wants CAP_NET_ADMIN.
  static Result<std::unique_ptr<Resolver>> open();
  ~Resolver();

  // Readable when the kernel changed something: call poll() then.
  int descriptor() const;

  // The set of interest, replaced as a whole; up to 200,000, each destination once. Those that stay keep what is known
  // of them, while their source stays too. Of an IPv4 source that is not this machine's the kernel gives no route: then
  // the route without a source counts, until it is.
  void watch(std::vector<RouteQuestion> targets);

  // The resolutions that changed since the last poll; each target once at first. Routes are looked up at most 512 in
  // 10 ms, so that larger sets come in several polls. Blocks no longer than the kernel takes to answer.
  std::vector<Resolution> poll(Time now);

  // Grows, in poll(), whenever routes or addresses of the kernel may have changed, whoever they lead to.
  u64 route_changes() const;

  std::string link_name(u32 index) const;  // as of the last poll; empty for none

  // When poll() should run though nothing became readable. May be in the past: at once.
  Time deadline() const;

 private:
  struct Parts;
  explicit Resolver(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace waymark
