// One node's control, without I/O: what the tables should hold, and the difference written into them. The daemon brings
// it the configuration, the kernel's next hops and the time; a restart runs the same code over the tables it finds.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/choices.h"
#include "node/draft.h"
#include "node/edge_flows.h"
#include "node/flows.h"
#include "node/neighbours.h"
#include "node/next_hops.h"
#include "node/slots.h"
#include "node/sweep.h"

namespace waymark {

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
  std::string next_hop;         // "eth1 02:00:00:00:00:01 mtu 1500", or why the kernel routes
  std::optional<u32> key = {};  // of its tunnel
};

// What an operator decided about a target, with its name: what the directors of a group tell each other.
struct Decided {
  std::string service, target;
  Decision decision;
};

// What checks found out about a target.
struct TargetHealth {
  std::string service, target;
  bool down;
};

// Jiffies and time: the data path counts the former.
struct Clock {
  Time at;
  u32 ticks, per_second;
  Duration wall{};  // since 1970, at that time
  u32 ticks_at(Time t) const {
    return ticks + u32(long(std::chrono::duration<double>(t - at).count() * double(per_second)));
  }
};

class Node {
 public:
  // Takes over what `live` holds. Its Meta must be filled (see new_meta()).
  Node(Live live, const Clock& clock);

  // Another configuration, in steps (node/draft.h). draft() gives new targets slots; nothing that packets can reach
  // changes, and slots are kept until commit() or abandon(). Fails, with nothing left to abandon, where slots or
  // service numbers are used up, or another draft is in work. `serves` is what its pools are made of, whoever says so;
  // of `config` all else.
  Result<Draft> draft(std::shared_ptr<const Config> config, Services serves, std::span<const InterfaceFacts> interfaces,
                      std::span<const Prefix> natives = {});
  void introduce(const Compiled& compiled) { introduced_ = choices_.introduce(compiled.pools); }
  void commit(Compiled compiled, Time now);
  void abandon();  // does nothing where there is no draft
  bool drafting() const { return drafting_; }

  // Other targets of the services in force, or other weights, where all else of `serves` is as it was: no Image
  // changes, so no program is loaded. Fails as draft() does, and then nothing changes.
  Status repool(Services serves, Time now);

  // A draft at once, for who need not go on meanwhile: then commit() what it made, or abandon().
  Result<Image> prepare(const Config& config, std::span<const InterfaceFacts> interfaces,
                        std::span<const Prefix> natives = {});
  void commit(Time now) { commit(std::exchange(prepared_, {}), now); }

  // The two clocks drift apart (one is disciplined by NTP): to be read again at least every few minutes.
  void set_clock(const Clock& clock) { clock_ = clock; }
  u32 stamp(Time now) const { return clock_.ticks_at(now) >> live_.meta[0].stamp_shift & kStampMask; }

  HopNews on_next_hop(const NextHop& hop, Time now);
  // Whom POPs do not hear any more, whatever next hops say: all of them, by address. At first those that were down.
  void set_silent(std::vector<Address> silent);
  const std::vector<Address>& silent() const { return silent_; }
  // The configured targets at an address, and POPs and servers of paths: `most` of their names at the most, in the
  // configuration's order, and how many there are.
  struct Behind {
    std::vector<std::string> first;
    std::size_t all = 0;
  };
  Behind targets_at(const Address& address, std::size_t most) const;
  std::vector<Address> next_hops_wanted() const { return hops_.wanted(); }  // all targets' addresses, of slots in use
  Address next_hop_source(const Address& target) const { return hops_.source(target); }  // of one of these

  // "service/target", or "target" in all services. Fail where there is none.
  Status drain(const std::string& target, bool on, Time now);
  Status reweigh(const std::string& target, std::optional<u32> weight, Time now);  // none: as configured
  std::vector<Decided> decisions() const;                                          // about configured targets
  bool learn(const Decided& decided, Time now);                                    // true where it was news

  // Targets died, or are back: new flows avoid the former, and flows that belong to them are told.
  void set_down(std::span<const TargetHealth> verdicts, Time now);
  const std::set<std::string>& down() const { return down_; }  // "service/target"

  // Each configured service, and whether a target of it is not down. One that drains counts: its flows must still come.
  std::vector<std::pair<std::string, bool>> live_services() const;
  bool is_live(const std::string& service) const;

  bool configured(std::string_view service, std::string_view target) const {
    return roster_->find(service, target) != Roster::kNone;
  }

  // Targets that commit() called otherwise since the last call.
  struct Renamed {
    TargetHealth now;
    std::string former_service;
  };
  std::vector<Renamed> take_renamed() { return std::exchange(renamed_, {}); }

  // What became another since the last call: decisions, and what live_services() says of one.
  struct News {
    std::vector<Decided> decided;
    std::vector<std::pair<std::string, bool>> live;
  };
  News take_news() { return std::exchange(news_, {}); }

  // Counts whatever may change the pools: configurations, decisions, deaths, installed choices.
  u64 changes() const { return changes_; }

  // After how many stamps without a packet a pin of this slot and state goes.
  u32 idle_stamps(u32 slot, PinState state) const;

