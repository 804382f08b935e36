// What members tell each other once they are connected: digests, operators' decisions, opinions, and pins.
#include <fmt/format.h>

#include <algorithm>

#include "core/records.h"
#include "group/connection.h"

namespace waymark::group {

namespace {

using namespace std::chrono_literals;

constexpr Duration kSlice = 10ms;        // between two looks at the table
constexpr u32 kPullBuckets = 16 << 10;   // sent at once, of all pins, at most
constexpr u32 kPullStep = 4 << 10;       // between two looks at the queue
constexpr size_t kQueueLow = 256 << 10;  // it has caught up
constexpr Duration kOldestPong = 1min;

}  // namespace

void Group::tell(Member& member, const Message& message) {
  Connection* c = link_of(member);
  if (!c) return;
  for (const std::vector<u8>& body : encode(message)) c->channel.send(body);
}

void Group::tell_all(const Message& message, const Member* but) {
  for (const auto& member : members_)
    if (member.get() != but) tell(*member, message);
}

void Group::publish(const Digest& digest, const std::vector<StateRecord>& states, const std::vector<Opinion>& opinions,
                    Time now) {
  Opinions after;
  update(after, opinions);
  publish_changes(digest, states, changes(opinions_, after), now);
}

void Group::publish_changes(const Digest& digest, const std::vector<StateRecord>& states,
                            const std::vector<Opinion>& opinions, Time now) {
  now_ = now;
  Digest ours = digest;
  ours.pin_buckets = u32(live_.pins.size());
  ours.mirror = config_.mirror && !live_.pins.empty();
  refresh_slots();
  tell_flow_table();
  tell_edge_table();
  if (digest_ != ours) {
    digest_ = ours;
    tell_all(ours);
    for (const auto& member : members_) review_sharing(*member, now);
  }
  if (const auto news = states_.merge(states); !news.empty()) tell_all(news);
  std::vector<Opinion> news;
  for (const Opinion& opinion : opinions) {
    const auto known = opinions_.find({opinion.service, opinion.target});
    if (known == opinions_.end() ? !opinion.up : opinion.up == known->second) continue;
    if (update(opinions_, {opinion})) news.push_back(opinion);
  }
  if (!news.empty()) tell_all(news);
}

namespace {

// What of `after` is not so in `before`, in which it is then.
template <class T>
std::vector<T> news_in(std::map<std::string, T>& before, const std::vector<T>& after) {
  std::vector<T> news;
  for (const T& record : after)
    if (const auto known = before.find(record.thing); known == before.end() || !(known->second == record)) {
      before.insert_or_assign(record.thing, record);
      news.push_back(record);
    }
  return news;
}
template <class Key, class T>
std::vector<T> all_of(const std::map<Key, T>& known) {
  std::vector<T> all;
  for (const auto& [thing, record] : known) all.push_back(record);
  return all;
}

}  // namespace

void Group::publish_holdings(const std::vector<Claim>& claims, const std::vector<Assignment>& assignments) {
  std::vector<Claim> news = news_in(claims_, claims);
  std::set<std::string> listed;
  for (const Claim& claim : claims) listed.insert(claim.thing);
  std::erase_if(claims_, [&](const auto& known) {
    if (listed.contains(known.first)) return false;
    news.push_back({known.first, false});
    return true;
  });
  tell_all(news_in(assignments_, assignments));
  tell_all(news);
}

void Group::tell_holdings(Member& member) {
  tell(member, all_of(assignments_));
  tell(member, all_of(claims_));
  tell(member, all_of(revocations_));
  for (const PopReport& report : reports_.for_newcomer(member.config.name, now_)) tell(member, report);
}

// More than any POP has room for are left out.
std::vector<RevocationRecord> Group::take_later(const std::vector<RevocationRecord>& records) {
  std::vector<RevocationRecord> news;
  for (const RevocationRecord& record : records) {
    const auto known = revocations_.find(record.word);
    if (known == revocations_.end() ? revocations_.size() >= kMaxRevocations : !record.later_than(known->second))
      continue;
    revocations_.insert_or_assign(record.word, record);
    news.push_back(record);
  }
  return news;
}

void Group::publish_revocations(const std::vector<RevocationRecord>& news) {
  if (const auto later = take_later(news); !later.empty()) tell_all(later);
}

std::vector<Peer> Group::peers() const {
  std::vector<Peer> all;
  for (const auto& m : members_)
    all.push_back({m->config.name, m->link && m->digest, m->was_ready, m->lost_at, m->mirrored_flows, m->claims});
  return all;
}

// Our slots, in words of all; whoever lent pins of targets that we had not is asked again once we have more targets.
void Group::refresh_slots() {
  const std::vector<SlotIdentity> changed = slots_.refresh(live_);
  if (changed.empty()) return;
  tell_all(changed);
  for (const auto& member : members_)
    if (member->sharing && member->applier.counts().unknown_target > member->unknown_before) ask_for_pins(*member);
}

void Group::ask_for_pins(Member& member) {
  member.unknown_before = member.applier.counts().unknown_target;
  tell(member, Pull{});
}

// Both have told their digests: whether pins go between them.
void Group::review_sharing(Member& member, Time now) {
  if (!member.link || !member.digest || !digest_) return;
  review_flow_sharing(member);
  review_edge_sharing(member);
  const bool sharing = not_sharing(*digest_, *member.digest).empty();
  if (!sharing) {
    member.joined = true;  // there is nothing to wait for
    member.sending.reset();
    member.behind = member.resend = false;
    if (std::exchange(member.pull_asked, false)) tell(member, PullEnd{0});
  } else if (!member.sharing) {
    if (!scanning_) {
      scanner_.prime(live_);
      scanning_ = true;
      next_slice_ = now;
    }
    ask_for_pins(member);
  }
  member.sharing = sharing;
}

namespace {

template <class... F>
struct Each : F... {
  using F::operator()...;
};
template <class... F>
Each(F...) -> Each<F...>;  // clang 14 does not find it by itself

}  // namespace

void Group::handle(u32 index, const Message& message, Time now) {
  Member& member = *members_[index];
  const u32 stamp = needs_.stamp(now);
  std::visit(Each{
                 [&](const Digest& digest) {
                   member.take(digest);
                   ++peer_changes_;
                   review_sharing(member, now);
                 },
                 [&](const std::vector<StateRecord>& states) {
                   const auto news = states_.merge(states);
                   if (news.empty()) return;
                   states_received_.insert(states_received_.end(), news.begin(), news.end());
                   tell_all(news, &member);
                 },
                 [&](const std::vector<Opinion>& opinions) {
                   for (const Opinion& o : opinions) heard_.emplace_back(o.service, o.target);
                   if (!update(member.opinions, opinions)) drop(*member.link, "it has too many opinions", now);
                 },
                 [&](const std::vector<SlotIdentity>& slots) { member.applier.set_slots(slots); },
                 [&](const std::vector<PinRecord>& pins) {
                   member.pins_received += pins.size();
                   if (!member.sharing) return void(member.not_shared += pins.size());
                   member.applier.set_stale(needs_.stale_stamps());
                   member.applier.apply(pins, stamp);
                 },
                 [&](const std::vector<GonePin>& gone) {
                   if (member.sharing) member.applier.erase(gone, stamp);
                 },
                 [&](const Pull&) {
                   if (digest_ && member.digest && !member.sharing)
                     tell(member, PullEnd{0});
                   else
                     member.pull_asked = true;
                 },
                 [&](const PullEnd&) {
                   if (!member.sharing) return;
                   member.joined = true;
                   member.pulled = now;
                   review_step();
                 },
                 [&](const Ping& ping) {
                   if (link_of(member)->waiting() <= kQueueHigh) tell(member, Pong{ping.token});
                 },
                 [&](const std::vector<Claim>& claims) {
                   ++peer_changes_;
                   if (!member.take(claims)) drop(*member.link, "it has too many things to hold", now);
                 },
                 [&](const FlowTable& table) {
                   member.flow_buckets = table.buckets;
                   review_flow_sharing(member);
                 },
                 [&](const std::vector<FlowRecord>& flows) {
                   member.flows_received += flows.size();
                   if (member.shares_flows) member.flow_applier.apply(flows, flow_times());
                 },
                 [&](const std::vector<GoneFlow>& gone) {
                   if (member.shares_flows) member.flow_applier.erase(gone, flow_times());
                 },
                 [&](const FlowPull&) { member.flows_asked = true; },
                 [&](const FlowPullEnd&) {
                   if (member.shares_flows && !std::exchange(member.mirrored_flows, true)) ++peer_changes_;
                 },
                 [&](const EdgeTable& table) {
                   member.edges.buckets = table.buckets;
                   review_edge_sharing(member);
                 },
                 [&](const std::vector<EdgeFlowRecord>& flows) {
                   member.edges.received += flows.size();
                   if (member.edges.shares) needs_.edges->apply(flows, now);
                 },
                 [&](const std::vector<GoneEdgeFlow>& gone) {
                   if (member.edges.shares) needs_.edges->erase(gone, now);
                 },
                 [&](const EdgePull&) { member.edges.asked = true; },
                 [&](const EdgePullEnd&) {
                   if (!member.edges.shares) return;
                   member.edges.mirrored = true;
                   ++peer_changes_;
                   review_step();
                 },
                 [&](const std::vector<Assignment>& news) {
                   ++peer_changes_;
                   assignments_received_.insert(assignments_received_.end(), news.begin(), news.end());
                 },
                 [&](const std::vector<RevocationRecord>& records) {
                   const auto news = take_later(records);
                   if (news.empty()) return;
                   revocations_received_.insert(revocations_received_.end(), news.begin(), news.end());
                   tell_all(news, &member);
                 },
                 [&](const PopReport& report) { take_report(member, report, now); },
                 [&](const Pong& pong) {
                   const Duration lag = now - Time(std::chrono::nanoseconds(pong.token));
                   if (pong.token <= u64(now.count()) && lag <= kOldestPong) member.lag = lag;
                 },
             },
             message);
}

// The next slice of the table, if it is time: what changed there goes to all that share.
void Group::look_for_changes(Time now) {
  const auto any = [&](const auto& is) { return std::any_of(members_.begin(), members_.end(), is); };
  const bool shared = any([](auto& m) { return m->sharing; });
  const bool flows = any([](auto& m) { return m->shares_flows; });
  if (!shared) scanning_ = false;
  const bool edges = any([](auto& m) { return m->edges.shares; });
  if (!flows) scanning_flows_ = false;
  if (!edges) scanning_edges_ = false;
  if ((!shared && !flows && !edges) || now < next_slice_) return;
  next_slice_ = now + kSlice;
  if (edges) look_for_edge_flows(now);
  if (flows) look_for_flows();
  if (!shared) return;
  PinChanges changes;
  const u32 stamp = needs_.stamp(now);
  const bool pass = scanner_.scan(live_, stamp, u32(live_.pins.size()) / kSlices + 1, changes);
  const auto& pins = changes.pins;
  if (pass || !std::all_of(pins.begin(), pins.end(), [&](auto& p) { return slots_.knows(unpack(p.word).slot); }))
    refresh_slots();  // what slots stand for goes before the pins that name them
  for (const auto& member : members_) {
    if (!member->sharing) continue;
    const Connection* c = link_of(*member);
    const size_t news = changes.pins.size();
    if (!member->behind && news && c->waiting() > kQueueHigh) {
      member->behind = true;
      const std::string& name = member->config.name;
      out_.log.push_back(
          {Severity::warning, "member.behind", name, fmt::format("member {} does not keep up with pins", name)});
    }
    if (member->behind) {
      member->lost += news;
      if (c->waiting() <= kQueueLow) member->behind = false, member->resend = true;
    } else {
      member->pins_sent += news;
      tell(*member, changes.pins);
      tell(*member, changes.gone);
    }
    send_pins(*member, now);
  }
}

// All our pins: to who asked for them, or has caught up after it was sent too little.
void Group::send_pins(Member& member, Time now) {
  Connection* c = link_of(member);
  if (member.pull_asked || (member.resend && !member.sending)) {
    member.sending = 0;
    member.sending_count = 0;
    member.sending_all = member.pull_asked;
    member.resend = false;
    member.pull_asked = false;
  }
  if (!member.sending) return;
  const u32 stamp = needs_.stamp(now), start = *member.sending;
  bool end = false;
  while (!end && *member.sending - start < kPullBuckets && c->waiting() < kQueuePull) {
    std::vector<PinRecord> pins;
    end = read_pins(live_, stamp, *member.sending, kPullStep, member.sending_all, pins);
    member.pins_sent += pins.size();
    member.sending_count += pins.size();
    tell(member, pins);
  }
  if (!end) return;
  if (member.sending_all) {
    tell(member, PullEnd{member.sending_count});
  } else {
    ++member.resends;
  }
  if (!member.behind && !member.resend) member.lost = 0;
  member.sending.reset();
}

}  // namespace waymark::group
