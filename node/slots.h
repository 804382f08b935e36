// Target slots: which (service, target) each number in the pins stands for. A slot outlives its target's configuration
// for as long as a pin names it; the pinned table is the only memory of it, so a restart recovers all.
//
// A slot is what packets see: the number of its service, and the tunnel. A service is recognised by its addresses and
// ports, then by its name; names are written beside the slots, and nothing hangs on them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "dataplane/image.h"
#include "node/numbers.h"
#include "node/services.h"
#include "roles/compile.h"

namespace waymark {

// What operators decided about a target, beside the configuration. The later version is in force, on all directors of a
// group; among equals the larger origin.
struct Decision {
  bool drained = false;
  u32 weight = kNoWeight;  // in place of the configuration's
  u64 version = 0;         // 0: nobody decided anything
  u64 origin = 0;
  bool newer_than(const Decision& o) const { return version != o.version ? version > o.version : origin > o.origin; }
  void keep_newer(const Decision& o) {
    if (o.newer_than(*this)) *this = o;
  }
};

class Slots {
 public:
  explicit Slots(Live& live);  // recovers what the tables say is in use

  std::vector<KnownService> known() const;  // that have slots

  // A draft begins: the index of each of these services. It is that of the service with the same addresses and ports,
  // else of the one with the same name, else a free one. Fails when all are taken.
  Result<std::vector<u32>> claim(const std::vector<KnownService>& services);

  // The slots of a claimed service's targets, in their order: those with the same tunnels, whatever their names, else
  // fresh ones. They are kept, pins or not, until configure(). `down`: slots whose targets are dead.
  //
  // What was decided about a target stays with its tunnel's end. A fresh slot takes it from the slots of its name or
  // its end, unless these go on themselves; and in services that are new or changed in addresses and ports, any slot
  // takes it from the same end in services that are gone or changed. Of several decisions the latest holds.
  struct Acquired {
    u32 slot;
    bool fresh;
    bool down;  // it is fresh, and what it takes over from is
    Decision decision;
  };
  Result<std::vector<Acquired>> acquire(u32 index, const KnownService& service, const std::vector<TargetSpec>& targets,
                                        const Numbers& down);

  std::vector<SharedSlot> shared() const;

  // From here on services are known so, and a target is called so.
  void call_services(const std::vector<KnownService>& services, const std::vector<u32>& indices);
  void call(u32 slot, std::string_view target);

  // Marks which slots the configuration in force names; the others only serve their pins. Ends what began with
  // claim(): indices without slots are free again.
  void configure(const std::vector<u32>& slots);
  void record_configured();  // for who starts next
  bool configured(u32 slot) const { return configured_.contains(slot); }

  bool in_use(u32 slot) const { return used_.contains(slot); }
  Decision decision(u32 slot) const;
  Decision decided(std::string_view service, std::string_view target) const;  // whether it has a slot or not
  void decide(std::string_view service, std::string_view target, const Decision& decision);
  void decide(u32 slot, const Decision& decision) { put(slot, decision); }
  u64 latest_version() const { return latest_version_; }  // of decisions about targets that have slots
  std::string_view service(u32 slot) const { return live_.slot_names[slot].service; }
  std::string_view target(u32 slot) const { return live_.slot_names[slot].target; }
  const Numbers& used() const { return used_; }

  // Calls `f` with each slot of the target, whatever its incarnation.
  template <class F>
  void each_named(std::string_view service, std::string_view target, F&& f) const;

  // After a sweep that saw `pins[slot]` pins: the slots that neither the configuration, nor a draft, nor two sweeps'
  // pins name; at most so many. They are to be released, once nothing else names them. In a service that took over
  // from others, a slot also waits for pins that may still come over to it: as long as others have pins to that end,
  // for `idle` sweeps, after which no pin is left whose flow was silent all the time.
  std::vector<u32> unused(const std::vector<u32>& pins, std::size_t most, u32 idle);
  void release(u32 slot);

 private:
  struct Hash {  // finds by views as well
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  struct Index : KnownService {  // of a service
    u32 slots = 0;
    bool moved = false;  // by this draft: it is new, gone, or has other addresses and ports
    // Pins may name former services' slots until their flows' next packets: so many sweeps ago that began.
    bool regrouped = false;
    u32 sweeps = 0;
  };
  struct Heirloom {
    Decision decision;
    std::vector<u32> slots = {};  // that it comes from
  };
  void gather_heirlooms();
  std::unordered_set<u64> awaited_ends(const std::vector<u32>& pins, u32 idle);
  Heirloom heirloom(u32 index, const KnownService& service, const TargetSpec& spec, u32 own) const;
  u32 find(u32 index, const TargetSpec& spec, bool by_name) const;
  static u64 identity_of(u32 index, u64 end);
  static u64 name_hash(u32 index, std::string_view target);
  void put(u32 slot, const Decision& decision);
  void remember(u32 slot);
  void link(u32 slot);
  void unlink(u32 slot);
  template <class F>
  void each_called(u32 index, std::string_view target, F&& f) const;

  struct State {
    u32 quiet_sweeps = 0;
    u32 next = 0, before = 0;  // slots with the same hash of names
  };
  Live& live_;
  std::vector<State> slots_;
  Numbers used_, configured_, drafted_, index_taken_;
  std::unordered_multimap<u64, u32> by_identity_;                             // of service and tunnel's end
  std::unordered_map<u64, u32> by_name_;                                      // the first of those with this hash
  std::vector<Index> indices_;                                                // by a service's index
  std::unordered_map<std::string, u32, Hash, std::equal_to<>> index_of_;      // of two the configured one
  std::unordered_map<std::string, Decision, Hash, std::equal_to<>> decided_;  // of "service/target" without a slot
  std::unordered_map<u64, Heirloom> heirlooms_;  // of this draft, by Target::end: of services that are gone or changed
  u64 latest_version_ = 0;
};

template <class F>
void Slots::each_called(u32 index, std::string_view called, F&& f) const {
  const auto first = by_name_.find(name_hash(index, called));
  for (u32 slot = first == by_name_.end() ? 0 : first->second; slot; slot = slots_[slot].next)
    if (live_.targets[slot].service == index && target(slot) == called) f(slot);
}

template <class F>
void Slots::each_named(std::string_view of, std::string_view called, F&& f) const {
  if (const auto known = index_of_.find(of); known != index_of_.end()) each_called(known->second, called, f);
}

}  // namespace waymark
