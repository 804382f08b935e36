// What explain says of an address is what the packet core does with it: addresses around every prefix of a
// configuration, each in packets of all kinds.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "cli/translated_test.h"
#include "core/translate/map.h"
#include "roles/prefix_set.h"
#include "roles/translator/reasons.h"
#include "roles/translator/translations.h"
#include "tests/translator/site.h"

namespace waymark::cli {

namespace {

using packets::Bytes;
using translator_cases::Became;

struct Around {
  const char* name;
  std::string toml;
  const char *plain4, *plain6;  // whom packets are to and from: they go through
  const char* turned6;          // packets to it turn round. "": there is none
  std::set<std::string> met;    // what must have happened
};

std::ostream& operator<<(std::ostream& out, const Around& around) { return out << around.name; }

// Every prefix that the configuration names, and special addresses under each of those that embed.
std::vector<Prefix> prefixes_of(const TranslatorConfig& t) {
  std::vector<Prefix> all = t.native;
  for (const AddressMapConfig& m : t.map) all.insert(all.end(), {m.ip4, m.ip6});
  for (const EmbeddingConfig& e : t.prefix) all.push_back(e.prefix), all.insert(all.end(), e.ip4.begin(), e.ip4.end());
  for (const Address& own : t.address) all.push_back({own, u8(is_ip4(own) ? 32 : 128)});
  for (const char* special : {"127.0.0.1", "169.254.7.7", "224.0.0.9", "0.0.0.0", "255.255.255.255", "10.9.8.7",
                              "192.168.3.4", "8.8.4.4", "203.0.113.80", "192.0.2.7", "203.0.113.3"}) {
    const Address ip4 = *parse_address(special);
    all.push_back({ip4, 32});
    for (const EmbeddingConfig& e : t.prefix) {
      const Mapping m = embedded_mapping(e.prefix, kAllIp4, true);
      all.push_back({address6(translate::to_ip6(&m, number(ip4_of(ip4)))), 128});
    }
  }
  return all;
}

// Within the prefix or just beside it; IPv6 ones with bits 64 to 71 clear in every second.
Address near(const Prefix& prefix, std::mt19937_64& random) {
  const bool ip6 = !is_ip4(prefix.address);
  const u32 bits = ip6 ? 128 : 32, least = prefix.length > 2 ? prefix.length - 2u : 0;
  const u32 kept = random() % 4 ? least + u32(random() % (bits - least + 1)) : bits;
  const AddressBits mask = mask_of(kept, ip6), base = numbers(prefix);
  const bool zeros = random() % 4 == 0;
  AddressBits n = {(base.high & mask.high) | (zeros ? 0 : random() & ~mask.high),
                   (base.low & mask.low) | (zeros ? 0 : random() & ~mask.low)};
  if (ip6 && random() % 2) n.low &= ~u64(0) >> 8;
  return ip6 ? address6(n) : address4(u32(n.low));
}

std::optional<Fate> fate_of(const Translation& t, Where where) {
  for (const auto& [other, fate] : t.others)
    if (other == where) return fate;
  return {};
}

class Agrees : public testing::TestWithParam<Around> {
 protected:
  void expect(const Fate& fate, const Bytes& packet, bool source) {
    std::ranges::fill(site_.scene().engine().live().limits, 0);  // so many answers are due at once
    const Became got = site_.receive(packet);
    met_.insert(got.reason);
    if (fate.address) {
      if (got.reason == "parse.land") return;  // to itself
      ASSERT_EQ(got.out.size(), 1u) << got.reason << ", but was said to be " << text(*fate.address);
      const bool ip6 = got.out[0].at(0) >> 4 == 6;
      const u8* at = &got.out[0].at(ip6 ? (source ? 8 : 24) : (source ? 12 : 16));
      EXPECT_EQ(text(ip6 ? load_address(at) : address_of({load32(at)})), text(*fate.address)) << got.reason;
    } else if (fate.why.starts_with("dropped, ")) {
      EXPECT_TRUE(fate.why.starts_with("dropped, " + got.reason + ":")) << got.reason << ", but: " << fate.why;
    } else {
      const std::set<std::string> kernels = {"steer.not_ours", "translator.local", "director.closed_unreachable"};
      EXPECT_TRUE(kernels.contains(got.reason)) << got.reason << ", but: " << fate.why;
    }
  }

