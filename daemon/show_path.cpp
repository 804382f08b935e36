// A POP's policies, and ids that are revoked, as tables.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/address_text.h"
#include "config/kinds.h"
#include "daemon/snapshot.h"
#include "roles/path/packet_policy.h"
#include "roles/path/revoked.h"

namespace waymark {

std::vector<PolicyTraffic> policy_traffic(const Snapshot& s) {
  std::vector<PolicyTraffic> all;
  if (!s.config->path) return all;
  for (const PathPolicyConfig& policy : s.config->path->policy)
    for (const path::Towards way : {path::Towards::server, path::Towards::client}) {
      const u32 at = path::traffic_at(policy.index, u32(way));
      all.push_back({&policy, way == path::Towards::server ? "servers" : "clients",
                     at < s.path_traffic.size() ? s.path_traffic[at] : PathTraffic{}});
    }
  return all;
}

Rows show_path(const Snapshot& s) {
  Rows rows{{"policy", "index", "towards", "rate", "packets", "bytes", "over_rate"}, {}};
  for (const PolicyTraffic& t : policy_traffic(s))
    rows.rows.push_back({t.policy->name, u64(t.policy->index), std::string(t.towards),
                         t.policy->rate ? config::rate_text(t.policy->rate) : "-", u64(t.counted.packets),
                         u64(t.counted.bytes), u64(t.counted.over)});
  return rows;
}

Rows show_pops(const Snapshot& s) {
  Rows rows{{"pop", "address", "state", "since_seconds", "round_trip_us", "interval_ms", "asked", "answered", "why"},
            {}};
  for (const Watch::View& v : s.pops) {
    const auto whole = [](Duration d, Duration unit) { return u64(d / unit); };
    rows.rows.push_back(
        {u64(v.pop), text(v.address), std::string(name_of(v.state)), whole(s.now - v.since, std::chrono::seconds(1)),
         v.round_trip ? Value(whole(*v.round_trip, std::chrono::microseconds(1))) : Value(std::string("-")),
         whole(v.interval, std::chrono::milliseconds(1)), v.asked, v.answered, v.why});
  }
  return rows;
}

Rows show_revoked(const Snapshot& s, u32 most) {
  Rows rows{{"id", "by", "until"}, {}};
  if (!s.list_revoked) return rows;
  for (const Revocation& r : s.list_revoked()) {
    if (rows.rows.size() >= most) break;
    const bool decided = r.decided == kRevoked;
    rows.rows.push_back(
        {path::revoked_id_text(r.word),
         std::string(!r.listed ? "decision"
                     : decided ? "file, decision"
                               : "file"),
         !r.listed && r.until ? fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time_t(r.until))) : "-"});
  }
  return rows;
}

}  // namespace waymark
