// A UDP datagram that an agent wants sent.
#pragma once

#include <vector>

#include "core/address.h"

namespace waymark::agents {

struct Datagram {
  Address from{};  // the local address; unspecified (::): whichever the route gives
  Address to{};
  u16 port = 0;  // of `to`
  std::vector<u8> bytes;
};

}  // namespace waymark::agents
