// Which packets a flow binding is for: binary traffic selectors of RFC 6088, 3.
#pragma once

#include <optional>

#include "signal/few.h"
#include "signal/refusal.h"
#include "signal/wire.h"

namespace waymark::signalling {

template <class T>
struct Range {
  T first{}, last{};  // both belong to it
  bool operator==(const Range&) const = default;
};

// A field that is absent matches every packet. Source and destination are as the agent sees packets to the mobile node.
struct Selector {
  bool ip6 = true;  // TS Format 2; else 1, IPv4
  std::optional<Range<Address>> source, destination;
  std::optional<Range<u32>> spi;
  std::optional<Range<u32>> flow_label;  // IPv6 alone
  std::optional<Range<u16>> source_port, destination_port;
  std::optional<Range<u8>> traffic_class;  // the whole byte; DS field in IPv4
  std::optional<Range<u8>> protocol;
  bool operator==(const Selector&) const = default;
};

// A sub-option's data, from TS Format on. Reads: none, or why it is refused.
std::optional<Reason> read_selector(ByteView data, Selector& to);
void write_selector(Writer& out, const Selector& selector);  // a last value is written where it is not the first

}  // namespace waymark::signalling
