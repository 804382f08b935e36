// The keys of [dns]: what must hold between them, in sentences.
#include <gtest/gtest.h>

#include "config/difference.h"
#include "config/text_test.h"
#include "tests/dns/texts.h"

namespace waymark {
namespace {

const std::string kOne = "[dns]\nlisten = \"2001:db8::53\"\n",
                  kZone = "[[dns.zone]]\nname = \"a.example\"\nns = \"ns.b.example\"\n",
                  kAddress = "address = \"2001:db8::1\"\n";

std::string name(const std::string& of, const std::string& keys = kAddress) {
  return "[[dns.name]]\nname = \"" + of + "\"\n" + keys;
}

void says(const std::string& more, const std::string& sentence, const std::string& begin = dns::kSite) {
  const std::string problems = problems_of(begin + more);
  EXPECT_NE(problems.find(sentence), std::string::npos) << problems << more;
  EXPECT_FALSE(parse_config(begin + more, "f").config) << sentence;
}

void warns(const std::string& more, const std::string& sentence) {
  EXPECT_NE(problems_of(dns::kSite + more).find(sentence), std::string::npos) << problems_of(dns::kSite + more);
  EXPECT_TRUE(parse_config(dns::kSite + more, "f").config) << sentence;
}

TEST(DnsKeys, AreRead) {
  EXPECT_EQ(problems_of(std::string(dns::kSite) + dns::kNames), "");
  const DnsConfig d = parse_config(std::string(dns::kSite) + dns::kNames, "f").config.value().dns.value();
  EXPECT_EQ(d.port, 53);
  EXPECT_EQ(d.name.at(2).server.at(0).weight, 30u);
  EXPECT_EQ(d.name.at(1).https->alpn.size(), 2u);
  EXPECT_EQ(parse_config(dns::kSite + kOne + kZone + name("WWW.A.Example."), "f").config.value().dns->name.at(0).name,
            "www.a.example");
}

TEST(DnsKeys, NeedPathsAndZones) {
  says(kOne + kZone, "[dns] needs a [path]: its POPs, servers, policies and plans are what addresses are made of",
       "[engine]\ninterfaces = { eth0 = \"public\" }\n[translator]\naddress = \"192.0.2.1\"\n");
  says(kOne, "[dns] has no [[dns.zone]], so it would refuse every question");
  says("[dns]\n" + kZone, "\"listen\" in [dns] is missing");
  says("[dns]\nlisten = [\"2001:db8::53\", \"2001:db8::53\"]\n" + kZone,
       "\"listen\" in [dns] is at [2001:db8::53]:53 like \"listen\" in [dns]");
}

TEST(DnsKeys, NamesAreNames) {
  for (const std::string bad : {"", ".", "a..example", ".a.example", "a b.example", "a.example/", "*.a.example"})
    says(kOne + kZone + name(bad), "must be a name such as \"www.example.net\"");
  says(kOne + kZone + name(std::string(64, 'x') + ".a.example"), "must have parts of at most 63 characters");
  EXPECT_EQ(problems_of(dns::kSite + kOne + kZone + name(std::string(63, 'x') + "._1-.a.example")), "");
  std::string longest;
  while (longest.size() < 240) longest += "x.";
  EXPECT_EQ(problems_of(dns::kSite + kOne + kZone + name(longest + "yyy.a.example")), "") << "253 characters";
  says(kOne + kZone + name(longest + "yyyy.a.example"), "must be a name such as");
}

TEST(DnsKeys, ZonesAndNamesAreOneTree) {
  says(kOne + kZone + kZone, "zone \"a.example\" is defined twice");
  says(kOne + kZone + "[[dns.zone]]\nname = \"x.a.example\"\nns = \"ns.b.example\"\n",
       "zone \"x.a.example\" lies in zone \"a.example\": leave it out, as the zone above may have its names");
  says(kOne + kZone + name("www.a.example") + name("WWW.a.example"), "DNS name \"www.a.example\" is defined twice");
  says(kOne + kZone + name("www.b.example"), "DNS name \"www.b.example\" lies in no [[dns.zone]]");
  says(kOne + kZone + name("xa.example"), "DNS name \"xa.example\" lies in no [[dns.zone]]");
  says(kOne + kZone + name("www.a.example", ""),
       "DNS name \"www.a.example\" has no record: neither a \"server\", an \"address\" nor an \"https\"");
  const std::string own = "[[dns.zone]]\nname = \"a.example\"\nns = \"ns.a.example\"\n";
  says(kOne + own,
       "zone \"a.example\" has the name server ns.a.example, which has no [[dns.name]] with an \"address\"");
  says(kOne + own + name("ns.a.example", "policy = \"web\"\nserver = [{ id = 7 }]\n" + kAddress),
       "which has a \"server\": its addresses must be the same for all");
  EXPECT_EQ(problems_of(dns::kSite + kOne + own + name("ns.a.example")), "");
}

TEST(DnsKeys, ServersAreThePaths) {
  const auto www = [](const std::string& keys) { return kOne + kZone + name("www.a.example", keys); };
  says(www("policy = \"web\"\nserver = [{ id = 9 }]\n"), "has server 9, and there is no [[path.server]] of that id");
  says(www("policy = \"web\"\nserver = [{ id = 7 }, { id = 7 }]\n"), "has server 7 twice");
  says(www("policy = \"web\"\nserver = [{ id = 7, weight = 0 }]\n"), "has servers of weight 0 alone");
  says(www("server = [{ id = 7 }]\n"), "has a \"server\" and no \"policy\", which is part of its addresses");
  says(www("policy = \"wbe\"\nserver = [{ id = 7 }]\n"), "has the policy \"wbe\", and there is no [[path.policy]]");
  warns(www("policy = \"web\"\n" + kAddress), "has \"policy\", which has no effect without \"server\"");
  const auto other = [](const std::string& layout) {
    return with(dns::kSite, "id:16 path:5x8 policy:4 epoch:2 tag:26", layout);
  };
  const std::string good = www("policy = \"web\"\nserver = [{ id = 7 }]\n");
  says(good, "has server 7, and an id has 2 bits in the servers' plan", other("id:2 path:5x8 policy:4 epoch:2 tag:40"));
  says(good, "whose index, 2, is more than the 1 bits", other("id:16 path:5x8 policy:1 epoch:2 tag:29"));
  says(good, "has the field \"tenant\", and [dns] has no value for it",
       other("id:16 path:5x8 policy:4 tenant:4 epoch:2 tag:22"));
}

TEST(DnsKeys, ScopesAreWide) {
  says("[dns]\nlisten = \"::1\"\nscope = 64\n" + kZone,
       "\"scope\" in [dns] is 64, but answers depend on the first 128 bits of a client's address");
  EXPECT_EQ(problems_of(with(dns::kSite, "over = \"pair\"\n", "") + "[dns]\nlisten = \"::1\"\nscope = 48\n" + kZone),
            "");
  says("[dns]\nlisten = \"::1\"\nscope = 47\n" + kZone, "answers depend on the first 48 bits",
       with(dns::kSite, "over = \"pair\"\n", ""));
}

TEST(DnsKeys, HttpsRecords) {
  const auto www = [](const std::string& keys) {
    return kOne + kZone + name("www.a.example", kAddress + "https = { " + keys + " }\n");
  };
  EXPECT_EQ(problems_of(dns::kSite + www("alpn = \"h2\"")), "");
  says(www("priority = 0"), "has priority 0 and no other \"target\": it would be an alias of itself");
  says(www("alpn = \"h 2\""), "must be a protocol such as \"h2\"");
  warns(www("priority = 0, target = \"b.example\", port = 1"), "has \"port\", which has no effect with priority 0");
}

TEST(DnsKeys, NumbersHaveLimits) {
  says("[dns]\nlisten = \"::1\"\nttl = \"6m\"\n" + kZone, "\"ttl\" in [dns] must be");
  says("[dns]\nlisten = \"::1\"\nrate = 0\n" + kZone, "\"rate\" in [dns] must be");
  std::string many = "address = [";
  for (int i = 1; i <= 17; ++i) many += "\"2001:db8::" + std::to_string(i) + "\", ";
  says(kOne + kZone + name("www.a.example", many + "]\n"), "has 17 addresses in \"address\"; at most 16 are supported");
  says(kOne + kZone + name("www.a.example", "address = [\"192.0.2.1\", \"192.0.2.1\"]\n"),
       "has 192.0.2.1 in \"address\" twice");
}

TEST(DnsKeys, AReloadTellsOfNames) {
  const Config before = parse_config(dns::kSite + kOne + kZone + name("x.a.example"), "f").config.value();
  const Config after = parse_config(dns::kSite + kOne + kZone + name("y.a.example"), "f").config.value();
  EXPECT_EQ(difference(before, after), "+1 name (y.a.example), -1 name (x.a.example), changed [dns]");
  EXPECT_EQ(difference(after, after), "no difference in services, targets, members or interfaces");
}

}  // namespace
}  // namespace waymark
