#include "group/holdings.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace waymark::group {

namespace {

auto order(const Assignment& a) { return std::tie(a.version, a.origin, a.member); }

std::string text_of(const char* chars, std::size_t most) { return std::string(chars, strnlen(chars, most)); }

template <std::size_t N>
void put(char (&to)[N], const std::string& text) {
  std::fill(std::begin(to), std::end(to), '\0');
  std::copy_n(text.begin(), std::min(text.size(), N - 1), to);
}

const Claim* claim_of(const Peer& peer, const std::string& thing) {
  const auto found = peer.claims.find(thing);
  return found == peer.claims.end() ? nullptr : &found->second;
}

}  // namespace

Holdings::Holdings(std::string own_name, std::span<const HeldRecord> found) : own_name_(std::move(own_name)) {
  for (const HeldRecord& record : found) {
    if (!record.name[0]) continue;
    const std::string name = text_of(record.name, sizeof record.name);
    if (record.version)
      assignments_[name] = {name, text_of(record.member, sizeof record.member), record.version, record.origin};
    if (record.held != kHeldAsOwn) found_[name] = record.held == kHeldHere;
  }
}

Holds Holdings::plan(const std::vector<Holding>& things) const {
  Holds holds;
  for (const Holding& thing : things) {
    Hold& hold = holds[thing.name];
    const Assignment* given = assignment(thing.name);
    const bool may_keep = thing.own || thing.stands_in || (given && given->member == own_name_);
    if (const auto known = held_.find(thing.name); known != held_.end()) {
      hold = decide(thing);
      if (hold != Hold::no && !may_keep) hold = Hold::no;  // the file says that it ends
    } else if (const auto before = found_.find(thing.name); before != found_.end()) {
      hold = before->second && may_keep ? Hold::yes : Hold::no;
    } else {
      hold = thing.own ? Hold::yes : Hold::no;
    }
  }
  return holds;
}

void Holdings::in_force(std::vector<Holding> things, const Holds& holds, Time now) {
  found_.clear();
  std::map<std::string, Time> since;
  for (const auto& [name, hold] : holds) {
    const auto before = held_.find(name);
    since[name] = before != held_.end() && before->second == hold ? since_[name] : now;
  }
  since_ = std::move(since);
  things_ = std::move(things);
  held_ = wanted_ = holds;
  now_ = now;
  review(std::move(peers_), in_step_, now);
}

bool Holdings::review(std::vector<Peer> peers, bool in_step, Time now) {
  peers_ = std::move(peers);
  in_step_ = in_step;
  now_ = now;
  due_ = Time::max();
  Holds wanted;
  for (const Holding& thing : things_) {
    const Hold hold = wanted[thing.name] = decide(thing);
    if (hold == Hold::leaving) due_ = std::min(due_, since_.at(thing.name) + kLinger);
  }
  if (!things_.empty())
    for (const Peer& p : peers_)
      if (!p.up && p.lost && is_present(p)) due_ = std::min(due_, *p.lost + kLostFor);
  if (wanted == wanted_) return false;
  wanted_ = std::move(wanted);
  return true;
}

const Assignment* Holdings::assignment(const std::string& thing) const {
  const auto found = assignments_.find(thing);
  return found == assignments_.end() ? nullptr : &found->second;
}

bool Holdings::is_present(const Peer& p) const { return p.up || (p.lost && now_ < *p.lost + kLostFor); }

const Peer* Holdings::peer(const std::string& name) const {
  const auto found = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& p) { return p.name == name; });
  return found == peers_.end() ? nullptr : &*found;
}

Holdings::Whose Holdings::whose(const Holding& thing) const {
  if (const Assignment* given = assignment(thing.name); given && !given->member.empty()) {
    const Peer* to = peer(given->member);
    if (given->member == own_name_ || (to && is_present(*to) && claim_of(*to, thing.name)))
      return {{given->member}, false, "an operator gave it to " + given->member};
  }
  std::vector<std::string> own, stand_in;
  if (thing.own) own.push_back(own_name_);
  // Who has just begun does not know yet who is lost.
  const auto has = held_.find(thing.name);
  if (thing.stands_in && (in_step_ || (has != held_.end() && has->second == Hold::yes))) stand_in.push_back(own_name_);
  for (const Peer& p : peers_) {
    const Claim* claim = is_present(p) ? claim_of(p, thing.name) : nullptr;
    if (claim && claim->own) own.push_back(p.name);
    if (claim && claim->stands_in) stand_in.push_back(p.name);
  }
  if (!own.empty()) return {own, false, fmt::format("by its file it is {}'s", own[0])};
  if (stand_in.empty()) return {{}, false, "no member that is there would have it"};
  const std::string& first = *std::min_element(stand_in.begin(), stand_in.end());
  return {{first}, true, fmt::format("{} stands in, as no member is there whose it is by its file", first)};
}

