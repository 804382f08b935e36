// Target slots: which (service, target) each number in the pins stands for. A slot outlives its target's configuration
// for as long as a pin names it; the pinned table is the only memory of it, so a restart recovers all.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "dataplane/image.h"
#include "node/numbers.h"

namespace waymark {

// What a target is, for the packets' sake: another value is another incarnation, in another slot.
struct TargetKey {
  std::string_view service, target;
  Address source, destination;
  Tunnel tunnel;
  u16 port;
};

// What operators decided about a target, beside the configuration. The later version is in force, on all directors of a
// group; among equals the larger origin.
struct Decision {
  bool drained = false;
  u32 weight = kNoWeight;  // in place of the configuration's
  u64 version = 0;         // 0: nobody decided anything
  u64 origin = 0;
  bool newer_than(const Decision& o) const { return version != o.version ? version > o.version : origin > o.origin; }
};

class Slots {
 public:
  explicit Slots(Live& live);  // recovers what the tables say is in use

  // The index of a service: that of its slots in use, else a free one. Fails when all are taken.
  Result<u32> service_index(std::string_view service);

  // The slot of this incarnation, written fresh where there is none; what was decided about the target holds for it.
  // `index` is its service's. It is kept, pins or not, until configure().
  struct Acquired {
    u32 slot;
    bool fresh;
  };
  Result<Acquired> acquire(const TargetKey& key, u32 index);

  // Marks which slots the configuration in force names; the others only serve their pins. Ends what began with the
  // first service_index() or acquire(): indices without slots are free again.
  void configure(const std::vector<u32>& slots);
  bool configured(u32 slot) const { return configured_.contains(slot); }

  bool in_use(u32 slot) const { return used_.contains(slot); }
  Decision decision(u32 slot) const;
  Decision decided(const std::string& service, const std::string& target) const;  // whether it has a slot or not
  void decide(const std::string& service, const std::string& target, const Decision& decision);
  u64 latest_version() const { return latest_version_; }  // of decisions about targets that have slots
  std::string_view service(u32 slot) const { return live_.slot_names[slot].service; }
  std::string_view target(u32 slot) const { return live_.slot_names[slot].target; }
  const Numbers& used() const { return used_; }

  // Calls `f` with each slot of the target, whatever its incarnation.
  template <class F>
  void each_named(std::string_view service, std::string_view target, F&& f) const;

  // After a sweep that saw `pins[slot]` pins: the slots that neither the configuration, nor a draft, nor two sweeps'
  // pins name; at most so many. They are to be released, once nothing else names them.
  std::vector<u32> unused(const std::vector<u32>& pins, std::size_t most);
  void release(u32 slot);

 private:
  struct Names {  // finds by views as well
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  static u64 hash_of(std::string_view service, std::string_view target);
  void put(u32 slot, const Decision& decision);
  void remember(u32 slot);

  struct State {
    u32 quiet_sweeps = 0;
    u32 next = 0, before = 0;  // slots with the same hash of names
  };
  Live& live_;
  std::vector<State> slots_;
  Numbers used_, configured_, drafted_, index_taken_;
  std::unordered_map<u64, u32> by_identity_, by_name_;
  std::unordered_map<std::string, u32, Names, std::equal_to<>> services_;  // those asked for have no slots at first
  std::vector<u32> slots_of_;                                              // how many in use, by a service's index
  std::unordered_map<std::string, Decision> decided_;                      // by "service/target", as its slots say
  u64 latest_version_ = 0;
};

template <class F>
void Slots::each_named(std::string_view of, std::string_view called, F&& f) const {
  const auto first = by_name_.find(hash_of(of, called));
  for (u32 slot = first == by_name_.end() ? 0 : first->second; slot; slot = slots_[slot].next)
    if (service(slot) == of && target(slot) == called) f(slot);
}

}  // namespace waymark
