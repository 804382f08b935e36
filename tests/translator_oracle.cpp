#include "tests/translator_oracle.h"

namespace waymark::oracle {

namespace {

size_t word(const Bytes& b, size_t at) { return size_t(b.at(at)) << 8 | b.at(at + 1); }
Bytes range(const Bytes& b, size_t from, size_t to) { return {b.begin() + long(from), b.begin() + long(to)}; }

bool is_martian4(const Bytes& a) { return a[0] == 0 || a[0] == 127 || a[0] >= 224; }
bool is_error(const Seen& s, uint8_t type) {
  if (s.protocol != (s.ip6 ? 58 : 1)) return false;
  return s.ip6 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

std::optional<Seen> read4(const Bytes& p) {
  if (p.size() < 20) return {};
  const size_t header = (p[0] & 15u) * 4;
  if (header < 20 || p.size() < header || word(p, 2) < header) return {};
  Seen s;
  s.source = range(p, 12, 16);
  s.destination = range(p, 16, 20);
  s.tos = p[1];
  s.hops = p[8];
  s.protocol = p[9];
  s.l4 = header;
  s.length = word(p, 2) - header;
  s.id = uint32_t(word(p, 4));
  s.more = p[6] & 0x20;
  s.offset = (word(p, 6) & 0x1fff) * 8;
  s.fragment = s.more || s.offset;
  s.may_be_cut = !(p[6] & 0x40);
  return s;
}

std::optional<Seen> read6(const Bytes& p) {
  if (p.size() < 40) return {};
  Seen s;
  s.ip6 = true;
  s.source = range(p, 8, 24);
  s.destination = range(p, 24, 40);
  s.tos = uint8_t(word(p, 0) >> 4);
  s.hops = p[7];
  s.protocol = p[6];
  s.l4 = 40;
  s.length = word(p, 4);
  while (s.protocol == 0 || s.protocol == 43 || s.protocol == 44 || s.protocol == 60) {
    if (p.size() < s.l4 + 8) return {};
    const size_t header = s.protocol == 44 ? 8 : (p[s.l4 + 1] + 1u) * 8;
    if (p.size() < s.l4 + header || s.length < header) return {};
    if (s.protocol == 44) {
      s.fragment = true;
      s.offset = word(p, s.l4 + 2) & 0xfff8;
      s.more = p[s.l4 + 3] & 1;
      s.id = uint32_t(word(p, s.l4 + 4) << 16 | word(p, s.l4 + 6));
    }
    s.protocol = p[s.l4];
    s.l4 += header;
    s.length -= header;
  }
  return s;
}

}  // namespace

std::optional<Seen> read(const Bytes& p) {
  if (p.empty()) return {};
  return p[0] >> 4 == 4 ? read4(p) : p[0] >> 4 == 6 ? read6(p) : std::nullopt;
}

uint16_t wrongness(const Bytes& packet, const Seen& s, size_t bytes) {
  uint32_t sum = 0;
  if (s.protocol != 1) {
    const Bytes ends = s.source + s.destination;
    for (size_t i = 0; i < ends.size(); i += 2) sum += uint32_t(word(ends, i));
    sum += uint32_t(s.length) + s.protocol;
  }
  return uint16_t(packets::internet_checksum(range(packet, s.l4, s.l4 + bytes), 0, sum) % 0xffff);
}

std::optional<size_t> checksum_at(const Seen& s) {
  if (s.protocol == 6) return 16;
  if (s.protocol == 17 || s.protocol == 33) return 6;
  if (s.protocol == (s.ip6 ? 58 : 1)) return 2;
  return {};
}

std::string complaint(const Bytes& p) {
  const auto s = read(p);
  if (!s) return "its headers make no sense";
  if (s->l4 + s->length != p.size()) return "its length is not what it says";
  if (s->ip6) {
    if (s->source[0] == 0xff || s->destination[0] == 0xff) return "a multicast address";
  } else {
    if (packets::internet_checksum(range(p, 0, s->l4))) return "the IPv4 header's checksum";
    if (is_martian4(s->source) || is_martian4(s->destination)) return "a martian address";
  }
  if (s->offset + s->length > 65535) return "a fragment beyond the end";
  if (s->fragment || s->length < 8 || !is_error(*s, p[s->l4])) return "";
  const Bytes quoted = range(p, s->l4 + 8, p.size());
  const auto inner = read(quoted);
  if (!inner) return "";  // an error of our own quotes what it was sent, and a cut may end in its headers
  return inner->ip6 != s->ip6 ? "a packet of the other version inside" : "";
}

std::optional<Whole> reassemble(const std::vector<Bytes>& pieces) {
  std::optional<Whole> whole;
  for (const Bytes& p : pieces) {
    const auto s = read(p);
    if (!s || s->l4 + s->length != p.size()) return {};
    if (!whole) {
      whole = Whole{*s, {}, false};
    } else {
      const Seen& f = whole->first;
      if (!whole->more || s->offset != f.offset + whole->payload.size() || s->id != f.id) return {};
      if (s->source != f.source || s->destination != f.destination || s->protocol != f.protocol) return {};
      if (s->hops != f.hops || s->tos != f.tos) return {};
    }
    whole->payload = whole->payload + range(p, s->l4, p.size());
    whole->more = s->more;
  }
  return whole;
}

}  // namespace waymark::oracle
