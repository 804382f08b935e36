// The keys of a POP's tags, and who still uses them, as a table.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/snapshot.h"

namespace waymark {

std::vector<KeyUse> key_uses(const Snapshot& s) {
  std::vector<KeyUse> all;
  for (const KeyWatch::View& v : s.keys) {
    KeyUse use{&v, v.packets, {}, {}, {}};
    if (v.seen) use.seen = s.now - *v.seen;
    if (v.key.place < s.tag_uses.size() && s.tag_uses[v.key.place] > v.before + v.packets) {  // since the last look
      use.packets = s.tag_uses[v.key.place] - v.before;
      use.seen = Duration(0);
    }
    for (const group::MemberView& m : s.group ? s.group->members : std::vector<group::MemberView>()) {
      if (!m.is_pop) continue;
      const auto known = std::ranges::find(m.keys.keys, v.key.digest, &group::PathKey::digest);
      if (known == m.keys.keys.end())
        use.unknown_to.push_back(m.name);
      else if (known->seen)
        use.seen_at.push_back(m.name);
    }
    all.push_back(std::move(use));
  }
  return all;
}

Rows show_keys(const Snapshot& s, const std::optional<ClientsByEpoch>& clients) {
  Rows rows{{"plan", "epoch", "new_addresses", "packets", "since_seconds", "seen_seconds", "clients", "unknown_to",
             "seen_at", "digest"},
            {}};
  const auto seconds = [](Duration time) { return Value(u64(time / std::chrono::seconds(1))); };
  const auto names = [](const std::vector<std::string>& all) {
    return Value(all.empty() ? std::string("-") : fmt::format("{}", fmt::join(all, ", ")));
  };
  for (const KeyUse& use : key_uses(s)) {
    const path::KnownKey& key = use.view->key;
    Value given = std::string("-");
    if (clients && s.config->path && key.plan == s.config->path->clients) {
      const auto found = clients->find(key.epoch);
      given = found == clients->end() ? u64(0) : found->second;
    }
    rows.rows.push_back({key.plan, u64(key.epoch), std::string(key.makes ? "yes" : "no"), use.packets,
                         seconds(s.now - use.view->since), use.seen ? seconds(*use.seen) : Value(std::string("-")),
                         given, names(use.unknown_to), names(use.seen_at), fmt::format("{:016x}", key.digest)});
  }
  return rows;
}

}  // namespace waymark
