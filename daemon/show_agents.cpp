// Servers that register: what is bound here, who may bind, and where this node's own services are bound.
#include <algorithm>

#include "base/address_text.h"
#include "daemon/snapshot.h"

namespace waymark {

namespace {

Value in_use(u32 used, u32 most) {
  return most ? Value(std::to_string(used) + "/" + std::to_string(most)) : Value(std::string("-"));
}

}  // namespace

Rows show_bindings(const Snapshot& s) {
  Rows rows{{"service", "target", "agent", "care_of", "state", "weight", "lifetime", "left", "sessions", "capacity",
             "priority", "refused"},
            {}};
  if (!s.agents) return rows;
  for (const agents::BindingView& b : s.agents->bindings)
    rows.rows.push_back({b.target.service, b.target.name, b.identity, text(b.target.care_of),
                         std::string(agents::text(b.target.state)), u64(b.target.weight), u64(b.lifetime),
                         u64(b.seconds_left), b.load ? in_use(b.load->sessions_in_use, b.load->most_sessions) : "-",
                         b.load ? in_use(b.load->used_capacity, b.load->most_capacity) : "-",
                         b.load ? Value(u64(b.load->priority)) : Value(std::string("-")), b.last_refusal});
  return rows;
}

Rows show_agents(const Snapshot& s) {
  Rows rows{{"agent", "bindings", "accepted", "refused", "last_refusal"}, {}};
  if (!s.agents) return rows;
  for (const agents::PeerView& p : s.agents->peers) {
    u64 refused = 0;
    for (const u64 count : p.refused) refused += count;
    rows.rows.push_back({p.identity, u64(p.bindings), p.accepted, refused, p.last_refusal});
  }
  return rows;
}

Rows show_registrations(const Snapshot& s) {
  Rows rows{{"director", "service", "state", "lifetime", "left", "sent", "acknowledged", "why"}, {}};
  for (const agents::RegistrationView& r : s.registrations)
    rows.rows.push_back({r.director, r.service, std::string(agents::text(r.standing)), u64(r.lifetime),
                         u64(r.seconds_left), r.sent, r.acknowledged, r.why});
  return rows;
}

}  // namespace waymark
