// All machines of one node, and what they have to tell each other: Node (the tables), Health (who is well), Group (what
// other directors know), Announce (whether we say that we serve). Without I/O: the daemon gives it sockets, clocks and
// randomness, the simulator virtual ones; both drive the same code.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "announce/announce.h"
#include "group/group.h"
#include "health/health.h"
#include "node/agents.h"
#include "node/events.h"
#include "node/node.h"
#include "node/revocations.h"
#include "node/wan.h"
#include "node/watch.h"

namespace waymark {

class Control {
 public:
  // What differs from life to life and from machine to machine.
  struct Life {
    Clock clock;
    u64 seed;                             // of pauses between checks
    u64 epoch;                            // another one each time
    bool adopted;                         // the tables served packets before us
    std::function<group::Nonce()> nonce;  // random, for each connection
    std::vector<Prefix> announced;        // routes that were found, where adopted
    std::vector<u8> secret;               // of [group], where the configuration has one
    std::string name = {};                // the node's
  };
  Control(Live live, Life life);
  ~Control();

  // As Node (node/draft.h): draft, compile elsewhere, introduce, then commit or abandon. `secret` is the key file's of
  // config.group, empty without; `natives`: see CompileInput.
  Result<Draft> draft(std::shared_ptr<const Config> config, std::span<const InterfaceFacts> interfaces,
                      std::vector<u8> secret, std::span<const Prefix> natives = {});
  void introduce(const Compiled& compiled) { node_.introduce(compiled); }
  void commit(Compiled compiled, Time now);
  void abandon() { node_.abandon(); }

  // Before packets meet what was compiled: see FlowKeeper::begin_grace(). `anew`: the tables know no flows yet; else it
  // is for those of ids that are taken, if any are, and not all members mirror their flows here.
  void begin_grace(const Compiled& compiled, bool anew, Time now);

  // The same at once.
  Result<Image> prepare(const Config& config, std::span<const InterfaceFacts> interfaces, std::vector<u8> secret,
                        std::span<const Prefix> natives = {});
  void commit(Time now) { commit(std::exchange(prepared_, {}), now); }

  void on_next_hop(const NextHop& hop, Time now);

  // Servers that register here, and this node's own services elsewhere (node/agents.h). To be configured before what is
  // drafted then; afterwards, whenever registrations change, pools follow without a load.
  Status configure_agents(const Config& config, const AgentKeys& keys, Time now);
  Agents& agents() { return agents_; }
  const Agents& agents() const { return agents_; }
  std::optional<agents::Datagram> registration(const Address& from, u16 port, const Address& to,
                                               std::span<const u8> bytes, Time now);
  std::optional<agents::Datagram> from_director(const Address& from, u16 port, const Address& to,
                                                std::span<const u8> bytes, Time now);
  bool take_repooled() { return std::exchange(repooled_, false); }  // there may be others to resolve

  // Operators' commands; they reach the other directors of the group.
  Status drain(const std::string& target, bool on, Time now);
  Status reweigh(const std::string& target, std::optional<u32> weight, Time now);
  Status take(const std::string& thing, Time now);
  Status give(const std::string& thing, const std::string& member, Time now);  // empty: whoever would have it
  Status revoke(u64 word, std::optional<Duration> lasts, Time now);  // an id (roles/path/revoked.h); none: for good
  Status unrevoke(u64 word, Time now);
  // What `file`, which [path] names, lists now; "" and none where it names none.
  Status list_revoked(const std::string& file, const std::vector<u64>& words, Time now);
  void stop(Time now);  // withdraws everything for good; forwarding goes on

  // Checks: what is to be asked now, and what came of it.
  void limit_checks(std::size_t most_in_flight) { health_.limit(most_in_flight); }
  std::vector<Question> questions(Time now) { return health_.due(now); }
  void answer(u64 question, CheckOutcome outcome, const std::string& why, Time now);

  // POPs that watch each other: what is to be asked now, what came from there, and, once all that came was heard, who
  // is silent. Their addresses are a moment later in Node's tables.
  std::vector<Watch::Question> pop_questions(Time now) { return watch_.due(now); }
  void pop_unasked(u32 pop, std::string why) { watch_.unasked(pop, std::move(why)); }
  void pop_heard(const Address& from, u16 port, std::span<const u8> bytes, Time now) {
    watch_.heard(from, port, bytes, now);
  }
  bool judge_pops(Time now);  // true where one fell silent, or is back
  const Watch& watch() const { return watch_; }
  const Wan& wan() const { return wan_; }  // how POPs see each other

