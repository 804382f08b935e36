#include "daemon/key_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace waymark {

namespace {

u64 count_of(const path::KnownKey& key, std::span<const u64> uses) {
  return key.place < uses.size() ? uses[key.place] : 0;
}

}  // namespace

void KeyWatch::follow(const std::vector<path::KnownKey>& keys, std::span<const u64> uses, Time now) {
  std::vector<View> next;
  for (const path::KnownKey& key : keys) {
    const auto known = std::ranges::find_if(views_, [&](const View& v) {
      return v.key.digest == key.digest && v.key.place == key.place && v.key.plan == key.plan;
    });
    next.push_back(known == views_.end() ? View{key, count_of(key, uses), 0, now} : *known);
    next.back().key = key;
  }
  views_ = std::move(next);
}

std::vector<Event> KeyWatch::look(std::span<const u64> uses, u64 unknown, Time now) {
  due_ = now + kEvery;
  for (View& v : views_) {
    const u64 count = count_of(v.key, uses);
    if (count < v.before + v.packets) v.before = v.packets = 0;  // the table was made anew
    if (count > v.before + v.packets) v.seen = now;
    v.packets = count - v.before;
  }
  const u64 before = std::exchange(unknown_before_, unknown).value_or(unknown);
  unknown_ = unknown < before ? 0 : unknown - before;
  if (growing_) unknown_all_ += unknown_;
  if (growing_ == (unknown_ >= kFew)) return {};
  growing_ = !growing_;
  if (!growing_)
    return {{Severity::info, "epoch.known", "path",
             fmt::format("packets name no unknown epochs any more; {} did since it began", unknown_all_)}};
  unknown_all_ = unknown_;
  return {{Severity::warning, "epoch.unknown", "path", unknown_epochs()}};
}

std::string KeyWatch::unknown_epochs() const {
  if (!growing_) return "";
  return fmt::format(
      "{} packets in {} s were refused, as this POP has no key of their epoch: they have addresses of a key that was "
      "retired, or this POP lacks a new one",
      unknown_, kEvery / std::chrono::seconds(1));
}

}  // namespace waymark
