// Where the fields of a Mobility Header stand (RFC 6275, 6.1.1), in bytes: for the code that reads and writes them.
#pragma once

#include <cstddef>

#include "core/types.h"

namespace waymark::signalling {

constexpr u8 kNoNextHeader = 59;  // Payload Proto, at 0
constexpr size_t kLengthAt = 1;   // in units of 8 bytes, the first not counted
constexpr size_t kTypeAt = 2, kChecksumAt = 4;
constexpr size_t kHeaderBytes = 6;  // in front of a message's own fields

constexpr u8 kIndication = 1, kIndicationAcknowledged = 2;                  // B.R. Type (RFC 5846, 5)
constexpr u16 kHeartbeatUnsolicited = 0x0002, kHeartbeatResponse = 0x0001;  // RFC 5847, 3.3

}  // namespace waymark::signalling
