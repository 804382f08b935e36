// What the name server did, and where it listens.
#include <fmt/format.h>

#include "base/address_text.h"
#include "daemon/snapshot.h"
#include "roles/path/reasons.h"
#include "roles/role.h"

namespace waymark {

namespace {

constexpr std::string_view kAnswered = "path.answered", kPassed = "path.ask_";

}  // namespace

std::vector<std::pair<std::string, u64>> questions_in_xdp(const Snapshot& s) {
  std::vector<std::pair<std::string, u64>> all;
  for (const ReasonText& reason : path::kReasonTexts) {
    const std::string_view name = reason.name;
    if (name == kAnswered) all.emplace_back("answered", s.counters.reasons[reason.verdict.reason]);
    if (name.starts_with(kPassed))
      all.emplace_back("passed_" + std::string(name.substr(kPassed.size())), s.counters.reasons[reason.verdict.reason]);
  }
  return all;
}

// Without [dns] there is nothing to be told.
Rows show_dns(const Snapshot& s) {
  Rows rows{{"item", "value"}, {}};
  if (!s.dns) return rows;
  const DnsView& d = *s.dns;
  const auto add = [&](std::string item, Value value) { rows.rows.push_back({std::move(item), std::move(value)}); };
  for (const EndpointView& e : d.listen)
    add(fmt::format("listen {}", text(e.address)), e.listens ? fmt::format("port {}", e.port) : e.why);
  if (s.config->dns) {
    add("zones", u64(s.config->dns->zone.size()));
    add("names", u64(s.config->dns->name.size()));
  }
  for (const u32 id : d.lost.pops) add(fmt::format("POP {}", id), std::string("lost: other POPs' servers go first"));
  for (const u32 id : d.lost.servers) add(fmt::format("server {}", id), std::string("lost: other servers go first"));
  for (std::size_t i = 0; i < dns::kOutcomes; ++i)
    add(fmt::format("questions_{}", dns::name_of(dns::Outcome(i))), d.outcomes[i]);
  for (std::size_t i = 0; i < dns::kLimited; ++i)
    add(fmt::format("limited_{}", dns::name_of(dns::Limited(i))), d.limited[i]);
  for (std::size_t i = 0; i < dns::kCookies; ++i)
    add(fmt::format("cookie_{}", dns::name_of(dns::Cookies(i))), d.cookies[i]);
  add("answers_unsent", d.untaken);
  if (s.asked) {
    add("xdp", s.asked->answers ? fmt::format("answers clients' questions for {}", counted(s.asked->names, "name"))
                                : std::string("the daemon answers all questions"));
    for (const std::string& left : s.asked->left) add("xdp_left", left);
    for (auto& [what, count] : questions_in_xdp(s)) add("xdp_" + what, count);
  }
  add("connections", u64(d.connections));
  add("connections_limit", u64(d.most_connections));
  add("connections_refused", d.refused);
  return rows;
}

}  // namespace waymark
