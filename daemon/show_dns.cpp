// What the name server did, and where it listens.
#include <fmt/format.h>

#include "base/address_text.h"
#include "daemon/snapshot.h"

namespace waymark {

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
  add("connections", u64(d.connections));
  add("connections_limit", u64(d.most_connections));
  add("connections_refused", d.refused);
  return rows;
}

}  // namespace waymark
