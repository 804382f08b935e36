// Target slots: which (service, target) each number in the pins stands for. A slot outlives its target's configuration
// for as long as a pin names it; the pinned table is the only memory of it, so a restart recovers all.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "dataplane/image.h"

namespace waymark {

// What a target is, for the packets' sake: another value is another incarnation, in another slot.
struct TargetKey {
  std::string service, target;
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
  Result<u32> service_index(const std::string& service);

  // The slot of this incarnation, written fresh where there is none; what was decided about the target holds for it.
  Result<u32> acquire(const TargetKey& key);

  // Marks which slots the configuration in force names; the others only serve their pins. Ends what began with the
  // first service_index() or acquire(): indices without slots are free again.
  void configure(const std::vector<u32>& slots);
  bool configured(u32 slot) const { return slots_[slot].configured; }

  bool in_use(u32 slot) const { return live_.targets[slot].in_use; }
  Decision decision(u32 slot) const;
  Decision decided(const std::string& service, const std::string& target) const;  // whether it has a slot or not
  void decide(const std::string& service, const std::string& target, const Decision& decision);
  std::string service(u32 slot) const { return live_.slot_names[slot].service; }
  std::string target(u32 slot) const { return live_.slot_names[slot].target; }
  const std::vector<u32>& used() const { return used_; }  // ascending

  // After a sweep that saw `pins[slot]` pins: frees slots that neither the configuration nor two sweeps' pins name.
  // Returns them.
  std::vector<u32> release(const std::vector<u32>& pins);

 private:
  std::string name(u32 slot) const;  // "service/target"
  void put(u32 slot, const Decision& decision);
  void remember(u32 slot);
  void forget(u32 slot);

  struct State {
    bool configured = false;
    u32 quiet_sweeps = 0;
  };
  Live& live_;
  std::vector<State> slots_;
  std::vector<u32> used_;
  std::unordered_map<u64, u32> by_identity_;
  struct ServiceState {
    u32 index, slots;  // how many slots in use; 0 for a service that was asked for and has none yet
  };
  std::unordered_map<std::string, ServiceState> services_;
  std::vector<bool> index_taken_;
  std::unordered_map<std::string, Decision> decided_;  // by "service/target", as its slots say
};

}  // namespace waymark
