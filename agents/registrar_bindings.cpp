// The life of a binding, and the counts that go with it.
#include <fmt/format.h>

#include "agents/names.h"
#include "agents/registrar_state.h"
#include "base/address_text.h"

namespace waymark::agents {

using namespace signalling;

Registrar::State::Registration& Registrar::State::registration_of(Peer& peer, Service& service) {
  const auto [at, is_new] = service.registrations.try_emplace(peer.config.identity);
  Registration& registration = at->second;
  if (is_new) {
    registration.peer = &peer;
    registration.service = &service;
    peer.registrations[service.config.name] = &registration;
  }
  return registration;
}

void Registrar::State::schedule(Binding& binding, Time due) {
  if (binding.due != Time::max()) schedule_.erase({binding.due, binding.number});
  binding.due = due;
  if (due != Time::max()) schedule_[{due, binding.number}] = &binding;
}

// All states but draining are live, and count for fail_static.
void Registrar::State::set_state(Binding& binding, BindingState state) {
  Service& service = *binding.of->service;
  const bool was = binding.live();
  if (binding.state != state) changed(service);
  binding.state = state;
  if (was == binding.live()) return;
  if (was && binding.overdue) --service.overdue, binding.overdue = false;
  service.live += was ? -1 : 1;
  binding.of->peer->live += was ? -1 : 1;
  binding.of->weighed = false;
  loaded.insert(service.config.name);  // the largest member may be another
}

Registrar::State::Binding& Registrar::State::bind(Registration& registration, const Named& named, u16 lifetime,
                                                  Time now) {
  Service& service = *registration.service;
  const auto [at, is_new] = registration.bindings.try_emplace(named.id);
  Binding& binding = at->second;
  if (is_new) {
    binding.id = named.id;
    binding.name = target_name(registration.peer->config.identity, named.id);
    binding.of = &registration;
    binding.number = ++numbers;
    binding.due = Time::max();
    binding.state = BindingState::draining;  // no live one yet
    ++counters.bindings, ++registration.peer->view.bindings;
  }
  const std::string care_of = waymark::text(named.care_of);
  if (!binding.live())
    tell(Severity::info, "binding.bound", subject(binding),
         fmt::format("{} is registered at {}, for {} s", subject(binding), care_of, lifetime * 4));
  else if (!(binding.care_of == named.care_of))
    tell(Severity::info, "binding.moved", subject(binding),
         fmt::format("{} moved from {} to {}", subject(binding), waymark::text(binding.care_of), care_of));
  else if (binding.state == BindingState::stale)
    tell(Severity::info, "binding.answers", subject(binding), fmt::format("{} is refreshed again", subject(binding)));
  if (is_new || !(binding.care_of == named.care_of) || binding.share != named.share) changed(service);
  set_state(binding, BindingState::bound);
  if (binding.overdue) --service.overdue, binding.overdue = false;
  binding.care_of = named.care_of;
  binding.share = named.share;
  binding.lifetime = lifetime;
  binding.expires = now + duration_of(lifetime);
  schedule(binding, binding.expires - duration_of(lifetime) / 4);
  Peer& peer = *registration.peer;
  if (config.heartbeat > Duration(0) && !peer.next_heartbeat) {
    peer.next_heartbeat = now + config.heartbeat;
    heartbeats.insert({*peer.next_heartbeat, peer.config.identity});
  }
  return binding;
}

void Registrar::State::end(Binding& binding, Time now) {
  set_state(binding, BindingState::draining);
  binding.expires = now + config.drain;
  schedule(binding, binding.expires);
  tell(Severity::info, "binding.draining", subject(binding),
       fmt::format("{} is draining: its server ended the binding", subject(binding)));
}

void Registrar::State::remove(Binding& binding, Severity severity, const char* kind, const std::string& why) {
  tell(severity, kind, subject(binding), fmt::format("{} is gone: {}", subject(binding), why));
  set_state(binding, BindingState::draining);
  schedule(binding, Time::max());
  Registration& registration = *binding.of;
  --counters.bindings, --registration.peer->view.bindings;
  changed(*registration.service);
  registration.bindings.erase(binding.id);
}

// The peer was heard: whatever was suspect is not any more.
void Registrar::State::answers(Peer& peer, Time now) {
  peer.unanswered = 0;
  for (auto& [service, registration] : peer.registrations)
    for (auto& [id, binding] : registration->bindings)
      if (binding.state == BindingState::suspect) {
        set_state(binding, binding.expires > now ? BindingState::bound : BindingState::stale);
        tell(Severity::info, "binding.answers", subject(binding), fmt::format("{} answers again", subject(binding)));
      }
}

// So many are refreshed again that we are not the cause: who is stale now is really gone.
void Registrar::State::release_kept(Service& service) {
  if (!service.overdue || service.gone() > service.most_gone()) return;
  for (auto& [identity, registration] : service.registrations)
    for (auto at = registration.bindings.begin(); at != registration.bindings.end();) {
      Binding& binding = (at++)->second;
      if (binding.kept())
        remove(binding, Severity::warning, "binding.expired", "it was not refreshed, and most others are");
    }
}

}  // namespace waymark::agents
