// What a registrar tells of itself: targets for the director, rows for operators and metrics, what a restart keeps.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/address.h"
#include "signal/options.h"
#include "signal/replay.h"

namespace waymark::agents {

enum class BindingState : u8 {
  bound,     // refreshed in time
  suspect,   // its peer does not answer Heartbeats: weight 0
  stale,     // expired, and kept by fail_static
  draining,  // ended by its peer: weight 0, flows go on
};
std::string_view text(BindingState state);

struct RegisteredTarget {
  std::string service;
  std::string name;  // "srv-1", or "srv-1.2" for Binding Identifier 2; in the service once, `@` of an identity is `_`
  Address care_of{};
  u32 weight = 0;  // 0 to 1000; 0: no new flows
  BindingState state = BindingState::bound;
  bool operator==(const RegisteredTarget&) const = default;
};

struct BindingView {
  RegisteredTarget target;
  std::string identity;
  u32 lifetime = 0;      // granted, in seconds
  u32 seconds_left = 0;  // of the lifetime, or of draining; 0 where stale
  std::optional<signalling::Load> load;
  std::string last_refusal;  // of this identity; "" where there was none
};

// X(name, text): why a message was dropped or refused.
#define WM_AGENTS_REFUSALS(X)                                                            \
  X(malformed, "not a Mobility Header that can be read")                                 \
  X(unexpected, "a message that a director does not expect")                             \
  X(no_mac, "without MN-HA authentication")                                              \
  X(unknown_spi, "of an SPI that no peer has")                                           \
  X(wrong_mac, "the MAC is wrong: another key, another receiver, or changed on its way") \
  X(wrong_identity, "the identity is missing, or is not the one the SPI belongs to")     \
  X(replay, "sent before, or without replay protection")                                 \
  X(out_of_window, "sequence number out of window")                                      \
  X(unknown_service, "names no service, or one that takes no registered members")        \
  X(not_authorised, "no rule permits this identity this service")                        \
  X(care_of, "no rule permits the care-of address")                                      \
  X(identifiers, "Binding Identifiers that cannot be registered, or are not known")      \
  X(no_room, "too many bindings")                                                        \
  X(limited, "not authentic, and not answered: too many in this second")

enum class Refused : u8 {
#define WM_AGENTS_MEMBER(name, text) name,
  WM_AGENTS_REFUSALS(WM_AGENTS_MEMBER)
#undef WM_AGENTS_MEMBER
      kCount
};
std::string_view name_of(Refused refused);  // "wrong_mac": for counters
std::string_view text(Refused refused);

struct PeerView {
  std::string identity;
  u32 bindings = 0;
  u64 accepted = 0;                                    // Updates
  std::array<u64, size_t(Refused::kCount)> refused{};  // messages that named its SPI
  std::string last_refusal;
};

struct RegistrarCounters {
  u64 received = 0, accepted = 0, replied = 0;         // datagrams; Updates; replies to either
  std::array<u64, size_t(Refused::kCount)> refused{};  // of all senders. `limited` counts besides the reason
  u32 bindings = 0;
};

struct KeptBinding {
  u16 id = 0;  // Binding Identifier; 0: without
  Address care_of{};
  u16 lifetime = 0;  // granted, in units of 4 s
  Duration left{0};  // of it, or of draining
  bool draining = false;
  bool operator==(const KeptBinding&) const = default;
};
struct KeptRegistration {
  std::string identity, service;
  std::optional<signalling::Replay::Last> last;
  std::optional<signalling::Load> load;
  Address peer{}, local{};  // source and destination of the last Update
  u16 port = 0;
  std::vector<KeptBinding> bindings;
  bool operator==(const KeptRegistration&) const = default;
};

}  // namespace waymark::agents
