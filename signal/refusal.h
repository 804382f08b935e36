// Why a message was refused, and what its receiver owes the sender (RFC 6275, 9.2).
#pragma once

#include <string>
#include <string_view>

#include "core/types.h"

namespace waymark::signalling {

enum class Reply : u8 {
  none,               // dropped without a word
  parameter_problem,  // ICMPv6 Parameter Problem, code 0, pointing to Refusal::at. Over UDP: none
  binding_error,      // Binding Error, status 2
};

// X(name, reply, text)
#define WM_SIGNAL_REASONS(X)                                                                              \
  X(no_header, none, "shorter than a Mobility Header")                                                    \
  X(truncated, none, "shorter than its Header Len")                                                       \
  X(too_long, none, "longer than 1232 bytes")                                                             \
  X(checksum, none, "wrong checksum")                                                                     \
  X(unknown_type, binding_error, "unrecognized MH Type")                                                  \
  X(payload_proto, parameter_problem, "Payload Proto is not 59")                                          \
  X(header_len, parameter_problem, "Header Len is too small for the MH Type")                             \
  X(flags, none, "flags P and O together, where O has another meaning (RFC 6602)")                        \
  X(revocation_type, none, "B.R. Type is neither 1 nor 2")                                                \
  X(option_overruns, none, "an option exceeds the header")                                                \
  X(option_length, none, "an option has a wrong length")                                                  \
  X(option_twice, none, "an option that may occur once occurs twice, or two options name the same thing") \
  X(option_count, none, "too many options of one type")                                                   \
  X(option_after_mac, none, "an option follows the MN-HA authentication option")                          \
  X(address, none, "an address is not one that the option may carry")                                     \
  X(prefix, none, "a prefix is too long, or has host bits")                                               \
  X(identifier, none, "an identifier is one that must not be used")                                       \
  X(selector_format, none, "unsupported format of a traffic selector")                                    \
  X(selector_range, none, "a range of a traffic selector has no start, or ends before it starts")         \
  X(authentication, none, "unsupported authentication option")

enum class Reason : u8 {
#define WM_SIGNAL_MEMBER(name, reply, text) name,
  WM_SIGNAL_REASONS(WM_SIGNAL_MEMBER)
#undef WM_SIGNAL_MEMBER
      kCount
};

struct Refusal {
  Reason reason{};
  u8 type = 0;  // MH Type; 0 where there is no header
  u16 at = 0;   // of the field or option at fault, in bytes from the Mobility Header's first
  bool operator==(const Refusal&) const = default;
};

std::string_view name_of(Reason reason);  // "option_twice": for counters
std::string_view text(Reason reason);     // "an option has a wrong length"
Reply reply_to(Reason reason);
std::string text(const Refusal& refusal);  // "MH Type 5 refused at byte 12: an option has a wrong length"

}  // namespace waymark::signalling