  // Connections between members, numbered by the caller. None of it where there is no group.
  void opened(group::Link link, u32 dialled, Time now);
  bool accepted(group::Link link, const Address& from, Time now);  // false: there is no place for it; close it
  void failed(u32 member, group::Unreached how, const std::string& why, Time now);  // dialling it
  void received(group::Link link, std::span<const u8> bytes, Time now);
  void closed(group::Link link, group::Ended by, const std::string& why, Time now);
  void queued(group::Link link, std::size_t bytes);  // what its socket has not taken yet
  group::GroupOutput take();                         // what is to be sent, dialled, closed

  // What happened since the last call, in order; and what its driver noticed, to stand in that order.
  std::vector<Event> take_events() { return events_.take(); }
  void tell(Event event) { events_.tell(std::move(event)); }

  // All that is due. Slots that became free are returned: their traffic counters must be reset.
  std::vector<u32> tick(Time now);
  Time deadline() const;

  // The routes that must be there, where announcements are configured.
  const std::optional<AnnounceConfig>& announce_settings() const { return announce_.settings(); }
  std::vector<Prefix> routes() const { return announce_.desired(); }

  Node& node() { return node_; }
  const Node& node() const { return node_; }
  const Health& health() const { return health_; }
  const Announce& announce() const { return announce_; }
  const group::Group* group() const { return group_.get(); }
  // The keys of tags that packets here are checked by, as other members are told.
  void know_keys(const group::PathKeys& keys) {
    keys_ = keys;
    if (group_) group_->publish_keys(keys_);
  }
  RevokedCounts revoked() const { return revocations_.counts(); }

  // What members of the group hold in turn; and whether this node is to hold other things of it than those in force, so
  // that the configuration is to be drafted anew.
  const group::Holdings& holdings() const { return holdings_; }
  bool wants_other_holdings() const { return committed_ && holdings_.wanted() != holdings_.held(); }

  // Why the node does not announce its services, as a clause; empty where it is in step.
  std::string awaited() const;

 private:
  void settle(Time now);
  void follow_health(Time now);
  void follow_group(Time now);
  void weigh_opinions(Time now);
  void publish(bool ready, Time now);
  void review_holdings(Time now);
  void follow_holdings(Time now);
  Status decide_holding(const Status& done, Time now);
  void set_live(const std::string& service, bool live);
  void doubt_services();
  void form_group(group::Standing standing, Time now);
  Status decide_revoked(u64 word, const Status& done, u64 until, Time now);
  void follow_revocations(Time now);
  Services serves_of(const Config& config) const;  // with who registered
  void follow_registrations(Time now);
  void look_at_wan(Time now);
  void follow_wan();
  void forget_others_sights();

  Life life_;
  Node node_;
  Health health_;
  Announce announce_;
  std::unique_ptr<group::Group> group_;
  group::PathKeys keys_;
  NodeEvents events_;
  group::Holdings holdings_;
  Revocations revocations_{node_.live()};
  Watch watch_{life_.seed};
  Wan wan_;
  Agents agents_;
  u64 registered_seen_ = 0;  // Agents::changes() of the pools in force
  u64 registered_drafted_ = 0;
  bool repooled_ = false;
  bool revocations_told_ = false;  // to the group, all of them, once
  std::vector<Holding> drafted_things_;
  Holds drafted_holds_;
  Compiled prepared_;
  std::vector<u8> next_secret_;
  std::string group_name_;
  u32 stale_stamps_ = 1;
  bool committed_ = false, health_known_ = false;
  std::set<std::string> unproven_;  // services that the node began without knowing any target of
  Time opinions_due_{0};
  std::set<group::OpinionKey> contested_;      // targets that a member may see otherwise than we do
  group::OpinionKey weighed_;                  // the last of them that was looked at
  std::vector<group::Opinion> opinions_;       // of ours: what changed since the last publish()
  std::vector<group::StateRecord> decisions_;  // likewise
  bool published_ = false;                     // all of it, once
  bool holdings_told_ = true;                  // to the group, as they are now
  u64 peers_seen_ = 0;                         // Group::peer_changes()
  // What settle() saw last: it runs after each event, and mostly nothing changed.
  u64 verdicts_seen_ = 0, node_seen_ = 0;
  std::optional<std::string> awaited_seen_;
};

}  // namespace waymark
