// Random messages: any that encode() takes, but for those that are too long.
#pragma once

#include <rapidcheck.h>

#include "signal/message.h"

namespace waymark::signalling {

namespace random {

template <class T>
T any() {
  return *rc::gen::arbitrary<T>();
}
inline u32 below(u32 bound) { return any<u32>() % bound; }
inline bool chance() { return any<u8>() & 1; }

inline Address ip4(u8 first) { return address_of(wire32(u32(first) << 24 | any<u32>() >> 8)); }
inline Address ip6() {  // unicast
  u8 raw[16];
  for (u8& byte : raw) byte = any<u8>();
  raw[0] = 0x20;
  return load_address(raw);
}
inline Address address() { return chance() ? ip6() : ip4(u8(1 + below(100))); }

inline Prefix prefix() {
  u8 raw[16];
  store_address(raw, ip6());
  const u8 length = u8(below(129));
  for (u32 bit = length; bit < 128; ++bit) raw[bit / 8] &= u8(~(0x80 >> bit % 8));
  return {load_address(raw), length};
}

template <size_t N>
Few<u8, N> bytes(size_t least) {
  Few<u8, N> out;
  for (size_t n = least + below(chance() ? 8 : u32(N - least + 1)); out.size() < n;) out.add(any<u8>());
  return out;
}

template <class T>
std::optional<Range<T>> range() {
  if (chance()) return {};
  const T a = any<T>(), b = chance() ? any<T>() : a;
  return Range<T>{std::min(a, b), std::max(a, b)};
}
inline std::optional<Range<Address>> addresses(bool six) {
  if (chance()) return {};
  const Address a = six ? ip6() : ip4(5), b = chance() ? six ? ip6() : ip4(5) : a;
  return before(b, a) ? Range<Address>{b, a} : Range<Address>{a, b};
}

inline Selector selector() {
  Selector s;
  s.ip6 = chance();
  s.source = addresses(s.ip6), s.destination = addresses(s.ip6);
  s.spi = range<u32>();
  if (s.ip6) s.flow_label = range<u32>();
  s.source_port = range<u16>(), s.destination_port = range<u16>();
  s.traffic_class = range<u8>(), s.protocol = range<u8>();
  return s;
}

inline Flow flow(u16 number) {
  Flow f;
  f.id = u16(number * 1000 + 1 + below(999));
  f.priority = u16(60'000 - f.id);
  f.status = FlowStatus(any<u8>());
  if (chance()) f.selector = selector();
  for (u32 n = below(kMostReferences + 1); f.bindings.size() < n;) f.bindings.add(u16(1 + below(65'535)));
  return f;
}

inline u16 update_flags() {
  const u16 flags = any<u16>() & kUpdateFlags;
  return flags & kProxy ? flags & ~kOverwrite : flags;  // they exclude each other
}

inline Body body() {
  switch (below(7)) {
    case 0:
      return RefreshRequest{};
    case 1:
      return Acknowledgement{BindingStatus(any<u8>()), u8(any<u8>() & kAcknowledgementFlags), any<u16>(), any<u16>()};
    case 2:
      return BindingError{ErrorStatus(any<u8>()), ip6()};
    case 3:
      return Heartbeat{chance(), chance(), any<u32>()};
    case 4:
      return Revocation{Trigger(any<u8>()), any<u16>(), u16(any<u16>() & kRevocationFlags)};
    case 5:
      return RevocationAcknowledgement{Revoked(any<u8>()), any<u16>(), u16(any<u16>() & kRevocationFlags)};
    default:
      return Update{any<u16>(), update_flags(), any<u16>()};
  }
}

inline void fill(Options& o, bool update) {
  if (chance()) o.refresh_advice = any<u16>();
  if (chance()) o.alternate_care_of = ip6();
  for (u32 n = below(4) ? below(3) : below(kMostPrefixes + 1); n-- > 0;) {
    const Prefix p = prefix();
    if (std::find(o.prefixes.begin(), o.prefixes.end(), p) == o.prefixes.end()) o.prefixes.add(p);
  }
  if (chance()) o.node = NodeIdentifier{any<u8>(), bytes<254>(1)};
  if (chance()) o.stamp = Stamp{any<u32>(), any<u32>()};
  if (chance()) o.restart_counter = any<u32>();
  for (const bool wants_prefix : {false, true})
    if (chance()) o.ip4_homes.add({ip4(any<u8>()), u8(1 + below(32)), wants_prefix});
  for (u32 n = below(3); o.ip4_acknowledged.size() < n;)
    o.ip4_acknowledged.add({Ip4Status(any<u8>()), ip4(any<u8>()), u8(below(33))});
  if (chance()) o.ip4_care_of = ip4(10);
  for (u32 n = below(kMostBindings + 1), i = 0; i < n; ++i) {
    BindingIdentifier b{u16(i * 1000 + 1 + below(999)), BindingStatus(any<u8>()), chance(), {}};
    if (update && chance()) b.care_of = address();
    o.bindings.add(b);
  }
  for (u32 n = chance() ? 0 : below(kMostFlows + 1), i = 0; i < n; ++i) o.flows.add(flow(u16(i)));
  o.redirect_capable = chance();
  if (chance()) o.redirect = address();
  if (chance()) o.load = Load{any<u16>(), any<u32>(), any<u32>(), any<u32>(), any<u32>()};
  for (u32 n = below(4) ? 0 : below(kMostVendors + 1); o.vendors.size() < n;)
    o.vendors.add({any<u32>(), any<u8>(), bytes<250>(0)});
  if (chance()) {
    o.mac = MnHa{256 + any<u32>() / 2, {}};
    for (u8& byte : o.mac->value) byte = any<u8>();
  }
}

}  // namespace random

inline Message random_message() {
  Message message{random::body(), {}};
  random::fill(message.options, std::holds_alternative<Update>(message.body));
  return message;
}

}  // namespace waymark::signalling
