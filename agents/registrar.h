// The director's side of registration: who serves what, where and how much, as servers say in Binding Updates
// (RFC 6275) over UDP. No I/O, no clock; all times passed in grow.
//
// A registration is one identity's bindings for one service: one binding, or several with identifiers (RFC 5648), each
// with a care-of address, to which tunnels go. Nothing changes for a message before its MAC, its replay protection, its
// identity and its permissions are verified. DESIGN.md, "Bindings", has the states.
//
// Bounds: RegistrarConfig::most_bindings; counters and replay protection of configured peers and services alone; one
// reply to a message at most, and never one longer than the message; events, kMostEvents between two take_events().
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "agents/datagram.h"
#include "agents/registrar_config.h"
#include "agents/registrar_view.h"
#include "base/codec.h"
#include "base/event.h"
#include "base/result.h"

namespace waymark::agents {

class Registrar {
 public:
  static constexpr size_t kMostEvents = 1'000;
  static constexpr size_t kAtOnce = 64;    // datagrams of one tick()
  static constexpr u32 kSuspectAfter = 3;  // Heartbeats in a row without an answer

  // `seed`: random, of each start its own, so that no Heartbeat's answer was ever recorded. `restarts`: grows with each
  // start of this director; peers that send Heartbeats are told.
  explicit Registrar(u64 seed, u32 restarts = 0);
  ~Registrar();
  Registrar(Registrar&&) noexcept;

  // An error says what is wrong, and all is as before. Bindings that are still permitted stay as they are; the others
  // are gone at once, each with an event.
  Status configure(const RegistrarConfig& config, Time now);

  // A datagram's data, its source and its destination. The reply, if any.
  std::optional<Datagram> received(const Address& from, u16 port, const Address& to, ByteView bytes, Time now);
  // What time brings: expiry, ends of draining, weights, Binding Refresh Requests, Heartbeats; what to send, kAtOnce at
  // most. Early or repeated calls do no harm.
  std::vector<Datagram> tick(Time now);
  Time deadline() const;  // of the next tick(); Time::max(): none

  // No flow of this draining target is left: it goes before its time. Ignored where it is not draining.
  void drained(std::string_view service, std::string_view target, Time now);

  // Targets of a service, by name; of all services, by service and name. changes() counts whenever they become others.
  std::vector<RegisteredTarget> targets(std::string_view service) const;
  std::vector<RegisteredTarget> targets() const;
  u64 changes() const;

  // Event kinds "binding.*" of base/event.h; the subject is "service/target", or an identity. Refusals of one identity:
  // one each 10 s, the others are counted.
  std::vector<Event> take_events();
  std::vector<BindingView> view(Time now) const;  // by service and target
  std::vector<PeerView> peers() const;            // every configured peer, by identity
  RegistrarCounters counters() const;

  // What a restart of the daemon should keep: bindings, and without which old Updates would be accepted again.
  // restore() takes what the configuration permits, of services and peers that nothing is known of yet; `away`: how
  // long nobody ran. Lifetimes went on, but each server has time for two attempts to renew, 64 s, from now on.
  std::vector<KeptRegistration> kept(Time now) const;
  void restore(const std::vector<KeptRegistration>& kept, Duration away, Time now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waymark::agents
