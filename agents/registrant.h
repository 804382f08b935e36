// The server's side of registration: it tells directors, by Binding Updates (RFC 6275) over UDP, what it serves, where
// tunnels to it end and how loaded it is, and keeps that alive. No I/O, no clock; all times passed in grow.
//
// One Update is one service's whole registration with one director: all care-of addresses with the flag O, so that what
// is not named is gone. It is sent again until it is acknowledged, after 1 s, 2 s, 4 s and so on up to 32 s (RFC 6275,
// 11.8), and anew at half the lifetime that was granted. Each message has a stamp of its own.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "agents/datagram.h"
#include "agents/registrant_config.h"
#include "base/codec.h"
#include "base/event.h"
#include "base/result.h"
#include "signal/options.h"

namespace waymark::agents {

enum class Standing : u8 {
  idle,     // not well, or drained: no binding is wanted
  waiting,  // an Update is on its way
  bound,    // acknowledged, and refreshed in time
  refused,  // the director says no: asked again after kRetryRefused
  ending,   // lifetime 0 is on its way
};
std::string_view text(Standing standing);

struct RegistrationView {
  std::string director, service;
  Standing standing = Standing::idle;
  std::string why;       // refused: the director's status, as a clause; waiting: for what
  u32 lifetime = 0;      // granted, in seconds; 0 where not bound
  u32 seconds_left = 0;  // of it
  u64 sent = 0, acknowledged = 0;
};

class Registrant {
 public:
  static constexpr size_t kAtOnce = 64;  // datagrams of one tick()
  static constexpr size_t kMostEvents = 1'000;
  static constexpr u32 kMostEndings = 3;  // Updates with lifetime 0, where none is acknowledged
  static constexpr Duration kRetryRefused = std::chrono::seconds(60);

  // `epoch` grows with each start of this server, or directors refuse what it says (signal/replay.h). It is its restart
  // counter, too (RFC 5847). `first_sequence`: random.
  explicit Registrant(u32 epoch, u16 first_sequence = 0);
  ~Registrant();
  Registrant(Registrant&&) noexcept;

  // An error says what is wrong, and all is as before. Services and directors that are gone are ended, as by drain();
  // what has changed is told. Services are not well until set_well() says so.
  Status configure(const RegistrantConfig& config, Time now);

  // Unknown services are ignored by all of these.
  void set_load(std::string_view service, const signalling::Load& load, Time now);  // its priority is the service's
  void set_well(std::string_view service, bool well, Time now);                     // not well: the binding is ended
  // Ends the binding, until resume(). "": all services.
  void drain(std::string_view service, Time now);
  void resume(std::string_view service, Time now);

  // A datagram's data and its source. The reply, if any: to a Heartbeat.
  std::optional<Datagram> received(const Address& from, u16 port, const Address& to, ByteView bytes, Time now);
  std::vector<Datagram> tick(Time now);  // what to send, kAtOnce at most
  Time deadline() const;                 // of the next tick(); Time::max(): none
  bool settled() const;                  // nothing is on its way: after drain(""), the server may stop

  std::vector<Event> take_events();  // kinds "registration.*" of base/event.h; subject "service/director"
  std::vector<RegistrationView> view(Time now) const;  // by director and service

 private:
  void set_drained(std::string_view service, bool drained, Time now);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waymark::agents