  // What must be alike on all directors of a group for the same flow to go to the same target: the effective pools; and
  // what they were before, which only the second candidate depends on.
  u64 pool_digest() const { return pool_digest_; }
  u64 history_digest() const { return history_digest_; }

  // Work that is due: choices after a change, adjacencies' time, freed adjacency slots, the sweep. Slots that the sweep
  // freed are returned: their traffic counters must be reset.
  std::vector<u32> tick(Time now);
  Time deadline() const;

  const Config& config() const { return *roster_->config; }
  const Services& serves() const { return *roster_->serves; }
  std::shared_ptr<const Config> shared_config() const { return roster_->config; }
  const SweepResult& swept() const { return swept_; }

  // The firewall's flows. begin_grace(), takes_ids(): see FlowKeeper; of what is about to be committed.
  FlowKeeper& flows() { return flows_; }
  const FlowKeeper& flows() const { return flows_; }
  const EdgeKeeper& edge_flows() const { return edge_flows_; }
  EdgeMirror& edge_mirror() { return edge_mirror_; }
  const NeighbourKeeper& neighbours() const { return neighbours_; }
  bool begin_grace(const Compiled& compiled, Time now) {
    return flows_.begin_grace(compiled.flows, clock_.ticks_at(now));
  }
  group::FlowTimes flow_times(Time now) const { return flows_.times(clock_.ticks_at(now)); }
  bool takes_ids(const Compiled& compiled) const { return flows_.takes(compiled.flows); }
  u32 ticks(Time now) const { return clock_.ticks_at(now); }
  u64 seconds(Time now) const {  // since 1970
    return u64(std::chrono::duration_cast<std::chrono::seconds>(clock_.wall + (now - clock_.at)).count());
  }
  Duration grace_left(Time now) const {  // 0: packets find no flows again in their middle
    const double seconds = double(flows_.grace_left(ticks(now))) / clock_.per_second;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  }
  Time time_of(u64 seconds) const {  // since 1970
    return clock_.at + (std::chrono::seconds(seconds) - clock_.wall);
  }
  std::vector<TargetView> targets() const;
  u64 generation() const { return live_.half[0]; }
  Live& live() { return live_; }

  const Choices::Work& work() const { return choices_.work(); }

  // Where the pin of a flow stands, if it has one: state and slot.
  std::optional<Pin> find_pin(const std::string& zone, Protocol protocol, const Address& source, u16 source_port,
                              const Address& destination, u16 destination_port);

 private:
  static std::vector<KnownService> names_of(const Services& serves);
  Result<std::vector<Slots::Acquired>> acquire(u32 index, const KnownService& service,
                                               const std::vector<TargetSpec>& targets);
  void take_names();
  void mark_fellows();
  void end_draft();
  u32 effective_weight(u32 target) const;  // by its position in the roster
  bool drafted(const Successor& pool) const;
  Pool pool_of(const Roster::ServiceEntry& service) const;
  Status decide(const std::string& target, const std::function<void(Decision&)>& change, Time now);
  void mark_down(const Numbers& waiting);
  void touch(u32 target);
  void count(u32 target);
  void count_history(u32 service);
  void count_all();
  bool choices_due() const { return !ready_.empty() || !gone_.empty() || dirty_.count(); }
  void install_choices(Time now);
  void free(std::span<const u32> slots, Time now);
  bool sweep(Time now);  // a part of it; true where that was the last
  IdleTimes idle_of(u32 slot) const;

  Live live_;
  Clock clock_;
  Slots slots_;
  Choices choices_;
  NextHops hops_;
  Sweeper sweeper_;
  SweepResult swept_;
  FlowKeeper flows_{live_};
  EdgeKeeper edge_flows_{live_};
  EdgeMirror edge_mirror_{live_, [this](Time at) { return edge_flows_.regions(clock_.ticks_at(at)); }};
  NeighbourKeeper neighbours_{live_};
  std::shared_ptr<const Roster> roster_;  // in force
  Compiled prepared_;
  bool drafting_ = false;
  std::vector<std::pair<u32, Decision>> inherited_;  // by the draft's slots, from others: in force with it
  std::vector<Renamed> renamed_;
  std::vector<u32> introduced_;  // services, by index

  // What the next flip of the choices brings: tables that were made beside the loop, services that are gone, and
  // services (by index) whose pools changed since.
  std::vector<Successor> ready_;
  std::vector<u32> gone_;
  Numbers dirty_{kMaxServices};
  u32 dirty_from_ = 0;  // in turn, where one flip does not do all

  std::set<std::string> down_;
  std::vector<Address> silent_;
  Numbers down_slots_, unmarked_;  // the latter die once the choice does not name them any more
  News news_;

  // Sums, so that a change costs what changed: by position in the roster, each one's share of the digests.
  std::vector<u64> target_share_, service_share_, history_share_;
  std::vector<bool> alive_here_;  // whether a target counts in alive_
  std::vector<u32> alive_;        // targets of a service that are not down
  u64 pool_digest_ = 0, history_digest_ = 0;

  u64 changes_ = 0;
  Time choices_allowed_{0}, refresh_due_{0}, sweep_due_{0}, sweep_begun_{0};
};

// The pseudo-service of who is sent to and is no target (Services::fellow).
inline const std::string kFellows = "[host]";

}  // namespace waymark
