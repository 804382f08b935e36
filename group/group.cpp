// Links: who is dialled, which of two links stays, and what goes over a new one.
#include "group/group.h"

#include <fmt/format.h>

#include <algorithm>

#include "group/connection.h"

namespace waymark::group {

namespace {

using namespace std::chrono_literals;

constexpr Duration kDialWithin = 5s;
constexpr Duration kPingEvery = 500ms, kSilence = 3s;
constexpr size_t kQueueMost = 16 << 20;  // bytes: who lets so many wait has stopped reading
constexpr Duration kAlive = 1s;          // heard within this, a link is as good as a new one

}  // namespace

Group::Group(const GroupConfig& config, const std::string& own_name, ByteView secret, u64 epoch, GroupNeeds needs,
             Live& live, Standing standing)
    : own_name_(own_name),
      secret_(secret.begin(), secret.end()),
      epoch_(epoch),
      needs_(std::move(needs)),
      live_(live),
      scanner_(needs_.idle),
      reports_(own_name, epoch),
      standing_(standing),
      in_step_(standing == Standing::in_step) {
  slots_.refresh(live_);
  configure(config, Time{});
}
Group::~Group() = default;

void Group::configure(const GroupConfig& config, Time now) {
  std::vector<std::unique_ptr<Member>> before = std::move(members_);
  members_.clear();
  config_ = config;
  std::map<Link, std::optional<u32>> moved;
  for (const MemberConfig& wanted : config.member) {
    const auto known =
        std::find_if(before.begin(), before.end(), [&](auto& m) { return m && m->config.name == wanted.name; });
    const u32 index = u32(members_.size());
    if (known == before.end()) {
      members_.push_back(std::make_unique<Member>(wanted, live_, slots_, needs_.idle, needs_.stale_stamps()));
      members_.back()->since = members_.back()->dial_at = now;
    } else {
      const u32 old = u32(known - before.begin());
      for (auto& [link, c] : connections_)
        if (c.member == old) moved[link] = index;
      (*known)->config = wanted;  // a new address counts from the next time it is dialled on
      members_.push_back(std::move(*known));
    }
    members_.back()->address = address_of(wanted.address);
  }
  for (const auto& member : before)
    if (member) reports_.forget(member->config.name);
  std::vector<Link> gone;
  for (auto& [link, c] : connections_) {
    if (c.member && !moved.contains(link)) gone.push_back(link);
    if (moved.contains(link)) c.member = moved[link];
  }
  for (Link link : gone) {
    connections_.at(link).member.reset();
    drop(link, "it is no member any more", now);
  }
  ++peer_changes_;
  note_connected();
  if (digest_) publish_changes(*digest_, {}, {}, now);
}

std::optional<u32> Group::index_of(const std::string& name) const {
  for (u32 i = 0; i < members_.size(); ++i)
    if (members_[i]->config.name == name) return i;
  return std::nullopt;
}

Group::Connection* Group::link_of(const Member& member) {
  if (!member.link) return nullptr;
  const auto found = connections_.find(*member.link);
  return found == connections_.end() ? nullptr : &found->second;
}

void Group::opened(Link link, u32 dialled_member, Time now) {
  now_ = now;
  if (dialled_member >= members_.size()) return out_.close.push_back(link);
  begin(link, {members_[dialled_member]->config.name}, dialled_member, std::nullopt, now);
}

void Group::begin(Link link, std::vector<std::string> expected, std::optional<u32> dialled, std::optional<Address> from,
                  Time now) {
  Channel channel(secret_, {own_name_, config_.name, epoch_, in_step_ || standing_ == Standing::announced},
                  std::move(expected), needs_.nonce(), dialled.has_value());
  connections_.insert_or_assign(link,
                                Connection{link, std::move(channel), dialled.has_value(), dialled, from, now, now});
}

void Group::received(Link link, ByteView bytes, Time now) {
  now_ = now;
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  connection.heard = now;
  const bool before = connection.channel.proven();
  const auto bodies = connection.channel.feed(bytes);
  if (!bodies) return refuse(connection, bodies.error().sentence, now);
  if (!before && connection.channel.proven()) proven(connection, now);
  for (const std::vector<u8>& body : *bodies) {
    const auto still = connections_.find(link);
    if (still == connections_.end() || !still->second.member) return;
    const u32 index = *still->second.member;
    if (members_[index]->link != link) return;
    const auto message = decode(body);
    if (!message) return refuse(still->second, message.error().sentence, now);
    if (*message) handle(index, **message, now);
  }
}

void Group::proven(Connection& connection, Time now) {
  const std::optional<u32> index = index_of(connection.channel.peer());
  if (!index) return drop(connection.link, "it is no member any more", now);
  Member& member = *members_[*index];
  connection.member = index;
  if (Connection* old = link_of(member)) {
    const std::string& peer = member.config.name;
    auto dialler = [&](const Connection& c) { return c.dialled ? own_name_ : peer; };
    const bool as_good = old->channel.peer_epoch() == connection.channel.peer_epoch() && now - old->heard < kAlive;
    if (as_good && dialler(*old) < dialler(connection)) {
      if (connection.dialled) member.dialled.reset();
      connection.member.reset();
      return drop(connection.link, "there is another link", now);
    }
    const Link loser = old->link;
    old->member.reset();
    drop(loser, "there is another link", now);
  } else {
    const std::string& name = member.config.name;
    out_.log.push_back({Severity::info, "member.joined", name, fmt::format("member {} is connected", name)});
  }
  member.begin_link(connection.link, now);
  ++peer_changes_;
  note_connected();
  tell(member, states_.all());  // all that is told at once comes before the digest, which says that it has come
  tell(member, list_of(opinions_));
  tell(member, slots_.all());
  tell_holdings(member);
  tell(member, FlowTable{shared_flow_buckets()});
  tell(member, EdgeTable{shared_edge_buckets()});
  if (digest_) tell(member, *digest_);
}

// Forgets a connection, and its member's link with it where it was that.
void Group::drop(Link link, const std::string& why, Time now, Reach reach) {
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  if (const auto bytes = found->second.channel.take(); !bytes.empty()) out_.send.emplace_back(link, bytes);
  const std::optional<u32> member = found->second.member;
  const bool dialled = found->second.dialled;
  const Time heard = found->second.heard;
  connections_.erase(found);
  out_.close.push_back(link);
  if (!member) return;
  Member& m = *members_[*member];
  if (m.link == link)
    link_lost(m, why, heard, now);
  else if (dialled)
    unreached(*member, reach, why, now);
}

// Who has said who it is, been given our proof and then closed, did not believe it.
void Group::closed(Link link, Ended by, const std::string& why, Time now) {
  now_ = now;
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  const Channel& channel = found->second.channel;
  (void)found->second.channel.take();  // nobody carries it any more
  const bool refused = by == Ended::by_peer && found->second.dialled && !channel.proven() && !channel.peer().empty();
  if (refused) members_[*found->second.member]->says_in_step = channel.claims_in_step();
  if (refused)
    drop(
        link,
        fmt::format("{} closed the connection when it had this node's proof: compare keys and members", channel.peer()),
        now, Reach::refused);
  else
    drop(link, why, now);
  out_.close.pop_back();  // it is
  review_step();
}

void Group::sent(Link link, size_t bytes_still_queued) {
  if (const auto found = connections_.find(link); found != connections_.end())
    found->second.queued = bytes_still_queued;
}

void Group::dial(Time now) {
  for (u32 i = 0; i < members_.size(); ++i) {
    Member& m = *members_[i];
    if (m.dialled && now - *m.dialled >= kDialWithin + kProveWithin)
      unreached(i, Reach::unable, "the last attempt has not ended", now);
    if (m.link || m.dialled || now < m.dial_at || !m.config.direct) continue;
    m.dialled = now;
    out_.connect.push_back(i);
  }
}

void Group::watch_links(Time now) {
  std::vector<Link> late, silent, deaf;
  for (auto& [link, c] : connections_) {
    if (!c.channel.proven() && now - c.opened >= kProveWithin) late.push_back(link);
    if (c.channel.proven() && now - c.heard >= kSilence) silent.push_back(link);
    if (c.waiting() > kQueueMost) deaf.push_back(link);
  }
  for (Link link : late) {
    ++refused_;
    last_refusal_ = "nothing was proven within 5 s";
    drop(link, last_refusal_, now);
  }
  for (Link link : silent) drop(link, "silent for 3 s", now);
  for (Link link : deaf) drop(link, "it does not read what it is sent", now);
  for (const auto& member : members_)
    if (member->link && now - member->pinged >= kPingEvery) {
      member->pinged = now;
      tell(*member, Ping{u64(now.count())});
    }
}

void Group::tick(Time now) {
  now_ = now;
  if (!ticked_)
    for (const auto& member : members_)
      if (!member->link) member->since = now;
  pardon(now);
  dial(now);
  watch_links(now);
  look_for_changes(now);
  reports_.expire(now);
  tell_report();
  review_step();
}

Time Group::deadline() const {
  Time next = std::min(now_ + kPingEvery, reports_.deadline());
  if (!ticked_) return now_;
  for (const auto& m : members_) {
    if (m->link) next = std::min(next, m->pinged + kPingEvery);
    if (!m->link && !m->dialled && m->config.direct) next = std::min(next, m->dial_at);
    if (m->sharing || m->shares_flows || m->edges.shares) next = std::min(next, next_slice_);
  }
  for (const auto& [link, c] : connections_)
    next = std::min(next, c.channel.proven() ? c.heard + kSilence : c.opened + kProveWithin);
  if (!in_step_ && waited_ < config_.wait) next = std::min(next, *ticked_ + (config_.wait - waited_));
  return next;
}

GroupOutput Group::take() {
  for (auto& [link, c] : connections_)
    if (std::vector<u8> bytes = c.channel.take(); !bytes.empty()) {
      c.queued += bytes.size();
      out_.send.emplace_back(link, std::move(bytes));
    }
  return std::exchange(out_, {});
}

std::vector<StateRecord> Group::states_received() { return std::exchange(states_received_, {}); }

std::vector<bool> Group::opinions_of(const OpinionKey& target) const {
  std::vector<std::pair<std::string_view, bool>> all;
  for (const auto& m : members_)
    if (const auto said = m->opinions.find(target); m->link && said != m->opinions.end())
      all.emplace_back(m->config.name, said->second);
  std::sort(all.begin(), all.end());
  std::vector<bool> opinions;
  for (const auto& [member, up] : all) opinions.push_back(up);
  return opinions;
}

void Group::hear_again() {
  heard_.clear();
  for (const auto& m : members_)
    for (const auto& [target, up] : m->opinions) heard_.push_back(target);
}

GroupView Group::view() const {
  GroupView v{in_step_,
              {},
              refused_,
              last_refusal_,
              scanner_.mirrored(),
              flow_scanner_.lent() + (needs_.edges ? needs_.edges->lent() : 0),
              passed_on_};
  for (const auto& m : members_) {
    MemberView& view = v.members.emplace_back(m->view(digest_));
    view.refused = is_refused(*m);
    if (const Reports::Heard* heard = reports_.of(m->config.name)) tell_of(view, *heard, reports_.paths());
  }
  return v;
}

}  // namespace waymark::group
