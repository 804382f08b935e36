// The members of a group, and what this node and they tell each other. No I/O: whoever drives it (the daemon's sockets,
// the simulator) says what came and when, and does what take() gives.
//
// Each member dials each other. Of two links to one member both ends keep the one whose dialler's name comes first in
// the alphabet, once both links are proven; but a link that has gone silent, or was another life's, gives way at once.
// A new link begins with what each end has: slots, digest, operators' decisions, opinions; then, where both share
// pins, each asks for all the other has, and from there on hears what changes.
//
// A node that starts announces nothing before it knows what its members are: joined, absent, or of another mind
// (group/reach.cpp). What was announced before stays so, whatever members or strangers do.
//
// Bounds: connections that have not proven themselves, by where they come from (kPlaces...), each for kProveWithin; a
// peer that does not read is sent nothing more once kQueueHigh waits for it, and all our pins again when it has caught
// up; what it asks for is sent no faster than a slice of the table each kSlice; targets in states and opinions are as
// many as a node may have. It is for the driver to read no more than 64 KiB of a link before it turns to the others.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/event.h"
#include "config/config.h"
#include "group/channel.h"
#include "group/edge_flows.h"
#include "group/holdings.h"
#include "group/member.h"
#include "group/reports.h"
#include "group/states.h"

namespace waymark::group {

// Connections that may wait for their proof at once. A member's address has places of its own, so that no stranger
// takes them; an IPv4 address, or an IPv6 /64, does not take all that strangers have.
constexpr u32 kPlacesOfMember = 4, kPlacesOfStrangers = 8, kPlacesOfNetwork = 2;
constexpr Duration kProveWithin = std::chrono::seconds(5);
constexpr Duration kRefusalLasts = std::chrono::seconds(15);  // three times the longest pause between attempts

// What the node was before this Group: whatever is announced stays announced.
enum class Standing : u8 {
  fresh,      // it announces nothing yet: its tables are empty, or were withdrawn
  announced,  // a daemon before this one announced it
  in_step     // this daemon announces it already
};

struct GroupOutput {
  std::vector<u32> connect;                            // members to dial, by their place in GroupConfig::member
  std::vector<std::pair<Link, std::vector<u8>>> send;  //
  std::vector<Link> close;                             // once what is to be sent has been; closed() need not follow
  std::vector<Event> log;                              // what happened to members
};

// What the machine is given instead of taking it.
struct GroupNeeds {
  std::function<Nonce()> nonce;               // 32 random bytes
  std::function<u32(Time)> stamp;             // as packets write it at that time
  IdleStamps idle;                            //
  std::function<u32()> stale_stamps;          // Settings::stale_stamps
  std::function<FlowTimes(Time)> flows = {};  // of the firewall's table; none: there is none
  EdgeFlows* edges = nullptr;                 // likewise
};

struct GroupView {
  bool in_step;
  std::vector<MemberView> members;
  u64 refused;               // connections that proved nothing, or found no place
  std::string last_refusal;  // why the last of them was refused
  u64 mirrored;              // pins here that others lent
  u64 lent_flows = 0;        // likewise flows of the firewall's or the edge's
  u64 passed_on = 0;         // reports of POPs, to members that their nodes do not send them to
};

// The address of "192.0.2.1:6090" or "[2001:db8::1]:6090".
std::optional<Address> address_of(const std::string& listen);

class Group {
 public:
  // `epoch` tells this life of the node from its others. `live` stays where it is.
  Group(const GroupConfig& config, const std::string& own_name, ByteView secret, u64 epoch, GroupNeeds needs,
        Live& live, Standing standing = Standing::fresh);
  ~Group();

  void configure(const GroupConfig& config, Time now);  // another secret or name: another Group

  void opened(Link link, u32 dialled_member, Time now);
  bool accepted(Link link, const Address& from, Time now);  // false: there is no place for it, and it is to be closed
  void failed(u32 member, Unreached how, const std::string& why, Time now);  // dialling it came to nothing
  void received(Link link, ByteView bytes, Time now);
  void closed(Link link, Ended by, const std::string& why, Time now);
  void sent(Link link, size_t bytes_still_queued);
  void tick(Time now);
  Time deadline() const;  // of the next tick
  GroupOutput take();

  // What this node has to tell: the difference to before goes out. `pin_buckets` and `mirror` are filled in here. Call
  // it whenever any of it may have changed, and once before anything is shared.
  void publish(const Digest& digest, const std::vector<StateRecord>& states, const std::vector<Opinion>& opinions,
               Time now);
  // The same, where whatever is not listed is as it was told before; of `opinions`, none means not known any more.
  void publish_changes(const Digest& digest, const std::vector<StateRecord>& states,
                       const std::vector<Opinion>& opinions, Time now);
  std::vector<StateRecord> states_received();  // later than ours; once each

