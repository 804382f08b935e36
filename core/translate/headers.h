// The IP headers that translation writes.
#pragma once

#include "core/answer.h"
#include "core/translate/icmp.h"
#include "core/translate/inside.h"

namespace waymark::translate {

struct WM_WIRE FragmentHeader {  // RFC 8200, 4.5
  u8 next, reserved;
  be16 offset_more;  // offset:13 reserved:2 M:1
  be32 id;
};
static_assert(sizeof(FragmentHeader) == 8);

// An IPv4 packet's identification and flags as IPv6 knows them: a Fragment Header, or nothing.
WM_INLINE void write_fragment_header(FragmentHeader* f, u8 next, const Inside& in) {
  f->next = next;
  f->reserved = 0;
  f->offset_more = wire16(in.fragment);
  f->id = wire32(in.id);
}
WM_INLINE u64 sum_fragment_header(u8 next, const Inside& in) {
  return u64(next) + wire16(in.fragment).raw + wire32(in.id).raw;
}

struct Header6 {
  Address source, destination;
  u16 length;
  u8 next, hops, tos;
};
WM_INLINE void write(Ip6* ip, const Header6& h) {
  ip->version_class_label = wire32(6u << 28 | u32(h.tos) << 20);
  ip->length = wire16(h.length);
  ip->next = h.next;
  ip->hops = h.hops;
  store_address(ip->source, h.source);
  store_address(ip->destination, h.destination);
}
WM_INLINE u64 sum_of(const Header6& h) {
  return u64(wire32(6u << 28 | u32(h.tos) << 20).raw) + wire16(h.length).raw + (h.next | h.hops << 8) +
         waymark::sum_of(h.source) + waymark::sum_of(h.destination);
}

struct Header4 {
  be32 source, destination;
  u16 length, id, fragment;
  u8 protocol, ttl, tos;
};
// Its checksum makes the header's sum 0xffff, which is zero to whatever checksum covers it.
WM_INLINE void write(Ip4* ip, const Header4& h) {
  const u64 sum = u64(0x45 | h.tos << 8) + wire16(h.length).raw + wire16(h.id).raw + wire16(h.fragment).raw +
                  (h.ttl | h.protocol << 8) + h.source.raw + h.destination.raw;
  ip->version_ihl = 0x45;
  ip->tos = h.tos;
  ip->length = wire16(h.length);
  ip->id = wire16(h.id);
  ip->fragment = wire16(h.fragment);
  ip->ttl = h.ttl;
  ip->protocol = h.protocol;
  ip->checksum = {u16(~fold(sum))};
  ip->source = h.source;
  ip->destination = h.destination;
}

// Identification and flags of an IPv4 header (RFC 7915, 5.1 and 5.1.1): a Fragment Header's, or by length.
WM_INLINE void set_fragment(Header4& h, const Inside& in) {
  if (WM_UNLIKELY(in.has_header)) {
    h.id = u16(in.id);
    h.fragment = u16(in.fragment >> 3 | (in.fragment & 1) << 13);
  } else {
    h.id = 0;
    h.fragment = h.length > kAtomicMost ? 0x4000 : 0;
  }
}

// Identification of an IPv4 packet that had no fragment header and may be fragmented on (RFC 7915, 5.1): drawn from the
// packet itself, of which its transport's checksum knows every byte, so that a repeated packet has its own again and
// others differ from it; no counter is shared by CPUs.
WM_INLINE u16 identification(const u32* key, u64 first_bytes, u16 checksum) {
  const u64 x = (first_bytes ^ u64(checksum) << 16 ^ load64(key)) * 0x9e3779b97f4a7c15ull;
  const u16 id = u16((x ^ x >> 32) >> 16);
  return id ? id : u16(1);
}

}  // namespace waymark::translate
