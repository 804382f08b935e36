// A set of prefixes of both IP versions, and which others lie within them.
#pragma once

#include <set>
#include <tuple>
#include <vector>

#include "config/config.h"
#include "core/prefix.h"

namespace waymark {

inline AddressBits numbers(const Prefix& p) { return is_ip4(p.address) ? bits4(p.address) : bits6(p.address); }
// IPv4 addresses count as the last 32 bits of 128.
inline AddressBits mask_of(u32 length, bool ip6) { return mask_of(ip6 ? length : 96 + length); }

// The first bits of a prefix, as many as `length`, to be found by.
using PrefixKey = std::tuple<bool, u8, u64, u64>;
inline PrefixKey key_of(const Prefix& p, u32 length) {
  const bool ip6 = !is_ip4(p.address);
  const AddressBits n = numbers(p) & mask_of(length, ip6);
  return {ip6, u8(length), n.high, n.low};
}

class PrefixSet {
 public:
  PrefixSet() = default;
  explicit PrefixSet(const std::vector<Prefix>& all) {
    for (const Prefix& p : all) add(p);
  }
  bool add(const Prefix& p) {  // false: it was there
    lengths_.insert(p.length);
    return known_.insert(key_of(p, p.length)).second;
  }
  // Whether `p` lies within one of these, or is one.
  bool covers(const Prefix& p) const { return any(p, lengths_.upper_bound(p.length)); }
  // Whether `p` lies within a shorter one of these.
  bool covers_more_than(const Prefix& p) const { return any(p, lengths_.lower_bound(p.length)); }

 private:
  bool any(const Prefix& p, std::set<u8>::const_iterator end) const {
    for (auto length = lengths_.begin(); length != end; ++length)
      if (known_.contains(key_of(p, *length))) return true;
    return false;
  }

  std::set<PrefixKey> known_;
  std::set<u8> lengths_;
};

}  // namespace waymark