  void look_at(const Address& address, const Translation& t) {
    const std::string a = text(address);
    const bool ip6 = !is_ip4(address);
    const auto packet = [&](const std::string& from, const std::string& to) {
      return ip6 ? packets::ip6({from, to}, packets::udp(4000, 53)) : packets::ip4({from, to}, packets::udp(4000, 53));
    };
    const std::string plain = ip6 ? p_.plain6 : p_.plain4, turned = ip6 ? p_.turned6 : "";
    if (a == plain) return;
    expect(fate_of(t, Where::turned).value_or(t.destination), packet(plain, a), false);
    // Only whose own address it is can be told without a word on it as a source.
    const bool speaks = ip6 ? own_.ip6 != Address{} : own_.ip4 != 0;
    const Fate none = {{}, std::string("dropped, translator.source_unknown") + (speaks ? "_told:" : ":")};
    const bool is_own = !t.destination.address && !t.destination.why.starts_with("dropped, ");
    const Fate source = fate_of(t, Where::source).value_or(is_own ? none : t.destination);
    expect(source, packet(a, plain), true);
    if (!turned.empty())
      expect(fate_of(t, Where::source_turned).value_or(source.address ? Fate{address, ""} : source), packet(a, turned),
             true);
    if (ip6 || is_own) return;
    const Bytes quoted = packets::ip4({plain, "8.8.4.4"}, packets::udp(4000, 53));
    expect(fate_of(t, Where::source_of_error).value_or(source),
           packets::ip4({a, plain}, packets::icmp_error(false, 3, 1, quoted)), true);
  }

  const Around& p_ = GetParam();
  translator_cases::TranslatorSite site_{GetParam().toml};
  const OwnAddresses own_ = Explainer(GetParam().toml).image.settings.own[translator::kModule];
  std::set<std::string> met_;
};

}  // namespace

TEST_P(Agrees, WithTheCore) {
  const Explainer said(p_.toml);
  const std::vector<Prefix> all = prefixes_of(*said.config.translator);
  std::mt19937_64 random(7757);
  for (u32 i = 0; i < 6'000 && !HasFailure(); ++i) {
    const Address address = near(all[i % all.size()], random);
    // Nothing said: the kernel's as a destination, unknown as a source; a martian is one whoever asks.
    const bool martian =
        is_ip4(address) ? translate::is_martian(number(ip4_of(address))) : translate::is_martian(address);
    const Translation nothing = {{{}, "nobody's"}, {}};
    const std::optional<Translation> t = said.ask(address);
    SCOPED_TRACE(text(address) + "\n" + (t ? to_text(*t) : "nothing is said"));
    if (t || !martian) look_at(address, t.value_or(nothing));
  }
  for (const std::string& reason : p_.met) EXPECT_TRUE(met_.contains(reason)) << reason;
}

INSTANTIATE_TEST_SUITE_P(
    Translated, Agrees,
    testing::Values(Around{"Mixed",
                           mixed(),
                           "8.0.2.9",
                           "64:ff9b::808:808",
                           "64:ff9b::800:209",
                           {"translator.to_ip6", "translator.to_ip4", "translator.hairpinned", "translator.local",
                            "translator.reserved_bits", "translator.nonglobal_told", "translator.source_unknown_told",
                            "translator.would_return", "parse.martian_source", "steer.not_ours"}},
                    Around{"Nonglobal",
                           mixed("nonglobal = true\n"),
                           "8.0.2.9",
                           "64:ff9b::808:808",
                           "64:ff9b::800:209",
                           {"translator.to_ip6", "translator.to_ip4", "translator.hairpinned", "translator.martian"}},
                    Around{"Lengths",
                           lengths(),
                           "8.8.8.8",
                           "2001:db8:48:808:8:800::",
                           "",
                           {"translator.to_ip6", "translator.to_ip4", "translator.martian", "translator.reserved_bits",
                            "director.closed_unreachable"}}),
    [](const auto& around) { return std::string(around.param.name); });

}  // namespace waymark::cli
