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
#include "node/watch.h"

namespace waymark {

class NodeEvents {
 public:
  static constexpr std::size_t kNamed = 3;      // targets that one sentence names
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

  // What is new of a next hop, and whose it is.
  void next_hop(const NextHop& hop, HopNews news, const Node::Behind& targets);

  // POPs that fell silent, or are heard again.
  void pops(const std::vector<Watch::Change>& changes);

 private:
  std::deque<Event> events_;
  std::map<std::string, Decision> decided_;  // by "service/target"
  bool configured_ = false, checks_unknown_ = false;
};

}  // namespace waymark
