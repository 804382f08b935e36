// Whom packets to an IPv4 address reach: a host with a map, one under a prefix that is native there, or nobody. RFC
// 7915, 4.6 and 5.6; what nobody has would go round between this translator and its routers.
#include "tests/translator/cases.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo6 = "translator.to_ip6", kReturns = "translator.would_return", kNotOurs = "steer.not_ours";
const std::string kNetwork = "203.0.113.0/24", kMapped = "203.0.113.6", kNobody = "203.0.113.7";

// A network of IPv6 hosts by maps, of which only .6 is there, beside all IPv4 hosts under a prefix.
std::string hosts(const std::string& keys = "", const std::string& embedding = prefix("2001:db8:64::/96")) {
  return site({.prefixes = embedding + map(kMapped + "/32", "2001:db8:6::6/128"), .keys = keys});
}

// 203.0.113.7 under a prefix, with a native entry for what is within: it is a host there.
void under(Cases& c, const std::string& name, const std::string& embedding, const std::string& native,
           const std::string& host6, const std::string& nobody6) {
  const Bytes in = four(udp(4000, 53), {.destination = kNobody});
  const std::string keys = "native = [\"" + native + "\"]";
  c.push_back({"host_native_" + name,
               "RFC 7915, 5.6: native there, so an IPv6 host: its packets do not come back",
               hosts(keys, prefix(embedding)),
               in,
               kTo6,
               {six(udp(4000, 53), {.hops = 63, .source = host6, .destination = nobody6})}});
  const Bytes beside = four(udp(4000, 53), {.destination = "203.0.113.16"});
  c.push_back({"host_native_beside_" + name,
               "but what is beside it is nobody's",
               hosts(keys, prefix(embedding)),
               beside,
               kReturns,
               {told4(3, 1, 0, beside)}});
}

}  // namespace

void add_hosts(Cases& c) {
  const Payload p = udp(4000, 53);
  const std::string goes_round = "RFC 1812, 4.3.3.1: no host has it, and its translation would come back";
  const Bytes in = four(p, {.destination = kNobody});
  c.push_back({"host_nobody", goes_round, hosts(), in, kReturns, {told4(3, 1, 0, in)}});
  const Bytes tcp4 = four(tcp(4000, 80, "S"), {.destination = kNobody});
  c.push_back({"host_nobody_tcp", goes_round, hosts(), tcp4, kReturns, {told4(3, 1, 0, tcp4)}});
  c.push_back({"host_nobody_error", "RFC 1812, 4.3.2.7: nothing is said about an error", hosts(),
               four(error4(3, 1, 0, four(p, {.source = kNobody, .destination = kHost4})), {.destination = kNobody}),
               "translator.error_withheld"});
  const Bytes last = four(p, {.ttl = 1, .destination = kNobody});
  c.push_back({"host_nobody_hop_limit",
               "RFC 1812, 5.3.1: a router looks at the hop limit first",
               hosts(),
               last,
               "translator.hop_limit",
               {told4(11, 0, 0, last)}});
  c.push_back({"host_mapped",
               "a host with a map",
               hosts(),
               four(p, {.destination = kMapped}),
               kTo6,
               {six(p, {.hops = 63, .destination = "2001:db8:6::6"})}});
  c.push_back({"host_source",
               "whose packets come from an IPv4 host under the same prefix",
               hosts(),
               six(p, {.source = "2001:db8:6::6", .destination = "2001:db8:64::" + kNobody}),
               "translator.to_ip4",
               {four(p, {.ttl = 63, .id = 0, .fragment = 0, .source = kMapped, .destination = kNobody})}});
  c.push_back({"host_without_maps",
               "RFC 6052, 2.2: without maps IPv6 hosts have embedded addresses",
               site(),
               four(p, {.destination = kNobody}),
               kTo6,
               {six(p, {.hops = 63, .destination = "2001:db8:64::" + kNobody})}});

  under(c, "96", "2001:db8:64::/96", "2001:db8:64::203.0.113.0/124", kHost6, "2001:db8:64::" + kNobody);
  under(c, "64", "2001:db8:122:344::/64", "2001:db8:122:344:cb:71:700::/104",
        "2001:db8:122:344:c6:3364:200::", "2001:db8:122:344:cb:71:700::");
  under(c, "48", "2001:db8:122::/48", "2001:db8:122:cb00:71:700::/88",
        "2001:db8:122:c633:64:200::", "2001:db8:122:cb00:71:700::");
  under(c, "32", "2001:db8::/32", "2001:db8:cb00:7107::/64", "2001:db8:c633:6402::", "2001:db8:cb00:7107::");
  c.push_back({"host_native_octet",
               "RFC 6052, 2.2: bits 64 to 71 of no embedded address are set",
               hosts("native = [\"2001:db8:122:344:1cb:71:700::/104\"]", prefix("2001:db8:122:344::/64")),
               in,
               kReturns,
               {told4(3, 1, 0, in)}});
  c.push_back({"host_native_prefix",
               "the whole prefix is native: nothing is translated to IPv4 there",
               hosts("native = [\"2001:db8:64::/95\"]"),
               in,
               kTo6,
               {six(p, {.hops = 63, .destination = "2001:db8:64::" + kNobody})}});
  c.push_back({"host_native4", "native in IPv4 it is the kernel's, whatever is native in IPv6",
               hosts("native = [\"203.0.113.0/24\", \"2001:db8:64::203.0.113.7/128\"]", prefix("2001:db8:64::/96")), in,
               kNotOurs});
  const std::string two = prefix("2001:db8:64::/96") + prefix("2001:db8:65::/96", kNetwork);
  c.push_back({"host_native_other_prefix",
               "RFC 6052, 3.2: it has an address under the other prefix",
               hosts("native = [\"2001:db8:64::203.0.113.7/128\"]", two),
               in,
               kReturns,
               {told4(3, 1, 0, in)}});
  c.push_back({"host_native_ip4",
               "an \"ip4\" that lies within what is native",
               hosts("native = [\"2001:db8:65::203.0.112.0/119\"]", two),
               in,
               kTo6,
               {six(p, {.hops = 63, .destination = "2001:db8:65::" + kNobody})}});
}

}  // namespace waymark::translator_cases
