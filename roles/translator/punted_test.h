// What the tests of split() and realign() share.
#pragma once

#include "tests/kit/packets.h"

namespace waymark::translator {

using namespace packets;

inline u32 word(const Bytes& b, std::size_t at) { return u32(b[at] << 8 | b[at + 1]); }
inline Bytes range(const Bytes& b, std::size_t from, std::size_t to) {
  return {b.begin() + long(from), b.begin() + long(to)};
}

inline Bytes numbered(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = uint8_t(i * 7 + i / 256);
  return out;
}

inline const Ip6Header kFrom6 = {.source = "2001:db8::1", .destination = "64:ff9b::198.51.100.2"};

}  // namespace waymark::translator
