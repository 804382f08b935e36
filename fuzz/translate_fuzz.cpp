// IP packets through a translator, either way, one at a time: a byte says which of the cases' sites, one how wide the
// ways are, then the packet. What comes out is judged by its own headers and sums (tests/translator/judge.h).
#include <algorithm>
#include <map>

#include "fuzz/seeds.h"
#include "tests/translator/judge.h"
#include "tests/translator/site.h"
#include "tests/translator/states.h"

using namespace waymark;
using namespace waymark::translator_cases;

namespace {

// Texts of distinct sites, in the cases' order, and what each of their translators is like.
std::vector<std::string>& sites() {
  static std::vector<std::string> all;
  return all;
}

TranslatorSite& site_at(size_t index) {
  static std::map<size_t, std::unique_ptr<TranslatorSite>> made;
  auto& s = made[index];
  if (!s) s = std::make_unique<TranslatorSite>(sites().at(index));
  return *s;
}

constexpr u16 kMtus4[] = {1500, 576, 1000, 68}, kMtus6[] = {1500, 1280, 1400, 9000};
u16 mtu_of(bool ip6, u8 options) { return ip6 ? kMtus6[options >> 2 & 3] : kMtus4[options & 3]; }

// Unless the options say so, an IPv4 header's checksum is right: what else is wrong matters only then.
constexpr u8 kAsItIs = 0x80;

void set_roads(TranslatorSite& s, u8 options) {
  std::ranges::fill(s.scene().engine().live().ways, CachedRoute{});
  s.scene().engine().set_routes([&s, options](const Address&, const Address& to) {
    const bool ip6 = !is_ip4(to);
    return Routed{WayKind::direct, s.index(ip6), Scene::mac_of(to), {}, mtu_of(ip6, options)};
  });
}

[[noreturn]] void fail(const std::string& what, const Bytes& in, const std::vector<Bytes>& out) {
  std::string text = what + "\ncame in:\n" + packets::hexdump(in);
  for (const Bytes& b : out) text += "went out:\n" + packets::hexdump(b);
  fuzz::fail(text);
}

// The same again in the other version and back: what neither version lacks must be as it was.
void there_and_back(TranslatorSite& s, const Bytes& in, const Bytes& out) {
  const auto first = reader::read(in), middle = reader::read(out);
  if (middle->hops < 2 || reader::is_icmp_error(in, *first)) return;
  const bool unchecked =
      first->protocol == 17 && !first->offset && !in[first->transport + 6] && !in[first->transport + 7];
  if (unchecked) return;  // in IPv6 it gets one
  const Became b = s.receive(out);
  // Fragments of an Authentication Header are not translated to IPv4 (RFC 7915, 5.1.1); an end may be the translator.
  // ICMP in the wrong IP version becomes ICMP in the right one.
  const bool strange = first->protocol == (first->six ? 1 : 58);
  const bool refused = strange || b.reason == "translator.too_big" || b.reason == "translator.fragmented" ||
                       b.reason == "translator.local" || b.reason == "translator.echoed" || first->protocol == 51;
  if (b.reason != "translator.to_ip4" && b.reason != "translator.to_ip6")
    return refused ? void() : fail("there, but not back: " + b.reason, in, {out});
  if (strange) return;
  const auto last = reader::read(b.out.at(0));
  if (first->source != last->source || first->destination != last->destination)
    fail("it came back with other addresses", in, {out, b.out[0]});
  if (first->tos != last->tos) fail("it came back with another traffic class", in, {out, b.out[0]});
  if (first->offset != last->offset || first->more != last->more) fail("it came back cut", in, {out, b.out[0]});
  if (first->offset || first->more)
    if ((first->id ^ last->id) & 0xffff) fail("it came back with another identification", in, {out, b.out[0]});
  Bytes once_more = b.out[0];
  once_more[last->six ? 7 : 8] = uint8_t(first->hops - 1);
  const std::string differs = judge::not_the_same(in, once_more);
  if (!differs.empty()) fail("there and back: " + differs, in, {out, b.out[0]});
}

// Under 2001:db8:64::/96 alone an address is its last bytes.
bool same_end(const Bytes& a, const Bytes& b) { return std::equal(a.end() - 4, a.end(), b.end() - 4); }

// As corrupt as it came, header and all.
void judge_echo(const Bytes& in, const Bytes& out) {
  const auto a = reader::read(in), b = reader::read(out);
  if (!a || !b || a->source != b->destination || a->destination != b->source) fail("no echo", in, {out});
  if (!a->six && packets::internet_checksum(packets::cut(in, 20)) != packets::internet_checksum(packets::cut(out, 20)))
    fail("an echo's header checksum is differently wrong", in, {out});
  const Bytes asked(in.begin() + long(a->transport), in.begin() + long(a->end)),
      answered(out.begin() + long(b->transport), out.begin() + long(b->end));
  if (reader::wrongness(*a, asked) != reader::wrongness(*b, answered))
    fail("an echo's checksum is differently wrong", in, {out});
}

void look_at(TranslatorSite& s, bool plain, u8 options, const Bytes& in, const Became& b) {
  if (b.action != Action::forward) {
    if (!b.out.empty()) fail(b.reason + " leaves something", in, b.out);
    return;
  }
  if (b.out.empty()) fail(b.reason + " leaves nothing", in, {});
  if (b.reason == "translator.echoed") return judge_echo(in, b.out[0]);
  for (const Bytes& piece : b.out) {
    const std::string wrong = judge::ill_made(piece);
    if (!wrong.empty()) fail(b.reason + ": " + wrong, in, b.out);
  }
  const bool told = b.reason != "translator.to_ip4" && b.reason != "translator.to_ip6" &&
                    b.reason != "translator.hairpinned" && b.reason != "translator.fragmented" &&
                    b.reason != "translator.realigned";
  if (told) {
    const std::string wrong = judge::no_complaint(in, b.out[0]);
    if (!wrong.empty()) fail(b.reason + ": " + wrong, in, b.out);
    return;
  }
  for (const Bytes& piece : b.out)
    if (piece.size() > mtu_of(piece[0] >> 4 == 6, options)) fail(b.reason + " is too big for its way", in, b.out);
  const std::string cut = reader::badly_cut(b.out);
  if (!cut.empty()) fail(b.reason + ": " + cut, in, b.out);
  const Bytes whole = reader::joined(b.out);
  const auto before = reader::read(in), after = reader::read(whole);
  if (!before || !after) fail(b.reason + " cannot be read", in, b.out);
  if (b.reason != "translator.realigned") {
    const std::string wrong = judge::not_the_same(in, whole);
    if (!wrong.empty()) fail(b.reason + ": " + wrong, in, b.out);
  }
  if (plain && !(same_end(before->destination, after->destination) && same_end(before->source, after->source)) &&
      !reader::is_icmp_error(in, *before))
    fail(b.reason + " has other addresses", in, b.out);
  if (plain && b.out.size() == 1 && b.reason != "translator.realigned") there_and_back(s, in, b.out[0]);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  std::vector<std::string> seeds;
  const auto add = [&](const TranslatorCase& c) {
    size_t index = 0;
    while (index < sites().size() && sites()[index] != c.site) ++index;
    if (index == sites().size()) sites().push_back(c.site);
    if (index > 255 || c.in.size() > kLongestRun) return;
    seeds.push_back(std::string{char(index), 0} + std::string(c.in.begin(), c.in.end()));
  };
  add({"", "", site(), four(udp(1, 2)), ""});  // so that the plain one is the first
  for (const TranslatorCase& c : all_translator_cases()) add(c);
  for (const StatedCase& c : stated_cases()) add(c.packet);
  fuzz::plant(*argc, *argv, seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  if (size < 3) return 0;
  const size_t index = data[0] % sites().size();
  TranslatorSite& s = site_at(index);
  const u8 options = data[1];
  Bytes packet(data + 2, data + size);
  if (!(options & kAsItIs)) packet = header_summed(packet);
  static size_t last_site = ~size_t(0);
  static u8 last_options = 0;
  if (index != last_site || options != last_options) set_roads(s, options);
  last_site = index, last_options = options;
  UserspaceEngine& engine = s.scene().engine();
  set_answered_enough(engine.live(), engine.image().settings, s.scene().ticks(), false);
  const Became b = s.receive(packet);
  // The packet alone, without what pads its frame.
  const auto read = reader::read(packet);
  const Bytes in = read ? packets::cut(packet, read->end) : packet;
  look_at(s, index == 0, options, in, b);
  return 0;
}
