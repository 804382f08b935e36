// Every key of addresses, whatever section it is in, refuses what stands for no host: one list, fed to each key that
// the schema has, so that none can lack it.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "config/schema.h"
#include "config/text_test.h"

namespace waymark::config {
namespace {

// As whatever a key of addresses may want: an address, a prefix, an address with a port.
std::vector<std::string> forms(const std::string& address) {
  const bool ip6 = address.find(':') != address.npos;
  return {address, address + (ip6 ? "/128" : "/32"), ip6 ? "[" + address + "]:80" : address + ":80"};
}

template <class K>
bool takes(const K& kind, const std::string& text) {
  return bool(kind.read(Node{{}, text}));
}
template <class K>
bool takes_any(const K& kind, const std::string& address) {
  for (const std::string& form : forms(address))
    if (takes(kind, form)) return true;
  return false;
}

// What takes an address, and not what is none.
template <class K>
bool is_of_addresses(const K& kind) {
  return (takes_any(kind, "192.0.2.1") || takes_any(kind, "2001:db8::1")) && !takes(kind, "eth0") &&
         !takes(kind, "a.b");
}

// Calls visit(key, kind) for each value of a section and of those within it.
template <class S, class Visit>
void walk(const S& section, const Visit& visit) {
  const auto field = [&](const auto& f) {
    if constexpr (requires { f.section; }) {
      walk(f.section, visit);
    } else if constexpr (requires { f.kind.section; }) {
      walk(f.kind.section, visit);
    } else if constexpr (requires { f.kind.each.read(Node{}); }) {
      visit(text(Key{f.key, section.label}), f.kind.each);
    } else if constexpr (requires { f.kind.read(Node{}); }) {
      visit(text(Key{f.key, section.label}), f.kind);
    }
  };
  std::apply([&](const auto&... f) { (field(f), ...); }, section.fields);
}

// Keys that may have more: where sockets are.
const std::set<std::string> kPeers = {"\"address\" in [[group.member]]"},
                            kSockets = {"\"listen\" in [group]", "\"listen\" in [dns]", "\"metrics\" in [api]",
                                        "\"health\" in [api]"};

TEST(Addresses, NoKeyTakesWhatStandsForNoHost) {
  std::set<std::string> found;
  walk(kRoot, [&](const std::string& key, const auto& kind) {
    if (!is_of_addresses(kind)) return;
    found.insert(key);
    const bool peers = kPeers.contains(key), sockets = kSockets.contains(key);
    for (const char* bad :
         {"0.1.2.3", "169.254.1.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "ff02::1",
          "fe80::1", "febf::1", "fe80::1%eth0", "2001:db8::1%1", "::ffff:192.0.2.1", "::ffff:0:0"})
      EXPECT_FALSE(takes_any(kind, bad)) << key << " takes " << bad;
    for (const char* loopback : {"127.0.0.1", "127.255.0.9", "::1"}) {
      const bool has_family = takes_any(kind, loopback[0] == ':' ? "2001:db8::1" : "192.0.2.1");
      EXPECT_EQ(takes_any(kind, loopback), (peers || sockets) && has_family) << key << ", " << loopback;
    }
    for (const char* unspecified : {"0.0.0.0", "::"})
      EXPECT_EQ(takes_any(kind, unspecified), sockets) << key << ", " << unspecified;
    for (const char* bad : {"224.0.0.0/4", "240.0.0.0/4", "127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "ff00::/8",
                            "ff02::/96", "fe80::/10", "fe80::/64", "::1/128", "::/128"})
      EXPECT_FALSE(takes(kind, bad)) << key << " takes " << bad;
  });
  EXPECT_EQ(found, (std::set<std::string>{"\"address\" in [director]",
                                          "\"address\" in [edge]",
                                          "\"address4\" in [edge]",
                                          "\"pool\" in [edge]",
                                          "\"anycast\" in [[edge.service]]",
                                          "\"prefix\" in [edge]",
                                          "\"prefix\" in [[edge.member]]",
                                          "\"pool\" in [[edge.member]]",
                                          "\"servers\" in [[edge.service]]",
                                          "\"address\" in [[path.pop]]",
                                          "\"address\" in [[path.server]]",
                                          "\"prefix\" in [[path.access]]",
                                          "\"address\" in [host]",
                                          "\"directors\" in [host]",
                                          "\"address\" in [[host.service]]",
                                          "\"hosts\" in [[host.service]]",
                                          "\"address\" in [[host.director]]",
                                          "\"address\" in [translator]",
                                          "\"prefix\" in [[translator.prefix]]",
                                          "\"ip4\" in [[translator.prefix]]",
                                          "\"ip4\" in [[translator.map]]",
                                          "\"ip6\" in [[translator.map]]",
                                          "\"native\" in [translator]",
                                          "\"pool\" in [translator]",
                                          "\"address\" in [gateway]",
                                          "\"address\" in [[gateway.id]]",
                                          "\"remote\" in [[gateway.tenant.tunnel]]",
                                          "\"ip4\" in [[gateway.tenant.tunnel]]",
                                          "\"gateway\" in [[gateway.tenant.tunnel]]",
                                          "\"prefix\" in [[gateway.tenant.tunnel.route]]",
                                          "\"via\" in [[gateway.tenant.tunnel.route]]",
                                          "\"inside\" in [[gateway.tenant.rule]]",
                                          "\"outside\" in [[gateway.tenant.rule]]",
                                          "\"prefix\" in [[gateway.prefix]]",
                                          "\"ip4\" in [[gateway.prefix]]",
                                          "\"ip4\" in [[gateway.map]]",
                                          "\"ip6\" in [[gateway.map]]",
                                          "\"prefix\" in [[gateway.tenant.site]]",
                                          "\"prefix\" in [[gateway.tenant.prefix]]",
                                          "\"ip4\" in [[gateway.tenant.prefix]]",
                                          "\"ip4\" in [[gateway.tenant.map]]",
                                          "\"ip6\" in [[gateway.tenant.map]]",
                                          "\"address\" in [[service]]",
                                          "\"address\" in [[service.target]]",
                                          "\"listen\" in [group]",
                                          "\"address\" in [[group.member]]",
                                          "\"listen\" in [agents]",
                                          "\"care_of\" in [[authorise]]",
                                          "\"listen\" in [dns]",
                                          "\"resolvers\" in [dns]",
                                          "\"address\" in [[dns.name]]",
                                          "\"prefix\" in [plan.NAME]",
                                          "\"metrics\" in [api]",
                                          "\"health\" in [api]"}))
      << "a key that is not here is either new, and belongs here, or is not seen as one of addresses";
}

// Where a prefix may hold more than hosts' addresses, those are dropped one by one.
TEST(Addresses, SomePrefixesMayHoldWhatStandsForNoHost) {
  const std::set<std::string> wide = {
      "\"inside\" in [[gateway.tenant.rule]]", "\"outside\" in [[gateway.tenant.rule]]",
      "\"ip4\" in [[gateway.prefix]]",         "\"ip4\" in [[gateway.map]]",
      "\"ip4\" in [[gateway.tenant.tunnel]]",  "\"prefix\" in [[gateway.tenant.tunnel.route]]",
      "\"ip4\" in [[gateway.tenant.prefix]]",  "\"prefix\" in [[gateway.tenant.site]]",
      "\"ip4\" in [[gateway.tenant.map]]",     "\"ip4\" in [[translator.prefix]]",
      "\"ip4\" in [[translator.map]]",         "\"native\" in [translator]"};
  walk(kRoot, [&](const std::string& key, const auto& kind) {
    if (!is_of_addresses(kind)) return;
    EXPECT_EQ(takes(kind, "0.0.0.0/0"), wide.contains(key)) << key;
    EXPECT_EQ(takes(kind, "::/0"), key == "\"native\" in [translator]") << key;
    EXPECT_EQ(takes(kind, "::fffe:0:0/95"), key == "\"native\" in [translator]") << key;
  });
}

// One instance of each kind in a file, with its sentence and place.
TEST(Addresses, SentencesSayWhatIsWrong) {
  const std::string group =
      "[group]\nname = \"g\"\nkey = \"/k\"\nlisten = \"10.0.0.1:6090\"\n[[group.member]]\nname = "
      "\"d2\"\naddress = \"10.0.0.2:6090\"\n";  // lines 12 to 18
  const auto with_group = [&](const std::string& from, const std::string& to) { return kSite + with(group, from, to); };
  expect({
      {with_group("10.0.0.1:6090", "[fe80::1]:6090"),
       "f:15:10: \"listen\" in [group] must be an address that a socket can listen at; fe80::1 lies in fe80::/10, "
       "link-local addresses"},
      {with_group("10.0.0.1:6090", "[::]:6090"), ""},
      {with_group("10.0.0.1:6090", "127.0.0.1:6090"), ""},
      {with_group("10.0.0.2:6090", "[::]:6090"),
       "f:18:11: \"address\" in [[group.member]] must be an address that can be reached; :: is the unspecified "
       "address"},
      {with_group("10.0.0.2:6090", "127.0.0.2:6090"), ""},
      {with_group("10.0.0.2:6090", "[::ffff:10.0.0.2]:6090"),
       "f:18:11: \"address\" in [[group.member]] must be the IPv4 address itself, not the mapped \"::ffff:10.0.0.2\""},
      {with(with_group("10.0.0.2:6090", "[2001:0DB8::0:1]:6090"), "10.0.0.1:6090", "[2001:db8::1]:6090"),
       "f:18:11: group member \"d2\" is at [2001:db8::1]:6090, where this node listens"},
      {kSite + "[api]\nmetrics = \"127.0.0.1:9100\"\nhealth = \"127.0.0.1:9100\"\n",
       "f:14:10: \"health\" in [api] is at 127.0.0.1:9100 like \"metrics\" in [api]"},
      {kSite + "[api]\nmetrics = \"[::1]:9100\"\nhealth = \"[::1]:9101\"\n", ""},
      {with_group("", "") + "[api]\nhealth = \"10.0.0.1:6090\"\n",
       "f:20:10: \"health\" in [api] is at 10.0.0.1:6090 like \"listen\" in [group]"},
      {with(kSite, "\"198.51.100.80\"", "\"169.254.0.0/17\""),
       "f:7:11: \"address\" in [[service]] must be of addresses that packets may carry; 169.254.0.0/17 lies in "
       "169.254.0.0/16, link-local addresses"},
      {with(kSite, "\"198.51.100.80\"", "\"2001:db8::/0\""),
       "f:7:11: \"address\" in [[service]] must have no bits behind its length, unlike \"2001:db8::/0\"; \"::/0\" is "
       "probably meant"},
      {with(kSite, "\"198.51.100.80\"", "\"::/0\""),
       "f:7:11: \"address\" in [[service]] must be of addresses that packets may carry; ::/0 holds the unspecified "
       "address"},
  });
}

}  // namespace
}  // namespace waymark::config
