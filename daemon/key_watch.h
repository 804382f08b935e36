// Which keys of a POP's tags packets still have (docs/paths.md, "Tags"): counted by the packet path, looked at now and
// then. Each key's count begins when this process first knew the key.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/time.h"
#include "roles/path/keys.h"

namespace waymark {

class KeyWatch {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(10);
  static constexpr Duration kLately = std::chrono::minutes(10);  // a key that was seen within is in use
  static constexpr u64 kFew = 10;                                // packets of unknown epochs in kEvery that are no news

  struct View {
    path::KnownKey key;
    u64 before = 0;   // what its counter stood at when counting began
    u64 packets = 0;  // since, as of the last look
    Time since{0};
    std::optional<Time> seen = {};  // when a look found more than the one before
  };

  // The keys in force from now on. `uses`: table::tag_uses, as in look().
  void follow(const std::vector<path::KnownKey>& keys, std::span<const u64> uses, Time now);

  // To be called once in kEvery. `unknown`: of path.unknown_epoch, all that were counted.
  std::vector<Event> look(std::span<const u64> uses, u64 unknown, Time now);
  Time deadline() const { return due_; }

  const std::vector<View>& views() const { return views_; }
  static bool lately(const View& view, Time now) { return view.seen && now - *view.seen < kLately; }
  std::string unknown_epochs() const;  // a sentence while packets of unknown epochs come, or ""

 private:
  std::vector<View> views_;
  Time due_{0};
  std::optional<u64> unknown_before_;
  u64 unknown_ = 0, unknown_all_ = 0;  // in the last kEvery, and since it began
  bool growing_ = false;
};

}  // namespace waymark
