#include "node/wan.h"

#include <algorithm>

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kMeasureEvery = 5s;
constexpr Duration kLeastNews = 100us;  // of a round trip
constexpr u32 kLeastLost = 25;          // of 10,000

bool is_news(const paths::Seen& told, const paths::Seen& now) {
  if (told.round_trip.has_value() != now.round_trip.has_value()) return true;
  const Duration trip = told.round_trip.value_or(0ns);
  if (std::chrono::abs(now.round_trip.value_or(0ns) - trip) >= std::max(kLeastNews, trip / 8)) return true;
  const u32 more = std::max(told.lost, now.lost) - std::min(told.lost, now.lost);
  return more >= std::max(kLeastLost, told.lost / 8);
}

paths::Sight sight_of(Watch::State state) {
  if (state == Watch::State::up) return paths::Sight::up;
  return state == Watch::State::silent ? paths::Sight::silent : paths::Sight::unknown;
}

// Of several nodes of one POP: who hears something is right, and the nearest measured best.
void add(paths::Seen& known, const paths::Seen& more) {
  const bool better = more.sight == paths::Sight::up || known.sight == paths::Sight::unknown;
  if (better && more.sight != paths::Sight::unknown) known.sight = more.sight;
  if (!more.round_trip || (known.round_trip && *known.round_trip <= *more.round_trip)) return;
  known.round_trip = more.round_trip;
  known.lost = more.lost;
}

}  // namespace

void Wan::configure(const Config& config) {
  own_ = config.path ? config.path->id : 0;
  pops_.clear();
  if (config.path)
    for (const PathPopConfig& pop : config.path->pop) pops_.push_back(pop.id);
  std::ranges::sort(pops_);
  const auto gone = [&](const auto& one) { return !knows(one.first); };
  std::erase_if(seen_, [&](const auto& one) { return !knows({own_, one.first}); });
  std::erase_if(heard_, gone);
  changes_ += std::erase_if(sights_, gone);
  next_measure_ = Time(0);
}

bool Wan::knows(const group::PopPair& pair) const {
  return std::ranges::binary_search(pops_, pair.first) && std::ranges::binary_search(pops_, pair.second);
}

void Wan::look(const std::vector<Watch::View>& seen, Time now) {
  if (!own_) return;
  const bool measures = now >= next_measure_;
  if (measures) next_measure_ = now + kMeasureEvery;
  std::map<u32, paths::Seen> before;
  before.swap(seen_);
  for (const Watch::View& view : seen) {
    const paths::Seen after = {sight_of(view.state), view.round_trip, view.lost};
    const auto had = before.find(view.pop);
    const bool is_new = had == before.end();
    paths::Seen& told = seen_[view.pop] = is_new ? paths::Seen() : had->second;
    if (!is_new) before.erase(had);
    if (!is_new && !(measures && is_news(told, after)) && told.sight == after.sight) continue;
    told = after;
    merge({own_, view.pop});
  }
  for (const auto& [pop, told] : before) merge({own_, pop});  // those are watched no more
}

void Wan::hear(const group::PopPair& pair, const std::vector<group::PopView>& views) {
  if (!knows(pair)) return;
  heard_.erase(pair);
  for (const group::PopView& view : views) {
    paths::Seen seen = {paths::Sight(view.sight), {}, view.lost};
    if (view.round_trip) seen.round_trip = std::chrono::microseconds(view.round_trip);
    add(heard_[pair], seen);
  }
  merge(pair);
}

std::vector<group::PopView> Wan::told() const {
  std::vector<group::PopView> all;
  for (const auto& [pop, seen] : seen_) {
    const auto trip = seen.round_trip ? *seen.round_trip / 1us : 0;
    all.push_back({own_, pop, u8(seen.sight), u32(std::clamp<std::int64_t>(trip, seen.round_trip ? 1 : 0, 1ll << 31)),
                   seen.lost});
  }
  return all;
}

void Wan::merge(const group::PopPair& pair) {
  const auto known = sights_.find(pair);
  paths::Seen now;
  if (const auto own = seen_.find(pair.second); pair.first == own_ && own != seen_.end()) add(now, own->second);
  if (const auto heard = heard_.find(pair); heard != heard_.end()) add(now, heard->second);
  if (!now.round_trip && known != sights_.end()) {
    now.round_trip = known->second.round_trip;
    now.lost = known->second.lost;
  }
  if (known == sights_.end() ? now == paths::Seen() : now == known->second) return;
  sights_.insert_or_assign(pair, now);
  ++changes_;
}

}  // namespace waymark
