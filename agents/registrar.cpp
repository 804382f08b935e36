#include "agents/registrar.h"

#include <fmt/format.h>

#include "agents/registrar_state.h"
#include "base/address_text.h"

namespace waymark::agents {

using namespace signalling;

void Registrar::State::tell(Severity severity, const char* kind, const std::string& subject, const std::string& text) {
  if (events.size() < kMostEvents) events.push_back({severity, kind, subject, text});
}

void Registrar::State::refused(Refused why, Peer* peer, Time now) {
  ++counters.refused[size_t(why)];
  if (!peer) return;
  constexpr Duration kPause = std::chrono::seconds(10);
  ++peer->view.refused[size_t(why)];
  peer->view.last_refusal = text(why);
  if (peer->refusal_told && now - *peer->refusal_told < kPause) {
    ++peer->refusals_untold;
    return;
  }
  const std::string& identity = peer->config.identity;
  const std::string before =
      peer->refusals_untold ? fmt::format(" ({} refusals before that in 10 s or more)", peer->refusals_untold) : "";
  tell(Severity::warning, "binding.refused", identity,
       fmt::format("a message from {} was refused: {}{}", identity, text(why), before));
  peer->refusal_told = now;
  peer->refusals_untold = 0;
}

// Never more bytes than were received, so that no forged source makes others receive more than was sent.
std::optional<Datagram> Registrar::State::reply(const Sender& to, std::vector<u8> bytes) {
  if (bytes.empty() || bytes.size() > to.size) return {};
  ++counters.replied;
  return Datagram{to.local, to.from, to.port, std::move(bytes)};
}

// RFC 4285, 5.1.1: status 146, without a MAC.
std::optional<Datagram> Registrar::State::refuse_forged(const Sender& sender, const Decoded& decoded, Peer& peer,
                                                        Time now) {
  refused(Refused::wrong_mac, &peer, now);
  const auto* update = std::get_if<Update>(&decoded.message->body);
  if (!update) return {};
  if (!bucket.take(now)) return refused(Refused::limited, nullptr, now), std::nullopt;
  const Result<Bytes> bytes =
      encode({Acknowledgement{BindingStatus::authentication_failed, 0, update->sequence, 0}, {}});
  return bytes ? reply(sender, {bytes->begin(), bytes->end()}) : std::nullopt;
}

// A recorded request may come again, from anywhere: it is limited as if it were not authentic.
std::optional<Datagram> Registrar::State::answer_heartbeat(const Sender& sender, Peer& peer, u32 sequence, Time now) {
  if (!bucket.take(now)) return refused(Refused::limited, nullptr, now), std::nullopt;
  Message answer{Heartbeat{true, false, sequence}, {}};
  answer.options.restart_counter = restarts;
  return reply(sender, seal(answer, peer.association, {}, peer.config.identity));
}

std::optional<Datagram> Registrar::State::take_answer(Peer& peer, u32 sequence, std::optional<u32> counter, Time now) {
  // Any of those that wait for an answer, once: the first sequence number is random, so no other was ever recorded.
  const u32 behind = peer.heartbeat - sequence;
  if (behind >= kSuspectAfter || behind >= peer.heartbeat - peer.answered) return {};
  peer.answered = sequence;
  answers(peer, now);
  const bool restarted = counter && peer.restarts && *counter != *peer.restarts;
  if (counter) peer.restarts = counter;
  return restarted ? ask_for_refresh(peer, now) : std::nullopt;  // its next Update says what holds
}

std::optional<Datagram> Registrar::State::received(const Sender& sender, ByteView bytes, Time now) {
  ++counters.received;
  const Decoded decoded = decode(bytes);
  if (!decoded.message) return refused(Refused::malformed, nullptr, now), std::nullopt;
  const Message& message = *decoded.message;
  const auto* update_of = std::get_if<Update>(&message.body);
  const auto* heartbeat = std::get_if<Heartbeat>(&message.body);
  if (!update_of && !heartbeat) return refused(Refused::unexpected, nullptr, now), std::nullopt;
  if (!message.options.mac) return refused(Refused::no_mac, nullptr, now), std::nullopt;
  const auto found = by_spi.find(message.options.mac->spi);
  if (found == by_spi.end()) return refused(Refused::unknown_spi, nullptr, now), std::nullopt;
  Peer& peer = *found->second;
  const Address care_of = update_of ? care_of_in(message.options, sender.from) : Address{};
  if (!is_authentic(bytes, decoded, peer.association, care_of, config.identity))
    return refuse_forged(sender, decoded, peer, now);
  if (update_of) return update(sender, message, peer, now);
  if (!heartbeat->response) return answer_heartbeat(sender, peer, heartbeat->sequence, now);
  return take_answer(peer, heartbeat->sequence, message.options.restart_counter, now);
}

Registrar::Registrar(u64 seed, u32 restarts) : state_(std::make_unique<State>(seed, restarts)) {}
Registrar::~Registrar() = default;
Registrar::Registrar(Registrar&&) noexcept = default;

Status Registrar::configure(const RegistrarConfig& config, Time now) { return state_->configure(config, now); }
std::optional<Datagram> Registrar::received(const Address& from, u16 port, const Address& to, ByteView bytes,
                                            Time now) {
  return state_->received({from, to, port, bytes.size()}, bytes, now);
}
std::vector<Datagram> Registrar::tick(Time now) { return state_->tick(now); }
u64 Registrar::changes() const { return state_->changes; }
std::vector<Event> Registrar::take_events() { return std::exchange(state_->events, {}); }

}  // namespace waymark::agents
