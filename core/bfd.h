// Packets of Bidirectional Forwarding Detection (RFC 5880), and what its seamless kind adds (RFC 7880, 7881).
#pragma once

#include "core/wire.h"

namespace waymark {

constexpr u16 kSeamlessBfdPort = 7784;  // a reflector's
constexpr u8 kSeamlessBfdHops = 255;    // of questions and answers

// RFC 5880, 4.1. Intervals are in microseconds.
struct WM_WIRE Bfd {
  u8 version_diagnostic;
  u8 state_flags;
  u8 multiplier;
  u8 length;
  be32 mine, yours;  // discriminators
  be32 desired, required, echo;
};
static_assert(sizeof(Bfd) == 24);

constexpr u8 kBfdVersion = 1 << 5, kBfdVersionBits = 7 << 5;
constexpr u8 kBfdStateBits = 3 << 6, kBfdAdminDown = 0, kBfdDown = 1 << 6, kBfdUp = 3 << 6;
constexpr u8 kBfdPoll = 0x20, kBfdFinal = 0x10, kBfdIndependent = 0x08, kBfdAuthenticated = 0x04, kBfdDemand = 0x02,
             kBfdMultipoint = 0x01;

}  // namespace waymark
