#include "config/prefixes.h"

#include <fmt/format.h>

#include "base/address_text.h"

namespace waymark {
namespace {

constexpr Prefix ip4(u8 first, u8 length) { return {address_of(be32{first}), length}; }
constexpr Prefix ip6(u16 first, u8 length) { return {{swap16(first), 0}, length}; }

struct Range {
  Prefix prefix;
  const char* what;
  Takes from = Takes::hosts;  // who may have it: peers or sockets; hosts: nobody
};
constexpr Range kMartians[] = {
    {{address_of(be32{0}), 32}, "the unspecified address", Takes::sockets},
    {ip4(0, 8), "addresses of no host"},
    {ip4(127, 8), "loopback addresses", Takes::peers},
    {{address_of(be32{0xfea9}), 16}, "link-local addresses"},
    {ip4(224, 3), "multicast and reserved addresses"},
    {{{0, 0}, 128}, "the unspecified address", Takes::sockets},
    {{{0, u64(1) << 56}, 128}, "the loopback address", Takes::peers},
    {ip6(0xfe80, 10), "link-local addresses"},
    {ip6(0xff00, 8), "multicast addresses"},
};
// Not in the table above, as an Address in it is IPv4.
constexpr Range kMapped = {{{0, kMappedPrefix}, 96}, "IPv4-mapped addresses"};

bool holds_mapped(const Prefix& p) {
  return !is_ip4(p.address) && p.length <= 96 && !any((p.address ^ kMapped.prefix.address) & mask_of(p));
}

}  // namespace

std::string why_not(const Prefix& prefix, Takes takes) {
  for (const Range& range : kMartians) {
    if (contains(range.prefix, prefix)) {
      if (range.from != Takes::hosts && takes >= range.from) return {};
      return is_one(range.prefix) ? fmt::format("{} is {}", text(prefix), range.what)
                                  : fmt::format("{} lies in {}, {}", text(prefix), text(range.prefix), range.what);
    }
    if (takes != Takes::some && overlap(range.prefix, prefix))
      return fmt::format("{} holds {}", text(prefix), range.what);
  }
  if (takes != Takes::some && holds_mapped(prefix)) return fmt::format("{} holds {}", text(prefix), kMapped.what);
  return {};
}

}  // namespace waymark
