// Metrics of servers that register.
#include "daemon/metric_family.h"
#include "daemon/snapshot.h"

namespace waymark {

void add_agents(std::string& out, const Snapshot& s) {
  if (!s.registrations.empty()) {
    Family bound(out, "waymark_registration_bound", "gauge",
                 "1 where the service of this node is registered with the director.");
    for (const agents::RegistrationView& r : s.registrations)
      bound.sample({{"director", r.director}, {"service", r.service}}, r.standing == agents::Standing::bound);
  }
  if (!s.agents) return;
  const agents::RegistrarCounters& c = s.agents->counters;
  Family(out, "waymark_bindings", "gauge", "Servers that are registered here, once for each service.")
      .sample({}, c.bindings);
  Family(out, "waymark_binding_messages_total", "counter", "Datagrams that came to [agents] listen.")
      .sample({}, c.received);
  Family(out, "waymark_binding_updates_total", "counter", "Binding Updates that were accepted.").sample({}, c.accepted);
  Family refused(out, "waymark_binding_refused_total", "counter", "Messages that were refused or dropped, by reason.");
  for (std::size_t i = 0; i < c.refused.size(); ++i)
    refused.sample({{"reason", std::string(agents::name_of(agents::Refused(i)))}}, c.refused[i]);
  Family weight(out, "waymark_binding_weight", "gauge", "The weight that a binding's target has by its load.");
  for (const agents::BindingView& b : s.agents->bindings)
    weight.sample({{"service", b.target.service}, {"target", b.target.name}}, b.target.weight);
}

}  // namespace waymark
