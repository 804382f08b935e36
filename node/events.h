// What happened to a node, told as events: Control hands on what its machines report, and this finds words for it. Who
// drives Control takes them; what nobody takes is bounded, and the oldest goes first.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/event.h"
#include "health/health.h"
#include "node/node.h"

namespace waymark {

class NodeEvents {
 public:
  static constexpr std::size_t kMost = 65'536;  // as many as a node's targets can bring about at one moment, twice

  void tell(Event event);
  void tell(std::vector<Event> events);
  std::vector<Event> take();  // in order

  // A configuration is in force. What operators decided before the first one is known, and no news.
  void configured(const Config& config, const std::vector<Decided>& decisions);

  // What is decided now; the difference to before is told, and by whom it was decided.
  void decided(const Config& config, const std::vector<Decided>& decisions);

  // What checks found, and whether all can be carried out. An opinion that is confirmed is no news.
  void health(const std::vector<Health::Change>& changes, const Health::Unrenewed& unrenewed);

  // What the kernel says of a next hop. One that is only being resolved is no news.
  void next_hop(const Config& config, const NextHop& hop);

 private:
  using Key = std::pair<u64, u64>;
  std::string targets_at(const Config& config, const Address& address);

  std::deque<Event> events_;
  std::map<std::string, Decision> decided_;  // by "service/target"
  std::map<Key, bool> reached_;              // next hops by address: usable
  // Who is behind an address: made when it is asked for, as a configuration may have many.
  std::map<Key, std::vector<std::string>> targets_;
  bool configured_ = false, targets_known_ = false, checks_unknown_ = false;
};

}  // namespace waymark
