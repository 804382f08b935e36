// Who finds a place before it has proven itself, and what this node makes of members that it has no link to.
//
// A member that is *absent* serves nobody by our side, or nothing can be done about it: after `wait` a starting node
// goes on alone. One that is *refused* is there, with another secret, another group's name, or another protocol: it
// hashes flows by other keys, so each flow that moves between the two breaks. Who starts into that keeps itself
// unannounced, for as long as it lasts and the other says that it is in step. Where none is, as all of them start, the
// larger side goes on after `wait`, so one wrong machine cannot keep a group from starting. A member that is *busy*
// took the connection and proved nothing: it is waited for four times as long, like one that is still sending its pins.
// And where this machine is *unable* to ask, it does not know, and waits until it can.
//
// Whatever is announced already stays announced: who refuses whom is for the one that starts to say.
//
// Only what stands at a member's own configured address counts, and from there only who claims to be that member.
#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "group/connection.h"

namespace waymark::group {

namespace {

using namespace std::chrono_literals;

constexpr Duration kPauseFirst = 200ms, kPauseLast = 5s;  // between attempts to reach a member
constexpr Duration kSettled = 5s;                         // up for so long, the next pause is the first one again
constexpr Duration kTellRefusals = 10s;                   // of strangers, as anybody can connect: no more often
constexpr Duration kTellMember = 60s;                     // of a member, while it lasts
constexpr Duration kHeld = 1s;       // ticks are due every half second: what is later, this node was not there
constexpr Duration kKeptMost = 45s;  // a verdict before Announce::kGrace is over

// Somebody who came from its address was, since the last attempt to dial it or a little before.
bool was_refused(const Member& m) { return m.refused_at && m.asked < *m.refused_at + kRefusalLasts; }

// A network that one owner has: an IPv4 address, an IPv6 /64.
bool same_network(const Address& a, const Address& b) { return is_ip4(a) ? a == b : a.high == b.high; }

}  // namespace

std::optional<Address> address_of(const std::string& listen) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  const Result<Address> address = parse_address(host);
  return address ? std::optional(*address) : std::nullopt;
}

bool Group::accepted(Link link, const Address& from, Time now) {
  now_ = now;
  std::vector<std::string> names;
  u32 members = 0, places = 0, of_network = 0;
  for (const auto& member : members_) {
    members += member->address == from;
    names.push_back(member->config.name);
  }
  const auto is_members = [&](const Address& a) {
    return std::any_of(members_.begin(), members_.end(), [&](auto& m) { return m->address == a; });
  };
  for (const auto& [other, c] : connections_) {
    if (!c.from || c.channel.proven()) continue;
    places += members ? c.from == from : !is_members(*c.from);
    of_network += same_network(*c.from, from);
  }
  const char* full = members && places >= kPlacesOfMember * members ? "a member's address has no place left"
                     : members                                      ? nullptr
                     : places >= kPlacesOfStrangers                 ? "there was no place left for strangers"
                     : of_network >= kPlacesOfNetwork ? "there was no place left for strangers of one network"
                                                      : nullptr;
  if (full) {
    ++refused_;
    last_refusal_ = full;
    if (!refusal_logged_ || now - *refusal_logged_ >= kTellRefusals) {
      out_.log.push_back({Severity::warning, "member.refused", "",
                          fmt::format("a connection to the group was refused: {}; {} so far", full, refused_)});
      refusal_logged_ = now;
    }
    return false;
  }
  begin(link, std::move(names), std::nullopt, from, now);
  return true;
}

// What an attempt told is as old as its beginning: a node that was held up hears of it late.
void Group::unreached(u32 index, Reach reach, const std::string& why, Time now) {
  Member& m = *members_[index];
  if (!m.dialled) return;
  m.asked = *m.dialled;
  m.dialled.reset();
  m.pause = std::clamp<Duration>(2 * m.pause, kPauseFirst, kPauseLast);
  m.dial_at = now + m.pause;
  if (m.link) return;
  m.reach = reach;
  if (!was_refused(m)) m.why = why;
  if (reach != Reach::refused || (m.refusal_told && now - *m.refusal_told < kTellMember)) return;
  m.refusal_told = now;
  out_.log.push_back(
      {Severity::warning, "member.refused", m.config.name,
       fmt::format("group member {} at {} is refused: {}{}", m.config.name, m.config.address, why,
                   in_step_ || standing_ != Standing::fresh ? "" : "; nothing is announced while that lasts")});
}

void Group::failed(u32 member, Unreached how, const std::string& why, Time now) {
  now_ = now;
  if (member < members_.size()) unreached(member, how == Unreached::absent ? Reach::absent : Reach::unable, why, now);
  review_step();
}

