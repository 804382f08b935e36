// Servers that register: their targets are the pools' as data, and what they do is told like all else.
#include "node/control.h"
#include "node/services.h"

namespace waymark {

Status Control::configure_agents(const Config& config, const AgentKeys& keys, Time now) {
  WM_TRY(agents_.configure(config, keys, now));
  for (const Health::View& view : health_.views())
    if (view.target.empty()) agents_.set_well(view.service, view.state == Wellness::up, now);
  events_.tell(agents_.take_events());
  return Done{};
}

Services Control::serves_of(const Config& config) const {
  Services serves = services_of(config);
  agents_.join(serves, config);
  return serves;
}

std::optional<agents::Datagram> Control::registration(const Address& from, u16 port, const Address& to,
                                                      std::span<const u8> bytes, Time now) {
  return agents_.registrar() ? agents_.registrar()->received(from, port, to, bytes, now) : std::nullopt;
}

std::optional<agents::Datagram> Control::from_director(const Address& from, u16 port, const Address& to,
                                                       std::span<const u8> bytes, Time now) {
  return agents_.registrant() ? agents_.registrant()->received(from, port, to, bytes, now) : std::nullopt;
}

// Where a configuration is on its way into force, what registered meanwhile follows after it.
void Control::follow_registrations(Time now) {
  events_.tell(agents_.take_events());
  if (!committed_ || agents_.changes() == registered_seen_) return;
  if (node_.drafting()) return;
  const u64 changes = agents_.changes();
  const Status done = node_.repool(serves_of(node_.config()), now);
  registered_seen_ = changes;
  if (!done)
    return events_.tell(
        {Severity::warning, "binding.refused", "", "no target for who registered: " + done.error().sentence});
  health_.configure(Health::plan(node_.serves(), local_subjects_of(node_.config())), now);
  for (const auto& [service, live] : node_.live_services()) set_live(service, live);
  repooled_ = true;
}

}  // namespace waymark
