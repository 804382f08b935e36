// How POPs see each other, as far as this node knows: by its own watch, and by what members of its group tell of
// theirs.
#pragma once

#include <span>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "group/message.h"
#include "node/watch.h"
#include "paths/seen.h"

namespace waymark {

class Wan {
 public:
  // The POPs of [path]: what is known of others is forgotten.
  void configure(const Config& config);

  // What this node's watch says. A POP that falls silent or is back is news at once; what is measured every few
  // seconds, where it is another by an eighth, as each news has paths chosen anew.
  void look(const std::vector<Watch::View>& seen, Time now);
  Time deadline() const { return own_ ? next_measure_ : Time::max(); }  // of the next look at what is measured

  // What all connected members say now of how one POP sees another. What they measured stays known after them, until
  // somebody measures anew; whether they hear a POP does not.
  void hear(const group::PopPair& pair, const std::vector<group::PopView>& views);

  std::vector<group::PopView> told() const;  // by this node, all of it
  const paths::Sights& sights() const { return sights_; }
  u64 changes() const { return changes_; }  // counts whatever makes sights() another

 private:
  void merge(const group::PopPair& pair);
  bool knows(const group::PopPair& pair) const;

  u32 own_ = 0;  // this node's POP; 0: none
  std::vector<u32> pops_;
  Time next_measure_{0};
  std::map<u32, paths::Seen> seen_;              // by this node: by POP
  std::map<group::PopPair, paths::Seen> heard_;  // by members
  paths::Sights sights_;
  u64 changes_ = 0;
};

}  // namespace waymark
