#include "config/prefixes.h"

#include <fmt/format.h>

#include "base/address_text.h"

namespace waymark {
namespace {

constexpr Prefix ip4(u8 first, u8 length) { return {address_of(be32{first}), length}; }
constexpr Prefix ip6(u16 first, u8 length) { return {{swap16(first), 0}, length}; }

constexpr Range kMartians[] = {
    {ip4(0, 8), "addresses of no host"},
    {ip4(127, 8), "loopback addresses"},
    {ip4(224, 3), "multicast and reserved addresses"},
    {{{0, 0}, 128}, "the unspecified address"},
    {{{0, u64(1) << 56}, 128}, "the loopback address"},
    {ip6(0xfe80, 10), "link-local addresses"},
    {ip6(0xff00, 8), "multicast addresses"},
};
// Not in the table above, as an Address in it is IPv4.
constexpr Range kMapped = {{{0, kMappedPrefix}, 96}, "IPv4-mapped addresses"};

bool holds_mapped(const Prefix& p) {
  return !is_ip4(p.address) && p.length <= 96 && !any((p.address ^ kMapped.prefix.address) & mask_of(p));
}

}  // namespace

const Range* martian_around(const Prefix& prefix) {
  for (const Range& range : kMartians)
    if (contains(range.prefix, prefix)) return &range;
  return nullptr;
}

const Range* martian_within(const Prefix& prefix) {
  for (const Range& range : kMartians)
    if (overlap(range.prefix, prefix)) return &range;
  return holds_mapped(prefix) ? &kMapped : nullptr;
}

}  // namespace waymark
