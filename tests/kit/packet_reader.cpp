#include "tests/kit/packet_reader.h"

#include <algorithm>

namespace waymark::reader {

namespace {

using packets::part;

uint32_t word(const Bytes& b, size_t at) { return uint32_t(b.at(at) << 8 | b.at(at + 1)); }

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

std::optional<Read> read4(const Bytes& b) {
  Read r;
  r.transport = (b[0] & 15) * 4u;
  r.end = word(b, 2);
  r.source = part(b, 12, 16), r.destination = part(b, 16, 20);
  r.hops = b[8], r.tos = b[1], r.protocol = b[9], r.id = word(b, 4);
  r.offset = (word(b, 6) & 0x1fff) * 8, r.more = b[6] & 0x20;
  r.fragment = r.more || r.offset;
  if (r.transport < 20) return {};
  return r;
}

std::optional<Read> read6(const Bytes& b) {
  Read r;
  r.six = true;
  r.transport = 40;
  r.end = 40 + word(b, 4);
  r.source = part(b, 8, 24), r.destination = part(b, 24, 40);
  r.hops = b[7], r.tos = uint8_t(word(b, 0) >> 4), r.protocol = b[6];
  while (r.protocol == 0 || r.protocol == 43 || r.protocol == 60 || r.protocol == kFragment) {
    if (r.transport + 8 > b.size()) return {};
    const size_t length = r.protocol == kFragment ? 8 : 8 * (b[r.transport + 1] + 1u);
    if (r.protocol == kFragment) {
      r.fragment = true;
      r.offset = word(b, r.transport + 2) & 0xfff8, r.more = b[r.transport + 3] & 1;
      r.id = word(b, r.transport + 4) << 16 | word(b, r.transport + 6);
    }
    r.protocol = b[r.transport];
    r.transport += length;
    if (r.offset) break;  // no header follows, but the middle of something
  }
  return r;
}

}  // namespace

std::optional<Read> read(const Bytes& b, bool quoted) {
  if (b.empty()) return {};
  const bool six = b[0] >> 4 == 6;
  if (b.size() < (six ? 40u : 20u) || (!six && b[0] >> 4 != 4)) return {};
  const auto r = six ? read6(b) : read4(b);
  if (!r || r->transport > r->end || r->transport > b.size() || (!quoted && r->end > b.size())) return {};
  return r;
}

bool is_icmp(const Read& r) { return r.protocol == (r.six ? kIcmp6 : kIcmp4); }

bool is_icmp_error(const Bytes& b, const Read& r) {
  if (!is_icmp(r) || r.offset || r.length() < 8 || b.size() <= r.transport) return false;
  const uint8_t type = b[r.transport];
  return r.six ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

Bytes quote_of(const Bytes& b, const Read& r) {
  const uint8_t type = b[r.transport];
  const size_t begin = r.transport + 8;
  size_t said = 0;
  if (r.six && (type == 1 || type == 3)) said = b[r.transport + 4] * 8u;
  if (!r.six && (type == 3 || type == 11 || type == 12)) said = b[r.transport + 5] * 4u;
  return part(b, begin, said ? std::min(begin + said, r.end) : r.end);
}

std::optional<size_t> checksum_at(const Read& r) {
  if (r.offset) return {};
  if (is_icmp(r)) return 2;
  if (r.protocol == kTcp) return 16;
  if (r.protocol == kUdp || r.protocol == kDccp || r.protocol == kUdpLite) return 6;
  return {};
}

std::optional<uint32_t> wrongness(const Read& r, const Bytes& transport) {
  if (!checksum_at(r)) return {};
  uint32_t pseudo = 0;
  if (r.six || !is_icmp(r)) pseudo = sum(r.source) + sum(r.destination) + r.protocol + uint32_t(r.length());
  return (sum(transport) + pseudo) % 65535;
}

std::string malformed(const Bytes& packet) {
  const auto r = read(packet);
  if (!r) return "it cannot be read";
  if (r->end != packet.size()) return "its length is not the one that its header says";
  if (!r->six && packets::internet_checksum(part(packet, 0, r->transport)) != 0)
    return "its IPv4 header's checksum is wrong";
  if (is_martian(r->source) || is_martian(r->destination)) return "an address is one that no packet may carry";
  if (r->hops == 0) return "its hop limit is 0";
  if (r->offset + r->length() > 65535) return "a fragment ends beyond the longest packet";
  return "";
}

std::string badly_cut(const std::vector<Bytes>& pieces) {
  std::optional<Read> last;
  for (const Bytes& b : pieces) {
    const auto r = read(b);
    if (!r) return "a piece cannot be read";
    if (&b != &pieces.back() && r->length() % 8) return "a piece that is not the last has no multiple of 8 bytes";
    if (last) {
      if (r->source != last->source || r->destination != last->destination || r->protocol != last->protocol ||
          r->id != last->id || r->hops != last->hops || r->tos != last->tos)
        return "pieces of one packet differ in what they share";
      if (!last->more || r->offset != last->offset + last->length()) return "pieces do not join";
      if (!r->six && b[6] & 0x40) return "a piece says not to fragment it";
    }
    last = r;
  }
  return "";
}

std::optional<Whole> reassemble(const std::vector<Bytes>& pieces) {
  if (pieces.empty() || !badly_cut(pieces).empty()) return {};
  Whole whole{*read(pieces[0]), {}, false};
  for (const Bytes& b : pieces) {
    const auto r = read(b);
    if (r->end != b.size()) return {};
    whole.payload.insert(whole.payload.end(), b.begin() + long(r->transport), b.end());
    whole.more = r->more;
  }
  return whole;
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

}  // namespace waymark::reader
