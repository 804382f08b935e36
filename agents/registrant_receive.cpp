// What directors answer and ask. What was not signed by one of them changes nothing.
#include <fmt/format.h>

#include <algorithm>

#include "agents/registrant_state.h"

namespace waymark::agents {

using namespace signalling;

void Registrant::State::accepted(Registration& r, const Message& message, Time now) {
  const auto& answer = std::get<Acknowledgement>(message.body);
  ++r.acknowledged;
  if (r.ending) return ended(r, "");
  if (!answer.lifetime) return refused(r, message, now);
  const bool was_bound = r.lifetime;
  const u16 granted = std::min(answer.lifetime, units_of(r.service.lifetime));
  // The director may have counted from any of the attempt's Updates: from the first at the earliest.
  r.lifetime = granted * 4u;
  r.expires = r.first_sent + duration_of(granted);
  r.due = std::max(now + std::chrono::seconds(1), r.first_sent + duration_of(granted) / 2);
  r.standing = Standing::bound;
  r.tries = 0;
  r.why = answer.status == BindingStatus::accepted ? "" : name_of(answer.status);
  if (!was_bound)
    tell(Severity::info, "registration.bound", r, fmt::format("{} is registered for {} s", subject(r), r.lifetime));
  if (message.options.stamp->sequence != r.last_stamp) r.told.reset();  // a later one told more, and may be lost
  follow_load(r, now);
}

void Registrant::State::refused(Registration& r, const Message& message, Time now) {
  const auto& answer = std::get<Acknowledgement>(message.body);
  const bool first = r.tries <= 1;  // at once; later in the pace of retransmission
  if (answer.status == BindingStatus::out_of_window) {
    r.sequence = answer.sequence;
    if (first) r.due = now;
    return;
  }
  if (answer.status == BindingStatus::replay_mismatch) {
    const Stamp& told = *message.options.stamp;
    if (told.sequence != r.last_stamp) return;  // an earlier one, which the network held back
    if (told.epoch >= epoch && told.epoch != ~u32(0)) epoch = told.epoch + 1;
    if (first) r.due = now;
    return;
  }
  if (r.ending) return ended(r, ", which the director did not know");
  const std::string why(is_accepted(answer.status) ? "no lifetime was granted" : name_of(answer.status));
  if (r.standing != Standing::refused || r.why != why)
    tell(Severity::warning, "registration.refused", r,
         fmt::format("{} is refused by the director: {}", subject(r), why));
  r.standing = Standing::refused;
  r.why = why;
  r.lifetime = 0;
  r.tries = 0;
  r.due = now + kRetryRefused;
}

void Registrant::State::acknowledged(Director& director, const Message& message, ByteView bytes, const Decoded& decoded,
                                     Time now) {
  const auto& answer = std::get<Acknowledgement>(message.body);
  for (auto& [key, r] : registrations) {
    if (r.director != &director || !r.tries) continue;
    if (!message.options.mac) {  // whoever sent it: a hint for the operator
      if (answer.status == BindingStatus::authentication_failed && answer.sequence == r.sequence && !r.lifetime)
        r.why = "something at the director's address says that authentication failed";
      continue;
    }
    const auto& stamp = message.options.stamp;
    if (!stamp || stamp->sequence < r.first_stamp || stamp->sequence > r.last_stamp) continue;
    if (!is_authentic(bytes, decoded, director.association, r.service.care_of.front().address, config.identity))
      continue;
    is_accepted(answer.status) ? accepted(r, message, now) : refused(r, message, now);
    review(r, now);
    break;
  }
}

std::optional<Datagram> Registrant::State::received(const Address& from, u16 port, const Address& to, ByteView bytes,
                                                    Time now) {
  const Decoded decoded = decode(bytes);
  if (!decoded.message) return {};
  const Message& message = *decoded.message;
  const bool answer = std::holds_alternative<Acknowledgement>(message.body);
  if (!message.options.mac && !answer) return {};
  for (auto& [name, director] : directors) {
    if (!(director.config.address == from)) continue;
    if (message.options.mac && message.options.mac->spi != director.association.spi()) continue;
    if (answer) {
      acknowledged(director, message, bytes, decoded, now);
      continue;
    }
    if (!is_authentic(bytes, decoded, director.association, {}, config.identity)) continue;
    if (std::holds_alternative<RefreshRequest>(message.body)) {
      constexpr Duration kPause = std::chrono::seconds(1);
      if (director.asked && now - *director.asked < kPause) return {};
      director.asked = now;
      for (auto& [key, r] : registrations)
        if (r.director == &director && !r.ending && !r.tries && r.lifetime) r.due = now;
    } else if (const auto* heartbeat = std::get_if<Heartbeat>(&message.body); heartbeat && !heartbeat->response) {
      Message response{Heartbeat{true, false, heartbeat->sequence}, {}};
      response.options.restart_counter = restarts;
      std::vector<u8> sealed = seal(response, director.association, {}, director.config.identity);
      if (!sealed.empty()) return Datagram{to, from, port, std::move(sealed)};
    }
    return {};
  }
  return {};
}

std::optional<Datagram> Registrant::received(const Address& from, u16 port, const Address& to, ByteView bytes,
                                             Time now) {
  std::optional<Datagram> reply = state_->received(from, port, to, bytes, now);
  state_->forget_ended();
  return reply;
}

}  // namespace waymark::agents
