// What a Registrar tells of itself, and what it takes from the one before.
#include <algorithm>

#include "agents/registrar_state.h"

namespace waymark::agents {

using namespace signalling;

namespace {

Duration left_of(Time end, Time now) { return std::max(end - now, Duration(0)); }

void by_name(std::vector<RegisteredTarget>::iterator from, std::vector<RegisteredTarget>::iterator to) {
  std::sort(from, to, [](const auto& a, const auto& b) { return a.name < b.name; });
}

}  // namespace

std::vector<RegisteredTarget> Registrar::targets(std::string_view service) const {
  std::vector<RegisteredTarget> out;
  const auto found = state_->services.find(std::string(service));
  if (found == state_->services.end()) return out;
  state_->settle(found->second);
  for (const auto& [identity, registration] : found->second.registrations)
    for (const auto& [id, b] : registration.bindings)
      out.push_back({found->first, b.name, b.care_of, b.weight, b.state});
  by_name(out.begin(), out.end());
  return out;
}

std::vector<RegisteredTarget> Registrar::targets() const {
  std::vector<RegisteredTarget> out;
  for (const auto& [name, service] : state_->services) {
    std::vector<RegisteredTarget> more = targets(name);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

std::vector<BindingView> Registrar::view(Time now) const {
  std::vector<BindingView> out;
  for (auto& [name, service] : state_->services) {
    state_->settle(service);
    const size_t first = out.size();
    for (const auto& [identity, registration] : service.registrations)
      for (const auto& [id, b] : registration.bindings)
        out.push_back({{name, b.name, b.care_of, b.weight, b.state},
                       identity,
                       b.lifetime * 4u,
                       u32(left_of(b.expires, now) / std::chrono::seconds(1)),
                       registration.load,
                       registration.peer->view.last_refusal});
    std::sort(out.begin() + std::ptrdiff_t(first), out.end(),
              [](const auto& a, const auto& b) { return a.target.name < b.target.name; });
  }
  return out;
}

std::vector<PeerView> Registrar::peers() const {
  std::vector<PeerView> out;
  for (const auto& [identity, peer] : state_->peers) out.push_back(peer.view);
  return out;
}

RegistrarCounters Registrar::counters() const { return state_->counters; }

void Registrar::drained(std::string_view service, std::string_view target, Time) {
  const auto found = state_->services.find(std::string(service));
  if (found == state_->services.end()) return;
  for (auto& [identity, registration] : found->second.registrations)
    for (auto& [id, binding] : registration.bindings)
      if (binding.name == target) {
        if (!binding.live()) state_->remove(binding, Severity::info, "binding.ended", "no flow was left");
        return;
      }
}

std::vector<KeptRegistration> Registrar::kept(Time now) const {
  std::vector<KeptRegistration> out;
  for (const auto& [name, service] : state_->services)
    for (const auto& [identity, registration] : service.registrations) {
      KeptRegistration kept{identity, name, registration.replay.last(), registration.load, {}, {}, 0, {}};
      if (const auto& heard = registration.peer->heard)
        kept.peer = heard->from, kept.local = heard->local, kept.port = heard->port;
      for (const auto& [id, b] : registration.bindings)
        kept.bindings.push_back({id, b.care_of, b.lifetime, left_of(b.expires, now), !b.live()});
      out.push_back(std::move(kept));
    }
  return out;
}

void Registrar::State::restore(const KeptRegistration& kept, Duration away, Time now) {
  // Nobody could refresh what expired meanwhile: it has twice the longest pause between a server's attempts.
  constexpr Duration kGrace = std::chrono::seconds(64);
  const auto peer = peers.find(kept.identity);
  const auto service = services.find(kept.service);
  if (peer == peers.end() || service == services.end() || !rule_of(kept.identity, kept.service, nullptr)) return;
  Registration& registration = registration_of(peer->second, service->second);
  if (registration.replay.last() || !registration.bindings.empty()) return;
  registration.replay = Replay(true, kept.last);
  registration.load = kept.load;
  if (!peer->second.heard && kept.port) peer->second.heard = Sender{kept.peer, kept.local, kept.port, 0};
  for (const KeptBinding& b : kept.bindings) {
    const RegistrarRule* rule = rule_of(kept.identity, kept.service, &b.care_of);
    if (!rule || !b.lifetime || counters.bindings >= config.most_bindings ||
        peer->second.view.bindings >= config.most_bindings_of_identity || registration.bindings.contains(b.id))
      continue;
    Binding& binding = bind(registration, {b.id, b.care_of, rule->share}, b.lifetime, now);
    if (b.draining) {
      end(binding, now);
      binding.expires = now + std::max(b.left - away, Duration(0));
    } else {
      binding.expires = now + std::max<Duration>(std::min<Duration>(b.left, duration_of(b.lifetime)) - away, kGrace);
    }
    schedule(binding, b.draining ? binding.expires : std::max(now, binding.expires - duration_of(b.lifetime) / 4));
  }
}

void Registrar::restore(const std::vector<KeptRegistration>& kept, Duration away, Time now) {
  for (const KeptRegistration& registration : kept) state_->restore(registration, away, now);
}

}  // namespace waymark::agents