Hold Holdings::decide(const Holding& thing) const {
  const auto has = held_.find(thing.name);
  const Hold hold = has == held_.end() ? Hold::no : has->second;
  const Whose whose_is = whose(thing);
  const std::vector<std::string>& members = whose_is.members;
  if (std::find(members.begin(), members.end(), own_name_) != members.end()) return Hold::yes;
  if (hold == Hold::no) return Hold::no;
  const bool is_done = std::any_of(members.begin(), members.end(), [&](const std::string& name) {
    const Peer* p = peer(name);
    const Claim* claim = p ? claim_of(*p, thing.name) : nullptr;
    return p && p->up && p->ready && claim && claim->held;
  });
  if (!is_done) return Hold::yes;
  if (hold == Hold::leaving && now_ >= since_.at(thing.name) + kLinger) return Hold::no;
  return Hold::leaving;
}

Status Holdings::know(const std::string& thing) const {
  if (std::any_of(things_.begin(), things_.end(), [&](const Holding& h) { return h.name == thing; })) return Done{};
  return Error{fmt::format("the configuration has no {} that a member of a group could hold", thing)};
}

Status Holdings::assign(const std::string& thing, const std::string& member) {
  if (!assignments_.contains(thing) && assignments_.size() >= kMaxHeld)
    return Error{fmt::format("operators have decided about {} things; there is room for no more", kMaxHeld)};
  u64 latest = 0;
  for (const auto& [name, known] : assignments_) latest = std::max(latest, known.version);
  assignments_[thing] = {thing, member, latest + 1, origin_of(own_name_)};
  return Done{};
}

Status Holdings::take(const std::string& thing) {
  WM_TRY(know(thing));
  return assign(thing, own_name_);
}

Status Holdings::give(const std::string& thing, const std::string& member) {
  WM_TRY(know(thing));
  if (held_.at(thing) == Hold::no) return Error{fmt::format("{} is not held here", thing)};
  if (member == own_name_) return Error{fmt::format("{} is this node itself; `take` is what keeps it here", member)};
  if (!member.empty()) {
    const Peer* to = peer(member);
    if (!to) return Error{fmt::format("no member of the group is called \"{}\"", member)};
    if (!to->up) return Error{fmt::format("member {} is not connected", member)};
    if (!claim_of(*to, thing)) return Error{fmt::format("the file of member {} has no {}", member, thing)};
    return assign(thing, member);
  }
  const Holding& of = *std::find_if(things_.begin(), things_.end(), [&](const Holding& h) { return h.name == thing; });
  std::vector<std::string> would;
  for (const Peer& p : peers_) {
    const Claim* claim = p.up ? claim_of(p, thing) : nullptr;
    if (claim && claim->own && !of.own) return assign(thing, "");  // as the files say
    if (claim && claim->stands_in) would.push_back(p.name);
  }
  if (would.empty())
    return Error{fmt::format("no member that is connected would have {} by its file: name one", thing)};
  return assign(thing, *std::min_element(would.begin(), would.end()));
}

bool Holdings::merge(const std::vector<Assignment>& records) {
  bool news = false;
  for (const Assignment& record : records) {
    const Assignment* known = assignment(record.thing);
    if (known ? order(record) <= order(*known) : assignments_.size() >= kMaxHeld) continue;
    assignments_[record.thing] = record;
    news = true;
  }
  return news;
}

std::vector<Assignment> Holdings::assignments() const {
  std::vector<Assignment> all;
  for (const auto& [name, known] : assignments_) all.push_back(known);
  return all;
}

std::vector<Claim> Holdings::claims() const {
  std::vector<Claim> all;
  for (const Holding& thing : things_)
    all.push_back({thing.name, true, thing.own, thing.stands_in, held_.at(thing.name) == Hold::yes});
  return all;
}

// What does not stand in the table is as it would be without any group.
void Holdings::save(std::span<HeldRecord> table) const {
  std::map<std::string, HeldRecord> records;
  for (const auto& [name, known] : assignments_) {
    HeldRecord& record = records[name];
    put(record.member, known.member);
    record.version = known.version;
    record.origin = known.origin;
  }
  for (const Holding& thing : things_)
    if (const bool held = held_.at(thing.name) != Hold::no; held != thing.own)
      records[thing.name].held = held ? kHeldHere : kHeldElsewhere;
  auto at = table.begin();
  for (auto& [name, record] : records) {
    if (at == table.end()) break;
    put(record.name, name);
    *at++ = record;
  }
  std::fill(at, table.end(), HeldRecord{});
}

std::vector<HoldingView> Holdings::views() const {
  std::vector<HoldingView> all;
  for (const Holding& thing : things_) {
    const Assignment* given = assignment(thing.name);
    const Whose of = whose(thing);
    const Hold hold = held_.at(thing.name);
    HoldingView view{thing,
                     hold,
                     {},
                     given ? given->member : "",
                     hold == Hold::yes && of.stand_in && of.members[0] == own_name_,
                     of.why,
                     since_.at(thing.name)};
    for (const Peer& p : peers_)
      if (const Claim* claim = p.up ? claim_of(p, thing.name) : nullptr; claim && claim->held)
        view.others.push_back(p.name);
    all.push_back(std::move(view));
  }
  return all;
}

}  // namespace waymark::group
