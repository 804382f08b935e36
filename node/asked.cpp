#include "node/asked.h"

#include <utility>

#include "node/words.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kEvery = 10s;   // the daemon says that it is there
constexpr Duration kPause = 20ms;  // after it no packet reads what was in force before

}  // namespace

std::vector<u64> asked_ways(const path::AskedPlan& plan, const dns::Ways& ways) {
  std::vector<u64> out;
  if (!plan.layout) return out;
  out.reserve(plan.ways());
  for (const u32 from : plan.pops)
    for (const u32 to : plan.columns)
      for (const u32 policy : plan.policies) {
        const auto path = ways.path(from, to, policy);
        out.push_back(path ? path::way_word(plan, *path) : 0);
      }
  return out;
}

std::vector<u64> asked_lost(const PathConfig& path, const dns::Lost& lost) {
  std::vector<u64> out(kLostWords);
  for (const PathServerConfig& server : path.server)
    if (lost.servers.contains(server.id) || lost.pops.contains(server.pop))
      out.at(server.id / 64) |= u64(1) << (server.id % 64);
  return out;
}

void AskedTables::follow(path::AskedPlan plan, std::vector<u64> ways) {
  stopped_ = stopped_ && plan.layout == plan_.layout;
  if (plan.layout != plan_.layout) in_force_ = false;
  plan_ = std::move(plan);
  names_ = plan_.layout ? plan_.names.size() : 0;
  plan_.names.clear();  // they are the configuration's, which may go
  ways_ = std::move(ways);
  changed_ = true;
  due_ = Time{0};
}

void AskedTables::go(std::vector<u64> ways) {
  if (ways.size() != ways_.size()) return;
  ways_ = std::move(ways);
  due_ = Time{0};
}

void AskedTables::lose(std::vector<u64> lost) {
  lost_ = std::move(lost);
  due_ = Time{0};
}

void AskedTables::set_cookies(const SipKey& secret) {
  if (cookies_ == secret) return;
  cookies_ = secret;
  changed_ = true;
  due_ = Time{0};
}

void AskedTables::write(std::span<u64> table, const std::vector<u64>& words) {
  for (std::size_t i = 0; i < words.size() && i < table.size(); ++i) {
    if (table[i] == words[i]) continue;
    store(table[i], words[i]);
    ++written_;
  }
}

// Two heads in turn, so that no packet reads one that is being written.
void AskedTables::put_in_force(u32 ticks, u32 seconds) {
  half_ = !half_;
  live_.path_asked_heads[half_] = {plan_.layout, *cookies_, seconds, 0};
  store(live_.path_asked[0], u64(ticks) << 32 | 2 | u64(half_));
}

void AskedTables::step(Time now, u32 ticks, u32 seconds) {
  if (now < due_) return;
  due_ = Time::max();
  if (live_.path_ways.empty()) return;  // no POP
  if (!plan_.layout) {
    if (std::exchange(changed_, false)) store(live_.path_asked[0], u64(0));
    return;
  }
  if (!cookies_) return;
  due_ = earliest_;
  if (now < earliest_) return;
  if (!in_force_ && !std::exchange(stopped_, true)) {
    const u64 before = live_.path_asked[0];
    half_ = before & 1;
    if (before && live_.path_asked_heads[half_].layout != plan_.layout) {
      store(live_.path_asked[0], u64(0));
      due_ = earliest_ = now + kPause;
      return;
    }
  }
  write(live_.path_ways, ways_);
  write(live_.path_lost, lost_);
  if (!in_force_ || changed_ || now >= again_) {
    put_in_force(ticks, seconds);
    in_force_ = true;
    stopped_ = changed_ = false;
    earliest_ = now + kPause;
    again_ = now + kEvery;
  }
  due_ = again_;
}

}  // namespace waymark
