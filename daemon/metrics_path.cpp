// What a POP measures: other POPs, policies, keys.
#include <fmt/format.h>

#include "daemon/metric_family.h"
#include "roles/path/digest.h"

namespace waymark {

void add_path_metrics(std::string& out, const Snapshot& s) {
  if (!s.revoked) return;
  Family(out, "waymark_path_revoked", "gauge", "Ids that are revoked.").sample({}, s.revoked->in_force);
  Family(out, "waymark_path_revoked_capacity", "gauge", "Ids that there is room for.").sample({}, s.revoked->room);
  Family up(out, "waymark_pop_up", "gauge", "1 where another POP answers that it is up, 0 where it is silent.");
  for (const Watch::View& v : s.pops)
    if (v.state != Watch::State::unknown) up.sample({{"pop", std::to_string(v.pop)}}, v.state == Watch::State::up);
  Family trips(out, "waymark_pop_round_trip_microseconds", "gauge", "How long another POP takes to answer, smoothed.");
  for (const Watch::View& v : s.pops)
    if (v.round_trip) trips.sample({{"pop", std::to_string(v.pop)}}, u64(*v.round_trip / std::chrono::microseconds(1)));
  Family asked(out, "waymark_pop_questions_total", "counter", "Questions to another POP whether it is up.");
  for (const Watch::View& v : s.pops) asked.sample({{"pop", std::to_string(v.pop)}}, v.asked);
  Family answered(out, "waymark_pop_answers_total", "counter", "Answers of another POP.");
  for (const Watch::View& v : s.pops) answered.sample({{"pop", std::to_string(v.pop)}}, v.answered);
  Family(out, "waymark_path_pops_down", "gauge", "POPs that paths of new answers do without.")
      .sample({}, s.wan.down.pops.size());
  Family(out, "waymark_path_links_down", "gauge", "Links that paths of new answers do without, each way counted once.")
      .sample({}, s.wan.down.links.size());
  Family digests(out, "waymark_path_digest", "gauge",
                 "Always 1; of what POPs must have alike, by part of the file. Where POPs' digests differ, one lags.");
  const path::SharedDigest shared = path::shared_digest(*s.config);
  for (const path::DigestPart& part : path::kDigestParts)
    digests.sample({{"part", part.name}, {"digest", fmt::format("{:016x}", shared.*part.value)}}, 1);
  const std::vector<KeyUse> keys = key_uses(s);
  const auto each = [&](const char* name, const char* type, const char* help, auto value) {
    Family family(out, name, type, help);
    for (const KeyUse& use : keys)
      family.sample({{"plan", use.view->key.plan}, {"epoch", std::to_string(use.view->key.epoch)}}, value(use));
  };
  each("waymark_path_key_packets_total", "counter",
       "Packets whose tag was found good by the key of an epoch, since the daemon knows the key.",
       [](const KeyUse& use) { return use.packets; });
  each("waymark_path_key_makes_addresses", "gauge", "1 where new addresses are made by the key.",
       [](const KeyUse& use) { return u64(use.view->key.makes); });
  each("waymark_path_key_unknown_to", "gauge",
       "POPs of the group, as far as is known of them, that do not know the key.",
       [](const KeyUse& use) { return u64(use.unknown_to.size()); });
  struct Column {
    const char *name, *help;
    u64 PathTraffic::*value;
  };
  static constexpr Column kColumns[] = {
      {"waymark_path_policy_packets_total", "Packets within the policy's rate, where it has one.",
       &PathTraffic::packets},
      {"waymark_path_policy_bytes_total", "Bytes of these IP packets.", &PathTraffic::bytes},
      {"waymark_path_policy_over_rate_total", "Packets that were dropped, as they were beyond the policy's rate.",
       &PathTraffic::over}};
  const std::vector<PolicyTraffic> all = policy_traffic(s);
  for (const Column& column : kColumns) {
    Family family(out, column.name, "counter", column.help);
    for (const PolicyTraffic& t : all)
      if (t.policy->rate) family.sample({{"policy", t.policy->name}, {"towards", t.towards}}, t.counted.*column.value);
  }
}

}  // namespace waymark
