// What holds for all packets: random valid ones, and what a broken or hostile sender makes of the cases'.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/kit/mutate.h"
#include "tests/kit/packet_reader.h"
#include "tests/translator/cases.h"
#include "tests/translator/judge.h"
#include "tests/translator/site.h"

namespace waymark::translator_cases {
namespace {

using reader::Read;

// The same packets in every run; RC_PARAMS of one's own goes before.
[[maybe_unused]] const int kFixed = setenv("RC_PARAMS", "seed=7915 max_success=1500 max_size=200", 0);

TranslatorSite& wide() {
  static TranslatorSite s(site({.engine = "mtu = { eth0 = 9000, eth1 = 9000 }", .keys = "lowest_ip6_mtu = 9000"}));
  return s;
}
TranslatorSite& narrow() {
  static TranslatorSite s(site({.engine = "mtu = { eth0 = 576, eth1 = 1280 }"}));
  return s;
}

template <class T>
T between(T least, T most) {
  return *rc::gen::inRange<T>(least, T(most + 1));
}
bool coin() { return *rc::gen::arbitrary<bool>(); }
Bytes random_bytes(size_t size) {
  std::mt19937 random(*rc::gen::arbitrary<uint32_t>());
  Bytes b(size);
  for (uint8_t& byte : b) byte = uint8_t(random());
  return b;
}

Payload transport(bool ip6, size_t most, size_t least = 0) {
  const Bytes data = random_bytes(between(least, most));
  const uint16_t a = *rc::gen::arbitrary<uint16_t>(), b = *rc::gen::arbitrary<uint16_t>();
  switch (between(0, 5)) {
    case 0:
      return tcp(a, b, "PA", data);
    case 1:
      return tcp(a, b, "S", data, Bytes{2, 4, 5, 0xb4});
    case 2:
      return ip6 ? icmp6(uint8_t(128 + coin()), 0, data) : icmp4(coin() ? 8 : 0, 0, data);
    case 3:
      return raw(*rc::gen::element<uint8_t>(50, 47, 132, 51), data);
    case 4:
      return {33, Bytes{uint8_t(a >> 8), uint8_t(a), 0, 80, 4, 0, 0, 0, 0, 0, 0, 1} + data, 0, 33, 6, true};
    default:
      return udp(a, b, data);
  }
}

// Host to peer, or as quoted in an error between them.
Bytes packet(bool ip6, const Payload& p, bool back = false, bool may_be_cut = false) {
  const uint8_t hops = uint8_t(between(2, 255)), tos = uint8_t(between(0, 255));
  if (ip6)
    return back ? quoted6(p, {.hops = hops, .traffic_class = tos}) : six(p, {.hops = hops, .traffic_class = tos});
  const Four h = {.ttl = hops,
                  .tos = tos,
                  .id = *rc::gen::arbitrary<uint16_t>(),
                  .fragment = uint16_t(coin() && !may_be_cut ? 0x4000 : 0)};
  return back ? quoted4(p, h) : four(p, h);
}

Bytes piece(bool ip6, size_t least = 24) {
  const uint8_t protocol = *rc::gen::element<uint8_t>(17, 6, 50);
  const bool more = coin();
  const uint16_t offset = uint16_t(between(more ? 0 : 1, 4000)), id = *rc::gen::arbitrary<uint16_t>();
  Bytes data = random_bytes(more ? 8 * between<size_t>(least / 8, 170) : between<size_t>(least, 1400));
  if (!offset && protocol == 17) data = Bytes{0, 1, 0, 2, 4, 0, 9, 9} + random_bytes(data.size() - 8);
  if (!offset && protocol == 6) data[12] = 0x50;
  const uint8_t hops = uint8_t(between(2, 255));
  if (ip6) return six(fragment6(offset, more, raw(protocol, data), id), {.hops = hops});
  return four(raw(protocol, data), {.ttl = hops, .id = id, .fragment = uint16_t(offset | (more ? 0x2000 : 0))});
}

struct ErrorKind {
  uint8_t type, code;
  uint32_t second;
};
// Those that come back as they went (RFC 7915, 4.2 and 5.2): of others several become one.
const std::vector<ErrorKind> kKinds4 = {{3, 1, 0},         {3, 2, 0},         {3, 3, 0},         {3, 4, 1300},
                                        {3, 10, 0},        {11, 0, 0},        {11, 1, 0},        {12, 0, 1u << 24},
                                        {12, 0, 2u << 24}, {12, 0, 8u << 24}, {12, 0, 9u << 24}, {12, 0, 12u << 24},
                                        {12, 0, 16u << 24}};
const std::vector<ErrorKind> kKinds6 = {{1, 0, 0}, {1, 1, 0}, {1, 4, 0},  {2, 0, 1300}, {3, 0, 0},
                                        {3, 1, 0}, {4, 0, 0}, {4, 0, 1},  {4, 0, 4},    {4, 0, 6},
                                        {4, 0, 7}, {4, 0, 8}, {4, 0, 24}, {4, 1, 6}};

Bytes an_error(bool ip6, size_t most) {
  const auto kind = ip6 ? *rc::gen::elementOf(kKinds6) : *rc::gen::elementOf(kKinds4);
  const size_t head = ip6 ? 40 : 20;
  Bytes quoted = packet(ip6, transport(ip6, most), true);
  quoted = cut(quoted, std::min(quoted.size(), head + between<size_t>(8, most)));
  const Payload error =
      ip6 ? error6(kind.type, kind.code, kind.second, quoted) : error4(kind.type, kind.code, kind.second, quoted);
  return ip6 ? complaint6(error, {.hops = uint8_t(between(2, 255))})
             : complaint4(error, {.ttl = uint8_t(between(2, 255))});
}

// ---- There and back ------------------------------------------------------------------------------------------------

// A transport's bytes; a checksum of ffff is one of 0.
Bytes plain(const Bytes& p, const Read& r) {
  Bytes b = part(p, r.transport, std::min(p.size(), r.end));
  const auto at = reader::checksum_at(r);
  if (at && b.size() >= *at + 2 && b[*at] == 0xff && b[*at + 1] == 0xff) b[*at] = b[*at + 1] = 0;
  return b;
}

// RFC 7915 loses an IPv4 packet's identification and DF where it is no fragment, its options, an IPv6 packet's flow
// label and extension headers, and the upper half of a fragment's identification; a UDP checksum of 0 does not stay;
// hops are spent. All else comes back.
void same_again(const Bytes& before, const Bytes& after, unsigned hops) {
  const auto a = reader::read(before, true), b = reader::read(after, true);
  RC_ASSERT(a && b);
  RC_ASSERT(a->source == b->source && a->destination == b->destination);
  RC_ASSERT(a->tos == b->tos && a->hops == b->hops + hops && a->protocol == b->protocol);
  RC_ASSERT(a->length() == b->length() && a->fragment == b->fragment && a->offset == b->offset && a->more == b->more);
  if (a->fragment) RC_ASSERT(a->id == b->id);
  const Bytes x = plain(before, *a), y = plain(after, *b);
  if (!reader::is_icmp_error(before, *a)) return RC_ASSERT(x == y);
  RC_ASSERT(part(x, 0, 2) == part(y, 0, 2) && part(x, 4, 8) == part(y, 4, 8));
  RC_ASSERT(reader::wrongness(*b, part(after, b->transport, b->end)) == 0u);
  same_again(part(x, 8, x.size()), part(y, 8, y.size()), 0);
}

void there_and_back(bool ip6, const Bytes& in) {
  const Became there = wide().receive(in);
  RC_ASSERT(there.reason == (ip6 ? "translator.to_ip4" : "translator.to_ip6"));
  const Became back = wide().receive(there.out.at(0));
  RC_ASSERT(back.reason == (ip6 ? "translator.to_ip6" : "translator.to_ip4"));
  same_again(in, back.out.at(0), 2);
}

bool lossless(const Bytes& in) { return in[in[0] >> 4 == 4 ? 8 : 7] > 2; }

RC_GTEST_PROP(TranslatorProperties, PacketsComeBackTheSame, ()) {
  const bool ip6 = coin();
  const Bytes in = packet(ip6, transport(ip6, 1400));
  RC_PRE(lossless(in));
  there_and_back(ip6, in);
}
RC_GTEST_PROP(TranslatorProperties, FragmentsComeBackTheSame, ()) {
  const bool ip6 = coin();
  const Bytes in = piece(ip6);
  RC_PRE(lossless(in));
  there_and_back(ip6, in);
}
RC_GTEST_PROP(TranslatorProperties, ErrorsComeBackTheSame, ()) {
  const bool ip6 = coin();
  const Bytes in = an_error(ip6, 300);
  RC_PRE(lossless(in));
  there_and_back(ip6, in);
}

// ---- Checksums -----------------------------------------------------------------------------------------------------

// The packet inside an error: as wrong as before, as far as it is shown in both.
void inside_as_wrong(const Bytes& before, const Bytes& after) {
  const auto a = reader::read(before, true), b = reader::read(after, true);
  RC_ASSERT(a && b && a->length() == b->length());
  RC_ASSERT(b->six || internet_checksum(part(after, 0, b->transport)) == 0);
  const size_t shown = std::min({a->length(), before.size() - a->transport, after.size() - b->transport});
  const auto at = reader::checksum_at(*a);
  const Bytes x = part(before, a->transport, a->transport + shown), y = part(after, b->transport, b->transport + shown);
  if (!at || shown < *at + 2 || (a->protocol == 17 && x[6] == 0 && x[7] == 0)) return RC_ASSERT(x == y);
  RC_ASSERT(reader::wrongness(*a, x) == reader::wrongness(*b, y));
}

// `in` with any checksum, right or wrong, is as wrong afterwards.
void as_wrong(TranslatorSite& s, Bytes in, bool error) {
  const auto a = reader::read(in);
  RC_ASSERT(bool(a));
  const auto at = reader::checksum_at(*a);
  RC_PRE(bool(at));
  const uint16_t checksum = *rc::gen::arbitrary<uint16_t>();
  RC_PRE(checksum || a->protocol != 17);
  in = with_word(in, a->transport + *at, checksum);
  const Became b = s.receive(in);
  RC_PRE(b.reason != "translator.too_big");
  RC_ASSERT(!b.out.empty());
  const auto whole = reader::reassemble(b.out);
  RC_ASSERT(bool(whole) && !whole->more && !whole->first.offset);
  Read out = whole->first;
  out.transport = 0;
  out.end = whole->payload.size();
  RC_ASSERT(reader::wrongness(*a, part(in, a->transport, a->end)) == reader::wrongness(out, whole->payload));
  if (error) inside_as_wrong(reader::quote_of(in, *a), reader::quote_of(whole->payload, out));
}

RC_GTEST_PROP(TranslatorProperties, CorruptPacketsStayAsCorrupt, ()) {
  const bool ip6 = coin();
  as_wrong(wide(), packet(ip6, transport(ip6, 1400)), false);
}
RC_GTEST_PROP(TranslatorProperties, CorruptPacketsInFragmentsStayAsCorrupt, ()) {
  const bool ip6 = coin();
  as_wrong(narrow(), packet(ip6, transport(ip6, ip6 ? 1200 : 1400)), false);
}
RC_GTEST_PROP(TranslatorProperties, CorruptErrorsStayAsCorrupt, ()) {
  const bool ip6 = coin();
  Bytes in = an_error(ip6, 1400);
  const size_t inner = (ip6 ? 40 + 8 + 40 : 20 + 8 + 20);
  if (coin() && in.size() > inner + 18) in = with_word(in, inner + 6, *rc::gen::arbitrary<uint16_t>());
  as_wrong(coin() ? narrow() : wide(), in, true);
}
// RFC 7757, 4.2: from one IPv6 host to another, and the other's complaint.
RC_GTEST_PROP(TranslatorProperties, CorruptHairpinsStayAsCorrupt, ()) {
  static TranslatorSite s(site({.prefixes = prefix("2001:db8:64::/96") + map("203.0.113.1/32", "2001:db8:a::1/128") +
                                            map("203.0.113.2/32", "2001:db8:b::2/128")}));
  const Payload p = transport(true, 1200);
  const bool error = coin();
  const Bytes quoted = six(p, {.source = "2001:db8:64::203.0.113.1", .destination = "2001:db8:b::2"});
  as_wrong(s,
           error ? six(error6(1, 4, 0, cut(quoted, std::min(quoted.size(), 40 + between<size_t>(8, 1000)))),
                       {.source = "2001:db8:b::2", .destination = "2001:db8:64::203.0.113.1"})
                 : six(p, {.source = "2001:db8:a::1", .destination = "2001:db8:64::203.0.113.2"}),
           error);
}
// RFC 4884: a datagram of any length, cut or padded, and extensions behind it.
RC_GTEST_PROP(TranslatorProperties, CorruptExtendedErrorsStayAsCorrupt, ()) {
  const bool ip6 = coin();
  const size_t unit = ip6 ? 8 : 4, words = between<size_t>(128 / unit, 520 / unit);
  Bytes quoted = packet(ip6, udp(1, 2, random_bytes(between<size_t>(8, 700))), true);
  quoted = quoted.size() > words * unit ? cut(quoted, words * unit) : padded(quoted, words * unit);
  quoted = quoted + Bytes{0x20, 0, 0, 0, 0, 8, 1, 1} + random_bytes(4 * between<size_t>(1, 200));
  const Payload error = ip6 ? error6(coin() ? 1 : 3, 0, uint32_t(words) << 24, quoted)
                            : error4(*rc::gen::element<uint8_t>(3, 11), 1, uint32_t(words) << 16, quoted);
  as_wrong(wide(), ip6 ? complaint6(error) : complaint4(error), true);
}

// ---- Fragments -----------------------------------------------------------------------------------------------------

// The pieces are the whole translation, and none is longer than its way.
RC_GTEST_PROP(TranslatorProperties, FragmentsAreTheWhole, ()) {
  const bool ip6 = coin();
  // An IPv6 packet above 1280 bytes would have DF set.
  const Bytes in = coin() ? packet(ip6, transport(ip6, ip6 ? 1200 : 1400, ip6 ? 560 : 1241), false, true)
                          : piece(ip6, ip6 ? 568 : 1248);
  const Became whole = wide().receive(in), pieces = narrow().receive(in);
  RC_ASSERT(pieces.reason == "translator.fragmented");
  RC_ASSERT(pieces.out.size() > 1u);
  const auto a = reader::reassemble(whole.out), b = reader::reassemble(pieces.out);
  RC_ASSERT(a && b);
  RC_ASSERT(a->payload == b->payload && a->more == b->more && a->first.offset == b->first.offset);
  RC_ASSERT(a->first.source == b->first.source && a->first.destination == b->first.destination);
  RC_ASSERT(a->first.protocol == b->first.protocol && a->first.hops == b->first.hops && a->first.tos == b->first.tos);
  if (!ip6) RC_ASSERT(b->first.id == reader::read(in)->id);
  for (const Bytes& p : pieces.out) RC_ASSERT(p.size() <= (ip6 ? 576u : 1280u));
}

// ---- Whatever comes in ---------------------------------------------------------------------------------------------

struct Mtus {
  uint32_t ip4, ip6;
};

Bytes embedded(const Bytes& a4) { return part(address_bytes("2001:db8:64::"), 0, 12) + a4; }

// Which addresses may leave: what came in, in the other version's form; towards a sender the translator's own.
void judge_addresses(const Bytes& in, const Bytes& out, const std::string& reason) {
  const auto source = [](const Bytes& b) { return b[0] >> 4 == 6 ? part(b, 8, 24) : part(b, 12, 16); };
  const auto destination = [](const Bytes& b) { return b[0] >> 4 == 6 ? part(b, 24, 40) : part(b, 16, 20); };
  const bool ip6 = in[0] >> 4 == 6;
  if (in[0] >> 4 == out[0] >> 4) {
    EXPECT_EQ(destination(out), source(in)) << reason;
    EXPECT_EQ(source(out), address_bytes(ip6 ? kOwn6 : kOwn4)) << reason;
  } else if (ip6) {
    EXPECT_EQ(embedded(destination(out)), destination(in)) << reason;
    EXPECT_TRUE(embedded(source(out)) == source(in) || source(out) == address_bytes(kOwn4)) << reason;
  } else {
    EXPECT_EQ(destination(out), embedded(destination(in))) << reason;
    EXPECT_EQ(source(out), embedded(source(in))) << reason;
  }
}

TEST(TranslatorProperties, MutatedPacketsEndWithAReasonAndNothingMalformedLeaves) {
  std::vector<Bytes> corpus;
  for (const TranslatorCase& c : all_translator_cases())
    corpus.push_back(frame(cut(c.in, std::min<size_t>(c.in.size(), 1580))));
  uint64_t seed = 1;
  for (const Mtus& m :
       std::vector<Mtus>{{1500, 1500}, {300, 1280}, {576, 600}, {9000, 1400}, {68, 68}, {65535, 65535}}) {
    TranslatorSite s(
        site({.engine = "mtu = { eth0 = " + std::to_string(m.ip4) + ", eth1 = " + std::to_string(m.ip6) + " }"}));
    Mutator mutator(corpus, seed++);
    std::map<std::string, int> reasons;
    for (int n = 0; n < 40'000; ++n) {
      const Bytes drawn = mutator.next();
      Bytes in(drawn.begin() + 14, drawn.end());
      if (n % 4) in = header_summed(in);  // else most of IPv4 would go no further than to its checksum
      if (in.empty() || (in[0] >> 4 != 4 && in[0] >> 4 != 6)) continue;
      const bool ip6 = in[0] >> 4 == 6;
      if (n % 1000 == 0) s.scene().advance(std::chrono::seconds(2));
      const Bytes whole = frame(in, {.destination = "02:57:00:00:00:0" + std::to_string(s.index(ip6))});
      const Outcome o = s.scene().receive(whole, s.index(ip6));
      const auto* text = reason_text(o.verdict.reason);
      ASSERT_TRUE(text && *text->name) << hexdump(in);
      ++reasons[text->name];
      if (o.action != Action::forward) {
        EXPECT_TRUE(o.frames.empty()) << text->name << "\n" << hexdump(in);
        if (o.verdict.action != Action::punt) {
          EXPECT_EQ(o.frame, whole) << text->name << ": not written to, as it is not sent, at " << m.ip4 << "\n"
                                    << hexdump(in);
        }
        continue;
      }
      const auto& frames = o.verdict.action == Action::punt ? o.frames : std::vector<Bytes>{o.frame};
      EXPECT_FALSE(frames.empty()) << text->name;
      for (const Bytes& f : frames) {
        const Bytes out = part(f, 14, f.size());
        if (text->name == std::string("translator.echoed") && !ip6 &&
            internet_checksum(part(in, 0, 4u * (in[0] & 15)))) {
          // The header of an answer in place is as wrong as that of the question.
          EXPECT_EQ(internet_checksum(part(in, 0, 4u * (in[0] & 15))) % 0xffff,
                    internet_checksum(part(out, 0, 4u * (out[0] & 15))) % 0xffff);
          continue;
        }
        // The other version's ICMP is a transport like any: nothing inside it is looked at.
        if (const auto read = reader::read(in, true); read && read->protocol == (ip6 ? 1 : 58)) continue;
        const bool kept = text->name == std::string("translator.echoed");  // the question's header, options and all
        for (const auto& wrong : {kept ? reader::malformed(out) : judge::ill_made(out), judge::foreign_inside(out)})
          EXPECT_EQ(wrong, "") << text->name << "\n" << hexdump(in) << "->\n" << hexdump(out);
        const bool leaves6 = o.out_interface == s.index(true);
        EXPECT_EQ(leaves6, out[0] >> 4 == 6) << text->name;
        judge_addresses(in, out, text->name);
        if (leaves6 == ip6 && in.size() > (ip6 ? m.ip6 : m.ip4)) continue;  // it could not have come from there
        EXPECT_LE(out.size(), leaves6 ? m.ip6 : m.ip4) << text->name << "\n" << hexdump(in);
      }
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(reasons["translator.to_ip4"] + reasons["translator.to_ip6"], m.ip4 > 100 ? 2000 : 0) << m.ip4;
    EXPECT_GT(reasons.size(), 25u);
  }
}

}  // namespace
}  // namespace waymark::translator_cases
