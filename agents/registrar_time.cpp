// What time brings to bindings: requests to refresh them, their end, Heartbeats.
#include <fmt/format.h>

#include "agents/registrar_state.h"

namespace waymark::agents {

using namespace signalling;

std::optional<Datagram> Registrar::State::ask_for_refresh(Peer& peer, Time now) {
  constexpr Duration kPause = std::chrono::seconds(1);
  if (!peer.heard || (peer.asked && now - *peer.asked < kPause)) return {};
  peer.asked = now;
  return Datagram{peer.heard->local, peer.heard->from, peer.heard->port,
                  seal({RefreshRequest{}, {}}, peer.association, {}, peer.config.identity)};
}

// Those that were not refreshed for three quarters of their lifetimes will expire within a quarter of one: together
// with those that just did they must not be more than fail_static allows.
void Registrar::State::expire(Binding& binding, Time now) {
  Service& service = *binding.of->service;
  if (!binding.live()) return remove(binding, Severity::info, "binding.ended", "it was draining");
  std::erase_if(service.expired, [&](Time at) { return now - at > duration_of(binding.lifetime) / 4; });
  if (service.gone() <= service.most_gone()) {
    service.expired.push_back(now);
    return remove(binding, Severity::warning, "binding.expired", "it was not refreshed");
  }
  schedule(binding, Time::max());
  tell(Severity::warning, "binding.stale", subject(binding),
       fmt::format(
           "{} expired and is kept: {} of the {} bindings of its service were not refreshed, fail_static allows {}",
           subject(binding), service.gone(), service.live + service.expired.size(), service.most_gone()));
  if (binding.state == BindingState::bound) set_state(binding, BindingState::stale);
}

void Registrar::State::heartbeat_of(Peer& peer, std::vector<Datagram>& out, Time now) {
  heartbeats.erase({*peer.next_heartbeat, peer.config.identity});
  peer.next_heartbeat.reset();
  if (!peer.live || !peer.heard) return;
  if (peer.heartbeat != peer.answered && ++peer.unanswered >= kSuspectAfter)
    for (auto& [service, registration] : peer.registrations)
      for (auto& [id, binding] : registration->bindings)
        if (binding.state == BindingState::bound || binding.state == BindingState::stale) {
          set_state(binding, BindingState::suspect);
          tell(Severity::warning, "binding.suspect", subject(binding),
               fmt::format("{} takes no new flows: {} Heartbeats in a row were not answered", subject(binding),
                           peer.unanswered));
        }
  Message request{Heartbeat{false, false, ++peer.heartbeat}, {}};
  request.options.restart_counter = restarts;  // so that the answer, which has one, is no longer
  std::vector<u8> bytes = seal(request, peer.association, {}, peer.config.identity);
  if (!bytes.empty()) out.push_back({peer.heard->local, peer.heard->from, peer.heard->port, std::move(bytes)});
  peer.next_heartbeat = now + config.heartbeat;
  heartbeats.insert({*peer.next_heartbeat, peer.config.identity});
}

std::vector<Datagram> Registrar::State::tick(Time now) {
  std::vector<Datagram> out;
  while (out.size() < kAtOnce && !schedule_.empty() && schedule_.begin()->first.first <= now) {
    Binding& binding = *schedule_.begin()->second;
    if (!binding.live() || binding.overdue) {
      expire(binding, now);
      continue;
    }
    binding.overdue = true;
    ++binding.of->service->overdue;
    schedule(binding, binding.expires);
    if (std::optional<Datagram> request = ask_for_refresh(*binding.of->peer, now)) out.push_back(std::move(*request));
  }
  while (out.size() < kAtOnce && !heartbeats.empty() && heartbeats.begin()->first <= now)
    heartbeat_of(peers.at(std::string(heartbeats.begin()->second)), out, now);
  follow_load(now);
  return out;
}

Time Registrar::deadline() const {
  const State& state = *state_;
  Time next = Time::max();
  if (!state.schedule_.empty()) next = state.schedule_.begin()->first.first;
  if (!state.heartbeats.empty()) next = std::min(next, state.heartbeats.begin()->first);
  if (!state.loaded.empty())
    next = std::min(next, state.load_followed ? *state.load_followed + std::chrono::seconds(1) : Time(0));
  return next;
}

}  // namespace waymark::agents
