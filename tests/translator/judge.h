// What must hold of whatever a translator makes of a packet, where no case says what to expect: for fuzzing, mutations
// and random packets. It goes by tests/kit/packet_reader.h, beside the core's parsers.
#pragma once

#include <string>

#include "tests/kit/packet_reader.h"

namespace waymark::judge {

using packets::Bytes;

// Each is empty, or a sentence that says what is wrong.
std::string ill_made(const Bytes& out);  // malformed, or an IPv4 header as only other machines write it
std::string not_the_same(const Bytes& in, const Bytes& whole);  // translated: transport, checksums, fields that stay
std::string no_complaint(const Bytes& in, const Bytes& out);    // an ICMP error about `in`, to its source
std::string foreign_inside(const Bytes& out);                   // an ICMP error that quotes the other IP version

// Empty where `got` is the expected packet. An identification of 0 in an expected IPv4 packet that may be fragmented
// stands for any other (translator_cases.h).
std::string unlike(const Bytes& expected, const Bytes& got);

}  // namespace waymark::judge
