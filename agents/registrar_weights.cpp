// Weights of targets: of what servers say of their load, within what rules allow them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "agents/registrar_state.h"

namespace waymark::agents {

// A member whose share is limited counts as no larger than that of the sum, whatever it says of itself: else one that
// lies would make all others look alike, and small.
Largest Registrar::State::largest_of(const Service& service) const {
  std::vector<Part> sessions, capacity;
  for (const auto& [identity, registration] : service.registrations) {
    u32 share = 0;
    for (const auto& [id, binding] : registration.bindings)
      if (binding.live()) share = share ? std::min(share, binding.share) : binding.share;
    if (!share || !registration.load) continue;
    sessions.push_back({double(registration.load->most_sessions), share});
    capacity.push_back({double(registration.load->most_capacity), share});
  }
  limit_shares(sessions);
  limit_shares(capacity);
  Largest largest;
  for (const Part& part : sessions) largest.sessions = std::max(largest.sessions, u32(part.weight));
  for (const Part& part : capacity) largest.capacity = std::max(largest.capacity, u32(part.weight));
  return largest;
}

bool Registrar::State::publish(Service& service, bool told) {
  std::vector<Part> parts;
  std::vector<std::pair<Registration*, u32>> of;  // and its bindings that take new flows
  for (auto& [identity, registration] : service.registrations) {
    u32 takers = 0, share = 100;
    for (const auto& [id, binding] : registration.bindings) {
      if (binding.state != BindingState::bound && binding.state != BindingState::stale) continue;
      ++takers;
      share = std::min(share, binding.share);
    }
    if (registration.bindings.empty()) continue;
    of.emplace_back(&registration, takers);
    parts.push_back({takers ? registration.weight.weight() : 0., share});
  }
  limit_shares(parts);
  bool is_other = false;
  for (size_t i = 0; i < parts.size(); ++i)
    for (auto& [id, binding] : of[i].first->bindings) {
      const bool takes = binding.state == BindingState::bound || binding.state == BindingState::stale;
      const double part = takes ? parts[i].weight / of[i].second : 0;
      const u32 weight = part > 0 ? u32(std::clamp(std::lround(part), 1l, long(kMostWeight))) : 0;
      if (weight == binding.weight) continue;
      if (told)
        tell(Severity::info, "binding.weight", subject(binding),
             fmt::format("the weight of {} is {} instead of {}, by load", subject(binding), weight, binding.weight));
      binding.weight = weight;
      is_other = true;
    }
  return is_other;
}

void Registrar::State::settle(Service& service) {
  if (!service.unsettled) return;
  service.unsettled = false;
  const Largest largest = largest_of(service);
  for (auto& [identity, registration] : service.registrations)
    if (!std::exchange(registration.weighed, true)) registration.weight.set(weight_of(registration.load, largest));
  publish(service, false);
}

void Registrar::State::follow_load(Time now) {
  if (loaded.empty() || (load_followed && now - *load_followed < std::chrono::seconds(1))) return;
  load_followed = now;
  for (auto name = loaded.begin(); name != loaded.end();) {
    Service& service = services.at(*name);
    settle(service);
    const Largest largest = largest_of(service);
    bool moved = false, moves = false;
    for (auto& [identity, registration] : service.registrations) {
      const u32 wanted = weight_of(registration.load, largest);
      moved |= registration.weight.offer(wanted, now);
      moves |= registration.weight.moves(wanted);
    }
    if (moved && publish(service, true)) ++changes;
    name = moves ? std::next(name) : loaded.erase(name);
  }
}

}  // namespace waymark::agents
