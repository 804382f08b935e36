// An edge's flows as a table.
#include <fmt/format.h>

#include "base/address_text.h"
#include "daemon/snapshot.h"

namespace waymark {

namespace {

std::string end_text(const Address& address, u16 port, bool has_port) {
  if (!has_port) return text(address);
  return is_ip4(address) ? fmt::format("{}:{}", text(address), port) : fmt::format("[{}]:{}", text(address), port);
}

std::string text_or_none(const std::optional<Address>& address) { return address ? text(*address) : "-"; }

Result<u32> find_service(const Snapshot& s, const std::string& name) {
  if (s.config->edge)
    for (u32 i = 0; i < s.config->edge->service.size(); ++i)
      if (s.config->edge->service[i].name == name) return i;
  return Error{fmt::format("no service of [edge] is called \"{}\"", name)};
}

}  // namespace

Result<Rows> show_edge(const Snapshot& s, const Show& show) {
  Rows rows{{"service", "protocol", "client", "anycast", "own_address", "server", "stage", "idle_seconds"}, {}};
  EdgeFlowFilter filter{{}, show.address, show.count};
  if (!show.service.empty()) {
    const Result<u32> service = find_service(s, show.service);
    if (!service) return service.error();
    filter.service = *service;
  }
  if (!s.list_edge_flows || !s.config->edge) return rows;
  const std::vector<EdgeServiceConfig>& services = s.config->edge->service;
  for (const EdgeFlowSeen& f : s.list_edge_flows(filter)) {
    const bool ports = f.protocol != kProtoIcmp6 && f.protocol != kProtoIcmp4;
    rows.rows.push_back({f.service && *f.service < services.size() ? services[*f.service].name : "-",
                         protocol_text(f.protocol), end_text(f.client, f.client_port, true),
                         f.anycast ? end_text(*f.anycast, f.port, ports) : "-",
                         end_text(f.own, f.own_port, is_ip4(f.own)), text_or_none(f.server),
                         std::string(name_of(f.stage)), u64(f.idle_seconds)});
  }
  return rows;
}

}  // namespace waymark