// What came was not of this group, or not of this member. Where we dialled, that is the member's address and port; who
// dials us is taken for a member if it comes from its address under its name.
void Group::refuse(Connection& connection, const std::string& why, Time now) {
  const Channel& channel = connection.channel;
  if (channel.proven()) return drop(connection.link, why, now);
  ++refused_;
  last_refusal_ = why;
  if (connection.dialled) {
    members_[*connection.member]->says_in_step = channel.claims_in_step();
    return drop(connection.link, why, now, Reach::refused);
  }
  bool member = false;
  for (const auto& m : members_) {
    if (m->link || m->address != connection.from) continue;
    if (m->config.name != channel.claimed() && !channel.other_version()) continue;
    member = true;
    m->refused_at = now;
    m->says_in_step = channel.claims_in_step();
    m->why = why;
    if (m->refusal_told && now - *m->refusal_told < kTellMember) continue;
    m->refusal_told = now;
    out_.log.push_back({Severity::warning, "member.refused", m->config.name,
                        fmt::format("a connection from group member {} is refused: {}", m->config.name, why)});
  }
  if (!member && (!refusal_logged_ || now - *refusal_logged_ >= kTellRefusals)) {
    out_.log.push_back({Severity::info, "member.refused", "", "a connection was refused: " + why});
    refusal_logged_ = now;
  }
  drop(connection.link, why, now);
}

void Group::link_lost(Member& member, const std::string& why, Time heard, Time now) {
  const bool settled = now - member.since >= kSettled;
  member.pause = settled ? kPauseFirst : std::clamp<Duration>(2 * member.pause, kPauseFirst, kPauseLast);
  member.dial_at = now + member.pause;
  member.end_link(why, heard, now);
  ++peer_changes_;
  note_connected();
  const std::string& name = member.config.name;
  out_.log.push_back(
      {Severity::warning, "member.lost", name, fmt::format("the connection to member {} is lost: {}", name, why)});
}

// Silence counts only where this node was there to hear: what came while it was held up lies in its sockets yet.
void Group::pardon(Time now) {
  const Duration gap = now - ticked_.value_or(now);
  ticked_ = now;
  waited_ += std::min(gap, kHeld);
  if (gap <= kHeld) return;
  const auto later = [&](Time& at) { at = std::min(now, at + gap - kHeld); };
  for (auto& [link, c] : connections_) later(c.opened), later(c.heard);
  for (const auto& m : members_)
    if (m->dialled) later(*m->dialled);
}

bool Group::is_refused(const Member& m) const { return !m.link && (m.reach == Reach::refused || was_refused(m)); }

// To those that are refused: to any that says it is in step, as flows may be there; and where all start at once to the
// larger side, or of two that are equal to the one with the first name. So one of them starts, and one only.
bool Group::must_give_way() const {
  u32 ours = 1, theirs = 0;
  const std::string *our_first = &own_name_, *their_first = nullptr;
  for (const auto& m : members_) {
    const std::string& name = m->config.name;
    if (m->link) {
      ++ours;
      if (name < *our_first) our_first = &name;
    } else if (is_refused(*m)) {
      if (m->says_in_step) return true;
      ++theirs;
      if (!their_first || name < *their_first) their_first = &name;
    }
  }
  return theirs > ours || (theirs == ours && *their_first < *our_first);
}

bool Group::may_do_without(const Member& m) const {
  if (!m.link && !m.config.direct) return true;
  const bool kept = standing_ == Standing::announced;
  // An edge that returns must not announce its prefix before its flows are here.
  const bool joined = m.joined && (!m.edges.shares || m.edges.mirrored);
  if (joined || (kept && waited_ >= kKeptMost)) return true;
  if (m.link) return waited_ >= 4 * config_.wait;
  if (is_refused(m)) return waited_ >= config_.wait && (kept || !must_give_way());
  switch (m.reach) {
    case Reach::absent:
      return waited_ >= config_.wait;
    case Reach::busy:
      return waited_ >= 4 * config_.wait;
    case Reach::unasked:
    case Reach::refused:
    case Reach::unable:
      break;
  }
  return false;
}

void Group::review_step() {
  if (in_step_ || !ticked_) return;
  in_step_ = std::all_of(members_.begin(), members_.end(), [&](const auto& m) { return may_do_without(*m); });
  for (const auto& m : members_)
    if (in_step_ && !m->joined && (m->link || m->config.direct))
      out_.log.push_back({Severity::warning, "member.absent", m->config.name,
                          fmt::format("this node goes on without group member {}: {}", m->config.name,
                                      m->link ? "its pins do not come" : m->why)});
}

std::string Group::awaited() const {
  if (in_step_) return {};
  const Member* worst = nullptr;  // what only the operator can mend comes first
  const auto rank = [&](const Member& m) { return is_refused(m) ? 3 : m.reach == Reach::unable ? 2 : m.link ? 1 : 0; };
  for (const auto& m : members_)
    if (!may_do_without(*m) && (!worst || rank(*m) > rank(*worst))) worst = m.get();
  if (!worst) return "the group has only just begun";
  const std::string& name = worst->config.name;
  switch (rank(*worst)) {
    case 3:
      return fmt::format("group member {} answers, but is refused: {}", name, worst->why);
    case 2:
      return fmt::format("this machine cannot ask for group member {}: {}", name, worst->why);
    case 1:
      return fmt::format("pins of group member {} are still being fetched", name);
    default:
      return fmt::format("group member {} is waited for", name);
  }
}

}  // namespace waymark::group
