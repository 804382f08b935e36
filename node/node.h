// One node's control, without I/O: what the tables should hold, and the difference written into them. The daemon brings
// it the configuration, the kernel's next hops and the time; a restart runs the same code over the tables it finds.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/choices.h"
#include "node/compile.h"
#include "node/slots.h"
#include "node/sweep.h"

namespace waymark {

// A next hop as the kernel gives it, or none with the reason why (kernel/ resolves; this is what a node needs of it).
struct NextHop {
  Address target;
  bool usable;
  u32 interface;
  Mac destination, source;
  u16 mtu;
  std::string why;  // when not usable
};

// What `show targets` says of one slot.
struct TargetView {
  u32 slot;
  std::string service, target;
  Address address;
  Tunnel tunnel;
  u32 weight;
  bool configured, drained;
  bool down;  // taken out, as it does not answer
  u32 pins;
  std::string next_hop;  // "eth1 02:00:00:00:00:01 mtu 1500", or why the kernel routes
};

// What an operator decided about a target, with its name: what the directors of a group tell each other.
struct Decided {
  std::string service, target;
  Decision decision;
};

// Jiffies and time: the data path counts the former.
struct Clock {
  Time at;
  u32 ticks, per_second;
  u32 ticks_at(Time t) const {
    return ticks + u32(long(std::chrono::duration<double>(t - at).count() * double(per_second)));
  }
};

class Node {
 public:
  // Takes over what `live` holds. Its Meta must be filled (see new_meta()).
  Node(Live live, const Clock& clock);

  // Checks a configuration against the tables and prepares its Image. Nothing that packets can reach changes; targets
  // that are new get slots. Call commit() when the engine took the Image, abandon() when it refused.
  Result<Image> prepare(const Config& config, std::span<const InterfaceFacts> interfaces,
                        std::span<const Prefix> natives = {});
  void commit(Time now);
  void abandon();

  // The two clocks drift apart (one is disciplined by NTP): to be read again at least every few minutes.
  void set_clock(const Clock& clock) { clock_ = clock; }
  u32 stamp(Time now) const { return clock_.ticks_at(now) >> live_.meta[0].stamp_shift & kStampMask; }

  void on_next_hop(const NextHop& hop, Time now);
  std::vector<Address> next_hops_wanted() const;  // all targets' addresses, of slots in use

  // "service/target", or "target" in all services. Fail where there is none.
  Status drain(const std::string& target, bool on, Time now);
  Status reweigh(const std::string& target, std::optional<u32> weight, Time now);  // none: as configured
  std::vector<Decided> decisions() const;
  bool learn(const Decided& decided, Time now);  // true where it was news

  // Which targets ("service/target") died: new flows avoid them, and flows that belong to them are told.
  void set_down(std::set<std::string> targets, Time now);
  const std::set<std::string>& down() const { return down_; }

  // Each configured service, and whether a target of it is not down. One that drains counts: its flows must still come.
  std::vector<std::pair<std::string, bool>> live_services() const;

  // Counts whatever may change the pools: configurations, decisions, deaths, installed choices.
  u64 changes() const { return changes_; }

  // After how many stamps without a packet a pin of this slot and state goes.
  u32 idle_stamps(u32 slot, PinState state) const;

  // What must be alike on all directors of a group for the same flow to go to the same target: the effective pools; and
  // what they were before, which only the second candidate depends on.
  u64 pool_digest() const;
  u64 history_digest() const;

  // Work that is due: choices after a change, adjacencies' time, freed adjacency slots, the sweep. Slots that the sweep
  // freed are returned: their traffic counters must be reset.
  std::vector<u32> tick(Time now);
  Time deadline() const;

  const Config& config() const { return config_; }
  const SweepResult& swept() const { return swept_; }
  std::vector<TargetView> targets() const;
  u64 generation() const { return live_.half[0]; }
  Live& live() { return live_; }

  // Where the pin of a flow stands, if it has one: state and slot.
  std::optional<Pin> find_pin(const std::string& zone, Protocol protocol, const Address& source, u16 source_port,
                              const Address& destination, u16 destination_port);

 private:
  struct Way {  // to one target address
    u32 slot = 0;
    std::string text = "not asked yet: the kernel routes";
    std::optional<NextHop> hop;
  };
  std::vector<Pool> pools_of(const Config& config, const std::map<std::string, u32>& slots) const;
  u32 effective_weight(const ServiceConfig& service, const TargetConfig& target, u32 slot) const;
  Status decide(const std::string& target, const std::function<void(Decision&)>& change, Time now);
  void mark_down();
  void install_choices(Time now);
  void route(u32 slot, u32 adjacency);
  u32 free_adjacency();
  // Next hops that no slot needs are watched by nobody, so they must not be kept valid, nor keep their slots.
  void forget_ways(Time now);
  void sweep(Time now);
  IdleTimes idle_of(u32 slot) const;

  Live live_;
  Clock clock_;
  Slots slots_;
  Choices choices_;
  Sweeper sweeper_;
  SweepResult swept_;
  Config config_, next_config_;
  std::map<std::string, u32> target_slots_, next_slots_;  // "service/target" -> slot
  std::map<std::string, u32> weights_;
  std::map<std::string, IdleTimes> idle_;
  std::map<std::pair<u64, u64>, Way> ways_;  // by target address
  std::vector<bool> adjacency_used_;
  std::vector<std::pair<Time, u32>> adjacency_retired_;  // free again from that time on
  u32 last_adjacency_ = 0;
  std::set<std::string> down_;
  u64 changes_ = 0;
  bool choices_dirty_ = false;
  Time choices_allowed_{0}, refresh_due_{0}, sweep_due_{0};
};

// The pseudo-service whose targets are the other hosts that this host passes strays on to.
inline const std::string kFellows = "[host]";

// A fresh Meta for new tables: `random` fills the key.
Meta new_meta(u32 pins, u32 ticks_per_second, const std::function<u32()>& random);

}  // namespace waymark
