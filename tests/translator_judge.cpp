#include "tests/translator_judge.h"

#include <algorithm>

namespace waymark::judge {

namespace {

using packets::operator+;

constexpr uint8_t kIcmp4 = 1, kTcp = 6, kUdp = 17, kDccp = 33, kFragment = 44, kIcmp6 = 58, kUdpLite = 136;

uint32_t word(const Bytes& b, size_t at) { return uint32_t(b.at(at) << 8 | b.at(at + 1)); }
Bytes part(const Bytes& b, size_t from, size_t to) { return {b.begin() + long(from), b.begin() + long(to)}; }

uint32_t sum(const Bytes& b) {  // of 16-bit words, modulo 65535
  uint64_t s = 0;
  for (size_t i = 0; i < b.size(); ++i) s += uint64_t(b[i]) << (i % 2 ? 0 : 8);
  return uint32_t(s % 65535);
}

bool is_martian(const Bytes& a) {  // RFC 1122, 3.2.1.3; RFC 4291, 2.4, 2.5, 2.7
  if (a.size() == 4) return a[0] == 0 || a[0] == 127 || a[0] >= 224;
  const bool mapped =
      std::all_of(a.begin(), a.begin() + 10, [](uint8_t x) { return !x; }) && a[10] == 255 && a[11] == 255;
  const bool low = std::all_of(a.begin(), a.begin() + 15, [](uint8_t x) { return !x; }) && a[15] <= 1;
  return a[0] == 255 || mapped || low;
}

bool is_icmp(const Read& r) { return r.protocol == (r.six ? kIcmp6 : kIcmp4); }

// How many of a transport's bytes are in front of its checksum; none: it has none over the addresses, and is not ICMP.
std::optional<size_t> checksum_at(const Read& r) {
  if (is_icmp(r)) return 2;
  if (r.protocol == kTcp) return 16;
  if (r.protocol == kUdp || r.protocol == kDccp || r.protocol == kUdpLite) return 6;
  return {};
}

// Where the datagram inside an ICMP error ends: at a length (RFC 4884) or with the message.
size_t end_of_quote(const Bytes& b, const Read& r) {
  const uint8_t type = b[r.transport];
  const size_t begin = r.transport + 8;
  size_t said = 0;
  if (r.six && (type == 1 || type == 3)) said = b[r.transport + 4] * 8u;
  if (!r.six && (type == 3 || type == 11 || type == 12)) said = b[r.transport + 5] * 4u;
  return said ? std::min(begin + said, r.end) : r.end;
}

std::string inside_differs(const Bytes& in, const Read& a, const Bytes& out, const Read& b) {
  const Bytes quote_a = part(in, a.transport + 8, end_of_quote(in, a)),
              quote_b = part(out, b.transport + 8, end_of_quote(out, b));
  const auto x = read(quote_a, true), y = read(quote_b, true);
  if (!x || !y) return "the packet inside cannot be read";
  if (y->six == x->six && a.six != b.six) return "the packet inside is of the old IP version";
  if (x->hops != y->hops) return "the hop limit of the packet inside changed";
  if (x->end - x->transport != y->end - y->transport) return "the packet inside is of another length";
  if (x->offset != y->offset || x->more != y->more) return "the packet inside is another fragment";
  const size_t shown = std::min({quote_a.size(), quote_b.size(), x->end, y->end + x->transport - y->transport});
  const size_t n = std::min(shown - std::min(shown, x->transport), quote_b.size() - y->transport);
  Bytes l4 = part(quote_a, x->transport, x->transport + n), m4 = part(quote_b, y->transport, y->transport + n);
  const auto at = x->offset ? std::nullopt : checksum_at(*x);
  if (!at || *at + 2 > n) return l4 == m4 ? "" : "the transport inside changed";
  if (x->protocol == kUdp && !word(l4, *at)) return l4 == m4 ? "" : "UDP without a checksum inside changed";
  Read p = *x, q = *y;  // of the checksum's pseudo-header: lengths are the whole packet's, and equal
  if (error_of(p, l4) != error_of(q, m4)) return "the checksum inside is differently wrong";
  l4[*at] = m4[*at] = l4[*at + 1] = m4[*at + 1] = 0;
  if (is_icmp(*x)) l4[0] = m4[0] = 0;
  return l4 == m4 ? "" : "the transport inside changed";
}

}  // namespace

std::optional<Read> read(const Bytes& b, bool quoted) {
  Read r;
  if (b.empty()) return {};
  r.six = b[0] >> 4 == 6;
  if (b.size() < (r.six ? 40u : 20u) || (!r.six && b[0] >> 4 != 4)) return {};
  if (!r.six) {
    r.transport = (b[0] & 15) * 4u;
    r.end = word(b, 2);
    r.source = part(b, 12, 16), r.destination = part(b, 16, 20);
    r.hops = b[8], r.tos = b[1], r.protocol = b[9], r.id = word(b, 4);
    r.offset = (word(b, 6) & 0x1fff) * 8, r.more = b[6] & 0x20;
    if (r.transport < 20) return {};
  } else {
    r.transport = 40;
    r.end = 40 + word(b, 4);
    r.source = part(b, 8, 24), r.destination = part(b, 24, 40);
    r.hops = b[7], r.tos = uint8_t((b[0] << 4) | b[1] >> 4), r.protocol = b[6];
    while (r.protocol == 0 || r.protocol == 43 || r.protocol == 60 || r.protocol == kFragment) {
      if (r.transport + 8 > b.size()) return {};
      const size_t length = r.protocol == kFragment ? 8 : 8 * (b[r.transport + 1] + 1u);
      if (r.protocol == kFragment) {
        r.has_fragment = true;
        r.offset = word(b, r.transport + 2) & 0xfff8, r.more = b[r.transport + 3] & 1;
        r.id = word(b, r.transport + 4) << 16 | word(b, r.transport + 6);
      }
      r.protocol = b[r.transport];
      r.transport += length;
      if (r.offset) break;  // no header follows, but the middle of something
    }
  }
  if (r.transport > r.end || r.transport > b.size() || (!quoted && r.end > b.size())) return {};
  return r;
}

bool is_icmp_error(const Bytes& b, const Read& r) {
  if (!is_icmp(r) || r.offset || r.end < r.transport + 8) return false;
  const uint8_t type = b[r.transport];
  return r.six ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

std::optional<uint32_t> error_of(const Read& r, const Bytes& transport) {
  if (!checksum_at(r)) return {};
  uint32_t pseudo = 0;
  if (r.six || !is_icmp(r)) pseudo = sum(r.source) + sum(r.destination) + r.protocol + uint32_t(r.end - r.transport);
  return (sum(transport) + pseudo) % 65535;
}

std::string malformed(const Bytes& out) {
  const auto r = read(out);
  if (!r) return "it cannot be read";
  if (r->end != out.size()) return "its length is not the one that its header says";
  if (!r->six && (out[0] != 0x45 || packets::internet_checksum(part(out, 0, 20)) != 0))
    return "its IPv4 header has options, or a wrong checksum";
  if (!r->six && out[6] & 0x80) return "the reserved flag is set";
  if (is_martian(r->source) || is_martian(r->destination)) return "an address is one that no packet may carry";
  if (r->hops == 0) return "its hop limit is 0";
  if (r->offset + r->end - r->transport > 65535) return "a fragment ends beyond the longest packet";
  return "";
}

std::string badly_cut(const std::vector<Bytes>& out) {
  std::optional<Read> last;
  for (const Bytes& b : out) {
    const auto r = read(b);
    if (!r) return "a piece cannot be read";
    if (out.size() > 1 && &b != &out.back() && (r->end - r->transport) % 8)
      return "a piece that is not the last has no multiple of 8 bytes";
    if (last) {
      if (r->source != last->source || r->destination != last->destination || r->protocol != last->protocol ||
          r->id != last->id || r->hops != last->hops || r->tos != last->tos)
        return "pieces of one packet differ in what they share";
      if (!last->more || r->offset != last->offset + last->end - last->transport) return "pieces do not join";
      if (!r->six && b[6] & 0x40) return "a piece says not to fragment it";
    }
    last = r;
  }
  return "";
}

Bytes joined(const std::vector<Bytes>& pieces) {
  Bytes whole = pieces.at(0);
  if (pieces.size() == 1) return whole;
  for (size_t i = 1; i < pieces.size(); ++i) {
    const auto r = read(pieces[i]);
    whole.insert(whole.end(), pieces[i].begin() + long(r->transport), pieces[i].end());
  }
  const bool six = whole[0] >> 4 == 6, more = read(pieces.back())->more;
  const size_t flag = six ? 43 : 6, bit = six ? 1 : 0x20, length = six ? 4 : 2;
  whole[flag] = uint8_t((whole[flag] & ~bit) | (more ? bit : 0));
  return packets::with_word(whole, length, uint16_t(whole.size() - (six ? 40 : 0)));
}

std::string unlike(const Bytes& expected, const Bytes& got) {
  const bool drawn = expected[0] >> 4 == 4 && word(expected, 4) == 0 && !(expected[6] & 0x40);
  if (!drawn || got.size() < 20 || got[0] >> 4 != 4) return packets::difference(expected, got);
  if (word(got, 4) == 0) return "the identification is 0";
  if (packets::internet_checksum(part(got, 0, 20)) != 0) return "the IPv4 header's checksum is wrong";
  const auto without = [](const Bytes& b) { return packets::with_word(packets::with_word(b, 4, 0), 10, 0); };
  return packets::difference(without(expected), without(got));
}

std::string not_the_same(const Bytes& in, const Bytes& out) {
  const auto a = read(in), b = read(out);
  if (!a || !b) return "what was translated cannot be read";
  if (a->hops - b->hops != 1) return "not exactly one hop was spent";
  if (a->offset != b->offset || a->more != b->more) return "it is another fragment";
  const bool icmp = is_icmp(*a) && a->six != b->six;
  if (icmp ? !is_icmp(*b) : a->protocol != b->protocol) return "it has another protocol";
  Bytes from = part(in, a->transport, a->end), to = part(out, b->transport, b->end);
  const auto at = a->offset ? std::nullopt : checksum_at(*a);
  const bool error = is_icmp_error(in, *a);
  if (!error && from.size() != to.size()) return "its length changed";
  if (!at) return from == to ? "" : "a transport without a checksum changed";
  if (a->protocol == kUdp && !word(from, 6)) {
    if (!b->six) return from == to ? "" : "UDP without a checksum changed";
    if (a->six) return from == to ? "" : "UDP without a checksum changed";
    Read datagram = *b;  // as long as UDP itself says (RFC 8200, 8.1)
    datagram.end = std::min<size_t>(b->end, b->transport + word(to, 4));
    const Bytes covered = part(out, b->transport, datagram.end);
    if (error_of(datagram, covered).value_or(1) != 0 || !word(to, 6)) return "UDP's new checksum is wrong";
  } else {
    // A fragment's sum is a part's, of the whole's pseudo-header: lengths cancel out where they are equal.
    if (error_of(*a, from) != error_of(*b, to)) return "its checksum is differently wrong";
    if (a->protocol == kUdp && !word(to, 6)) return "UDP lost its checksum";
  }
  if (error) return inside_differs(in, *a, out, *b);
  from[*at] = to[*at] = from[*at + 1] = to[*at + 1] = 0;
  if (icmp) from[0] = to[0] = 0;
  return from == to ? "" : "its payload changed";
}

std::string no_complaint(const Bytes& in, const Bytes& out) {
  const auto b = read(out);
  if (!b || !is_icmp_error(out, *b)) return "it is no ICMP error";
  const size_t address = b->six ? 8 : 12, size = b->six ? 16 : 4;
  if ((in[0] >> 4 == 6) != b->six || part(in, address, address + size) != b->destination)
    return "it is not to the packet's source";
  if (out.size() > (b->six ? 1280u : 576u)) return "it is too long";
  if (error_of(*b, part(out, b->transport, b->end)) != 0u) return "its checksum is wrong";
  const size_t quoted = out.size() - b->transport - 8;
  if (quoted > in.size() || part(out, b->transport + 8, out.size()) != part(in, 0, quoted))
    return "it does not quote the packet";
  return "";
}

}  // namespace waymark::judge
