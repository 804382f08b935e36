// How many answers a prefix of sources gets that prove nothing: response rate limiting, in a table of fixed size. Each
// prefix has a debt in time, which an answer makes larger and time makes smaller; one second of it is what it may owe.
#pragma once

#include <vector>

#include "base/prefix.h"
#include "base/time.h"
#include "core/siphash.h"

namespace waymark::dns {

// Sources that count as one: an IPv6 /56 or an IPv4 /24.
Address source_prefix(const Address& from);

class Limiter {
 public:
  explicit Limiter(const SipKey& key, u32 sets = 16'384);

  enum class Verdict : u8 { pass, slip, drop };  // slip: every other one beyond the rate, to be told of another way
  Verdict ask(const Address& from, u32 rate, Time now);

 private:
  static constexpr u32 kWays = 4;
  struct Entry {
    u64 key;
    Time paid;  // when nothing is owed any more
    bool slipped;
  };

  SipKey key_;
  std::vector<Entry> entries_;
};

}  // namespace waymark::dns