  // What members hold in turn (group/holdings.h). All of ours: the difference to before goes out. And what came, once;
  // what is known of each member, in the order of the configuration.
  void publish_holdings(const std::vector<Claim>& claims, const std::vector<Assignment>& assignments);
  std::vector<Assignment> assignments_received() { return std::exchange(assignments_received_, {}); }
  // Revoked ids: those decided since the last call go out; and what came, once.
  void publish_revocations(const std::vector<RevocationRecord>& news);
  // What this node says as a POP (group/reports.h), where it is something else than before; it reaches members that are
  // not connected, too. kMostPathKeys keys at most.
  void publish_paths(const PathDigest& digest);
  void publish_keys(const PathKeys& keys);
  std::vector<RevocationRecord> revocations_received() { return std::exchange(revocations_received_, {}); }
  // How this node sees other POPs: all of it. And of which two POPs (who sees whom) members say something else since
  // the last call, with what they all say of them now.
  void publish_pop_views(const std::vector<PopView>& views);
  std::set<PopPair> pop_views_heard() { return reports_.pairs_heard(); }
  std::vector<PopView> pop_views_of(const PopPair& pair) const { return reports_.views_of(pair); }
  std::vector<Peer> peers() const;
  u64 peer_changes() const { return peer_changes_; }  // counts whatever may make peers() another

  // What connected members think of a target, in the order of their names; and of which targets any of them said
  // something since the last call, or since hear_again(): those of which any has an opinion now.
  std::vector<bool> opinions_of(const OpinionKey& target) const;
  std::vector<OpinionKey> opinions_heard() { return std::exchange(heard_, {}); }
  void hear_again();
  // Whether this node may announce itself: it once had all that the members it can reach have; those that do not
  // answer were waited for; and no member that answers is of another mind. Once true, it stays so.
  bool in_step() const { return in_step_; }
  std::string awaited() const;  // what keeps it from that, as a clause; "" where it is in step
  GroupView view() const;

 private:
  struct Connection;
  std::optional<u32> index_of(const std::string& name) const;
  Connection* link_of(const Member& member);
  void proven(Connection& connection, Time now);
  void begin(Link link, std::vector<std::string> expected, std::optional<u32> dialled, std::optional<Address> from,
             Time now);
  void drop(Link link, const std::string& why, Time now, Reach reach = Reach::busy);
  void refuse(Connection& connection, const std::string& why, Time now);
  void link_lost(Member& member, const std::string& why, Time heard, Time now);
  void handle(u32 index, const Message& message, Time now);
  void tell(Member& member, const Message& message);
  void tell_all(const Message& message, const Member* but = nullptr);
  void tell_holdings(Member& member);
  void note_connected();
  void tell_report();
  void take_report(Member& from, const PopReport& report, Time now);
  std::vector<RevocationRecord> take_later(const std::vector<RevocationRecord>& records);
  FlowTimes flow_times() const;
  u32 shared_flow_buckets() const;
  void review_flow_sharing(Member& member);
  void tell_flow_table();
  void look_for_flows();
  void send_flows(Member& member);
  u32 shared_edge_buckets() const;
  void review_edge_sharing(Member& member);
  void tell_edge_table();
  void look_for_edge_flows(Time now);
  void send_edge_flows(Member& member);
  void review_sharing(Member& member, Time now);
  void ask_for_pins(Member& member);
  void refresh_slots();
  void look_for_changes(Time now);
  void send_pins(Member& member, Time now);
  void dial(Time now);
  void watch_links(Time now);
  void pardon(Time now);
  void unreached(u32 member, Reach reach, const std::string& why, Time now);
  bool is_refused(const Member& member) const;
  bool must_give_way() const;
  bool may_do_without(const Member& member) const;
  void review_step();

  GroupConfig config_;
  const std::string own_name_;
  const std::vector<u8> secret_;
  const u64 epoch_;
  GroupNeeds needs_;
  Live& live_;
  SlotIdentities slots_;
  Scanner scanner_;
  FlowScanner flow_scanner_;
  u32 told_flow_buckets_ = 0;
  bool scanning_flows_ = false;
  u32 told_edge_buckets_ = 0;
  bool scanning_edges_ = false;
  States states_;
  std::vector<StateRecord> states_received_;
  Opinions opinions_;                    // ours
  std::vector<OpinionKey> heard_;        // others'
  std::map<std::string, Claim> claims_;  // ours
  std::map<std::string, Assignment> assignments_;
  std::vector<Assignment> assignments_received_;
  std::map<u64, RevocationRecord> revocations_;  // by word
  std::vector<RevocationRecord> revocations_received_;
  Reports reports_;
  std::vector<u32> connected_;  // members' origin_of(), in order
  u64 passed_on_ = 0;
  u64 peer_changes_ = 1;
  std::optional<Digest> digest_;
  std::vector<std::unique_ptr<Member>> members_;  // as in config_.member
  std::map<Link, Connection> connections_;
  GroupOutput out_;
  const Standing standing_;
  std::optional<Time> ticked_;
  Duration waited_{0};  // for members, since the first tick, and only while this node ran
  Time now_{}, next_slice_{};
  std::optional<Time> refusal_logged_;
  bool scanning_ = false, in_step_ = false;
  u64 refused_ = 0;
  std::string last_refusal_;
};

}  // namespace waymark::group
