#include "cli/meaning.h"

#include "config/kinds.h"
#include "config/prefixes.h"

namespace waymark::cli {

namespace {

struct Block {
  const char *prefix, *what;
};
// The first that fits is the narrowest.
constexpr Block kBlocks[] = {
    {"255.255.255.255", "the broadcast address (RFC 919)"},
    {"0.0.0.0", "the unspecified address (RFC 1122, 3.2.1.3)"},
    {"192.0.0.0/24", "an address for protocols' own use (RFC 6890)"},
    {"192.0.2.0/24", "an address for documentation (RFC 5737)"},
    {"198.51.100.0/24", "an address for documentation (RFC 5737)"},
    {"203.0.113.0/24", "an address for documentation (RFC 5737)"},
    {"169.254.0.0/16", "a link-local address (RFC 3927)"},
    {"192.168.0.0/16", "a private address (RFC 1918)"},
    {"198.18.0.0/15", "an address for measurements (RFC 2544)"},
    {"172.16.0.0/12", "a private address (RFC 1918)"},
    {"100.64.0.0/10", "a provider's shared address (RFC 6598)"},
    {"0.0.0.0/8", "an address of no host (RFC 1122, 3.2.1.3)"},
    {"10.0.0.0/8", "a private address (RFC 1918)"},
    {"127.0.0.0/8", "a loopback address (RFC 1122, 3.2.1.3)"},
    {"224.0.0.0/4", "a multicast address (RFC 5771)"},
    {"240.0.0.0/4", "a reserved address (RFC 1112, 4)"},
    {"0.0.0.0/0", "a global address"},
    {"::", "the unspecified address (RFC 4291, 2.5.2)"},
    {"::1", "the loopback address (RFC 4291, 2.5.3)"},
    {"64:ff9b::/96", "behind the well-known prefix of translators (RFC 6052, 2.1)"},
    {"100::/64", "an address whose packets are discarded (RFC 6666)"},
    {"64:ff9b:1::/48", "behind a prefix for translators within one network (RFC 8215)"},
    {"2001::/32", "a Teredo address (RFC 4380)"},
    {"2001:db8::/32", "an address for documentation (RFC 3849)"},
    {"3fff::/20", "an address for documentation (RFC 9637)"},
    {"2002::/16", "a 6to4 address (RFC 3056)"},
    {"fe80::/10", "a link-local address (RFC 4291, 2.5.6)"},
    {"ff00::/8", "a multicast address (RFC 4291, 2.7)"},
    {"fc00::/7", "a unique local address (RFC 4193)"},
    {"2000::/3", "a global address (RFC 4291, 2.5.4)"},
    {"::/0", "in no block that is assigned (RFC 4291, 2.4)"},
};

Prefix prefix_of(const char* text) { return *config::PrefixOf{}.parse(config::Node{{}, std::string(text)}); }

}  // namespace

std::string general_meaning(const Address& address) {
  for (const Block& block : kBlocks)
    if (contains(prefix_of(block.prefix), address)) return block.what;
  return "";
}

}  // namespace waymark::cli
