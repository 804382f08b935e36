#include "tests/translator/judge.h"

#include <algorithm>

namespace waymark::judge {

namespace {

using packets::part;
using namespace reader;

uint32_t word(const Bytes& b, size_t at) { return uint32_t(b.at(at) << 8 | b.at(at + 1)); }

std::string inside_differs(const Bytes& in, const Read& a, const Bytes& out, const Read& b) {
  const Bytes quote_a = quote_of(in, a), quote_b = quote_of(out, b);
  const auto x = read(quote_a, true), y = read(quote_b, true);
  if (!x || !y) return "the packet inside cannot be read";
  if (y->six == x->six && a.six != b.six) return "the packet inside is of the old IP version";
  if (x->hops != y->hops) return "the hop limit of the packet inside changed";
  if (x->length() != y->length()) return "the packet inside is of another length";
  if (x->offset != y->offset || x->more != y->more) return "the packet inside is another fragment";
  const size_t shown = std::min({quote_a.size(), quote_b.size(), x->end, y->end + x->transport - y->transport});
  const size_t n = std::min(shown - std::min(shown, x->transport), quote_b.size() - y->transport);
  Bytes l4 = part(quote_a, x->transport, x->transport + n), m4 = part(quote_b, y->transport, y->transport + n);
  const auto at = checksum_at(*x);
  if (!at || *at + 2 > n) return l4 == m4 ? "" : "the transport inside changed";
  if (x->protocol == kUdp && !word(l4, *at)) return l4 == m4 ? "" : "UDP without a checksum inside changed";
  // Of the checksum's pseudo-header: lengths are the whole packet's, and equal.
  if (wrongness(*x, l4) != wrongness(*y, m4)) return "the checksum inside is differently wrong";
  l4[*at] = m4[*at] = l4[*at + 1] = m4[*at + 1] = 0;
  if (is_icmp(*x)) l4[0] = m4[0] = 0;
  return l4 == m4 ? "" : "the transport inside changed";
}

}  // namespace

std::string unlike(const Bytes& expected, const Bytes& got) {
  const bool drawn = expected[0] >> 4 == 4 && word(expected, 4) == 0 && !(expected[6] & 0x40);
  if (!drawn || got.size() < 20 || got[0] >> 4 != 4) return packets::difference(expected, got);
  if (word(got, 4) == 0) return "the identification is 0";
  if (packets::internet_checksum(part(got, 0, 20)) != 0) return "the IPv4 header's checksum is wrong";
  const auto without = [](const Bytes& b) { return packets::with_word(packets::with_word(b, 4, 0), 10, 0); };
  return packets::difference(without(expected), without(got));
}

std::string ill_made(const Bytes& out) {
  if (std::string wrong = malformed(out); !wrong.empty()) return wrong;
  if (out[0] >> 4 == 4 && out[0] != 0x45) return "its IPv4 header has options";
  if (out[0] >> 4 == 4 && out[6] & 0x80) return "the reserved flag is set";
  return "";
}

std::string not_the_same(const Bytes& in, const Bytes& out) {
  const auto a = read(in), b = read(out);
  if (!a || !b) return "what was translated cannot be read";
  if (a->hops - b->hops != 1) return "not exactly one hop was spent";
  if (a->offset != b->offset || a->more != b->more) return "it is another fragment";
  const bool icmp = is_icmp(*a) && a->six != b->six;
  if (icmp ? !is_icmp(*b) : a->protocol != b->protocol) return "it has another protocol";
  Bytes from = part(in, a->transport, a->end), to = part(out, b->transport, b->end);
  const auto at = checksum_at(*a);
  const bool error = is_icmp_error(in, *a);
  if (!error && from.size() != to.size()) return "its length changed";
  if (!at) return from == to ? "" : "a transport without a checksum changed";
  if (a->protocol == kUdp && !word(from, 6)) {
    if (!b->six) return from == to ? "" : "UDP without a checksum changed";
    if (a->six) return from == to ? "" : "UDP without a checksum changed";
    Read datagram = *b;  // as long as UDP itself says (RFC 8200, 8.1)
    datagram.end = std::min<size_t>(b->end, b->transport + word(to, 4));
    const Bytes covered = part(out, b->transport, datagram.end);
    if (wrongness(datagram, covered).value_or(1) != 0 || !word(to, 6)) return "UDP's new checksum is wrong";
  } else {
    // A fragment's sum is a part's, of the whole's pseudo-header: lengths cancel out where they are equal.
    if (wrongness(*a, from) != wrongness(*b, to)) return "its checksum is differently wrong";
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
  if (wrongness(*b, part(out, b->transport, b->end)) != 0u) return "its checksum is wrong";
  const size_t quoted = out.size() - b->transport - 8;
  if (quoted > in.size() || part(out, b->transport + 8, out.size()) != part(in, 0, quoted))
    return "it does not quote the packet";
  return "";
}

std::string foreign_inside(const Bytes& out) {
  const auto r = read(out);
  if (!r || r->fragment || !is_icmp_error(out, *r)) return "";
  // An error of the translator's own quotes what it was sent, and a cut may end in its headers.
  const auto inner = read(part(out, r->transport + 8, out.size()), true);
  return inner && inner->six != r->six ? "a packet of the other version inside" : "";
}

}  // namespace waymark::judge
