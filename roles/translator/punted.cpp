#include "roles/translator/punted.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/checksum.h"
#include "core/wire.h"

namespace waymark::translator {

namespace {

using Bytes = std::vector<u8>;
using Frame = std::span<const u8>;

constexpr u32 kFragmentHeader = 8, kMostOffset = 8191 * 8;
constexpr u32 kLeastDatagram = 128;               // in front of extensions (RFC 4884, 3)
constexpr u32 kLongest4 = 576, kLongest6 = 1280;  // ICMP errors (RFC 1812, 4.3.2.3; RFC 4443, 2.4 c)
constexpr u32 kMostWords = 255;                   // the length is one byte
constexpr std::array<u8, 3> kSkipped = {kProtoHopByHop, kProtoRouting, kProtoDestination};  // RFC 7915, 5.1

u32 get16(Frame f, std::size_t at) { return u32(f[at] << 8 | f[at + 1]); }
void put16(Bytes& b, std::size_t at, u32 value) {
  b[at] = u8(value >> 8);
  b[at + 1] = u8(value);
}
void append(Bytes& to, Frame bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// Writes a word of what the checksum at `checksum` covers.
void put_covered(Bytes& b, std::size_t at, u32 value, std::size_t checksum) {
  if (get16(b, at) == value) return;  // else a checksum of ffff became 0, which is the same sum
  put16(b, checksum, update_checksum(u16(get16(b, checksum)), u16(get16(b, at)), u16(value)));
  put16(b, at, value);
}

// As of 16-bit words, from the `from`-th byte on.
u32 sum_of(Frame bytes, std::size_t from) {
  u32 sum = 0;
  for (std::size_t i = from; i < bytes.size(); ++i) sum += u32(bytes[i]) << (i % 2 ? 0 : 8);
  return sum;
}

// ---- One packet into several -------------------------------------------------------------------------------------

// What is cut, and which offset its first byte has.
struct Whole {
  Frame head, payload;
  u32 room;    // for payload, in each piece
  u32 offset;  // in bytes
  bool more;   // something follows the last piece
};

// Calls make(payload, offset, more) for each piece, or for none where an offset would not fit.
template <class F>
std::vector<Bytes> pieces(const Whole& w, F make) {
  std::vector<Bytes> out;
  const u32 step = w.room & ~7u, size = u32(w.payload.size());
  if (step == 0) return {};
  for (u32 at = 0; at < size;) {
    const u32 bytes = size - at <= w.room ? size - at : step;
    if (w.offset + at > kMostOffset) return {};
    out.push_back(make(w.payload.subspan(at, bytes), w.offset + at, w.more || at + bytes < size));
    at += bytes;
  }
  return out;
}

std::vector<Bytes> split4(Frame frame, u32 mtu) {
  constexpr u32 l3 = sizeof(Ethernet), header = sizeof(Ip4);
  if (frame.size() < l3 + header || frame[l3] != 0x45) return {};
  const u32 length = get16(frame, l3 + 2), flags = get16(frame, l3 + 6);
  if (length < header || l3 + length > frame.size()) return {};
  if (length <= mtu) return {Bytes(frame.begin(), frame.begin() + l3 + length)};
  if (mtu < header) return {};
  const Whole whole = {frame.first(l3 + header), frame.subspan(l3 + header, length - header), mtu - header,
                       (flags & 0x1fff) * 8, (flags & 0x2000) != 0};
  return pieces(whole, [&](Frame payload, u32 offset, bool more) {
    Bytes out(whole.head.begin(), whole.head.end());
    put_covered(out, l3 + 2, header + u32(payload.size()), l3 + 10);
    put_covered(out, l3 + 6, (flags & 0xc000) | (more ? 0x2000u : 0) | offset / 8, l3 + 10);
    append(out, payload);
    return out;
  });
}

std::vector<Bytes> split6(Frame frame, u32 mtu, u32 id) {
  constexpr u32 l3 = sizeof(Ethernet), header = sizeof(Ip6), next_at = l3 + 6;
  if (frame.size() < l3 + header || frame[l3] >> 4 != 6) return {};
  const u32 length = header + get16(frame, l3 + 4);
  if (l3 + length > frame.size()) return {};
  if (length <= mtu) return {Bytes(frame.begin(), frame.begin() + l3 + length)};
  const bool fragment = frame[next_at] == kProtoFragment;
  const u32 taken = header + (fragment ? kFragmentHeader : 0);
  if (mtu < header + kFragmentHeader || length < taken) return {};
  Whole whole = {frame.first(l3 + header), frame.subspan(l3 + taken, length - taken), mtu - header - kFragmentHeader, 0,
                 false};
  std::array<u8, kFragmentHeader> made = {frame[next_at], 0, 0, 0, u8(id >> 24), u8(id >> 16), u8(id >> 8), u8(id)};
  if (fragment) {
    std::copy_n(frame.begin() + l3 + header, kFragmentHeader, made.begin());
    whole.offset = get16(made, 2) & 0xfff8;
    whole.more = made[3] & 1;
  }
  return pieces(whole, [&](Frame payload, u32 offset, bool more) {
    Bytes out(whole.head.begin(), whole.head.end());
    put16(out, l3 + 4, kFragmentHeader + u32(payload.size()));
    out[next_at] = kProtoFragment;
    append(out, made);
    put16(out, l3 + header + 2, offset | (made[3] & 6u) | u32(more));
    append(out, payload);
    return out;
  });
}

// ---- An ICMP error whose parts move --------------------------------------------------------------------------------

struct Headers {
  bool ip6;
  u32 l3, icmp, end;  // from the frame's beginning
};

// How far the extension headers reach that translation leaves out, from `at`, where one of type `next` stands; none
// where they do not end before `end`.
struct Skip {
  u32 at;
  u8 next;
};
std::optional<Skip> skip(Frame f, Skip s, u32 end) {
  while (std::find(kSkipped.begin(), kSkipped.end(), s.next) != kSkipped.end()) {
    if (s.at + 8 > end) return {};
    s = {s.at + 8 * (f[s.at + 1] + 1u), f[s.at]};
  }
  return s.at <= end ? std::optional(s) : std::nullopt;
}

std::optional<Headers> find_icmp4(Frame f, u32 l3) {
  if (f.size() < l3 + sizeof(Ip4)) return {};
  const u32 header = (f[l3] & 15) * 4u, length = get16(f, l3 + 2);
  const Headers h = {false, l3, l3 + header, l3 + length};
  if (f[l3] >> 4 != 4 || header < sizeof(Ip4) || h.end > f.size() || h.icmp + sizeof(Icmp) > h.end) return {};
  if (f[l3 + 9] != kProtoIcmp4 || get16(f, l3 + 6) & 0x3fff) return {};
  return h;
}

std::optional<Headers> find_icmp6(Frame f, u32 l3) {
  if (f.size() < l3 + sizeof(Ip6) || f[l3] >> 4 != 6) return {};
  const u32 end = l3 + u32(sizeof(Ip6)) + get16(f, l3 + 4);
  if (end > f.size()) return {};
  auto s = skip(f, {l3 + u32(sizeof(Ip6)), f[l3 + 6]}, end);
  if (!s || s->next != kProtoIcmp6 || s->at + sizeof(Icmp) > end) return {};
  return Headers{true, l3, s->at, end};
}

std::optional<Headers> find_icmp(Frame f) {
  u32 l3 = sizeof(Ethernet);
  for (int tags = 0; tags < 3 && f.size() >= l3; ++tags, l3 += u32(sizeof(Vlan))) {
    const u32 type = get16(f, l3 - 2);
    if (type == kEtherIp4) return find_icmp4(f, l3);
    if (type == kEtherIp6) return find_icmp6(f, l3);
    if (type != kEtherVlan && type != kEtherVlanService) return {};
  }
  return {};
}

// The packet in an error: how long it once was, and by how much its beginning grows when translated.
struct Inner {
  u32 length;
  int growth;
};

std::optional<Inner> inner4(Frame d) {
  if (d.size() < sizeof(Ip4) || d[0] >> 4 != 4) return {};
  const u32 header = (d[0] & 15) * 4u;
  if (header < sizeof(Ip4) || header > d.size()) return {};
  if (get16(d, 2) < header) return {};
  const bool fragment = get16(d, 6) & 0x3fff;
  return Inner{get16(d, 2), int(sizeof(Ip6) + (fragment ? kFragmentHeader : 0)) - int(header)};
}

std::optional<Inner> inner6(Frame d) {
  if (d.size() < sizeof(Ip6) || d[0] >> 4 != 6) return {};
  auto s = skip(d, {u32(sizeof(Ip6)), d[6]}, u32(d.size()));
  if (!s) return {};
  const u32 headers = s->at + (s->next == kProtoFragment ? kFragmentHeader : 0);
  if (headers > d.size()) return {};
  return Inner{u32(sizeof(Ip6)) + get16(d, 4), int(sizeof(Ip4)) - int(headers)};
}

struct Shape {
  u32 datagram;  // bytes, zeros at its end included
  bool extended;
};

// What becomes of a datagram of `said` bytes, some of them maybe zeros that follow the packet in it.
Shape shape_for(bool ip6, const Inner& inner, u32 said, u32 extensions, bool may_extend) {
  const u32 limit = (ip6 ? kLongest4 - sizeof(Ip4) : kLongest6 - sizeof(Ip6)) - sizeof(Icmp);
  const u32 content = std::min(said, inner.length);
  const auto after = [&](u32 bytes) { return u32(int(bytes) + inner.growth); };
  const auto before = [&](u32 bytes) { return u32(int(bytes) - inner.growth); };
  // Towards IPv4 our own words are the larger ones: what is whole in them is so afterwards, as headers are.
  const auto up = [&](u32 bytes) { return ip6 ? (bytes + 7) & ~7u : before((after(bytes) + 7) & ~7u); };
  const auto down = [&](u32 bytes) { return ip6 ? bytes & ~7u : before(after(bytes) & ~7u); };
  const u32 least = up(before(kLeastDatagram));
  const u32 room = limit > extensions ? limit - extensions : 0;
  const u32 most = room < after(least) ? 0 : down(std::min(before(room), kMostWords * (ip6 ? 8 : 4)));
  if (ip6 && may_extend && after(content) <= kLeastDatagram && room >= kLeastDatagram) return {least, true};
  if (!may_extend || most < least) return {std::min(content, before(limit)), false};
  return {std::clamp(inner.length > said ? down(content) : up(content), least, most), true};
}

}  // namespace

std::vector<std::vector<u8>> split(std::span<const u8> frame, u32 mtu, u32 id) {
  if (frame.size() < sizeof(Ethernet)) return {};
  const u32 type = get16(frame, sizeof(Ethernet) - 2);
  if (type == kEtherIp4) return split4(frame, mtu);
  return type == kEtherIp6 ? split6(frame, mtu, id) : std::vector<Bytes>();
}

namespace {

constexpr std::size_t kL3 = sizeof(Ethernet);

// The packet behind the first `at` bytes of a frame, in a frame of its own.
Bytes bare(Frame frame, std::size_t at) {
  Bytes out(frame.begin(), frame.begin() + kL3);
  append(out, frame.subspan(at));
  put16(out, kL3 - 2, out[kL3] >> 4 == 6 ? kEtherIp6 : kEtherIp4);
  return out;
}

// The packet of such a frame behind what stood in front of it: a tunnel's headers, whose lengths follow it, or tags and
// labels, which know none. Nothing where it is neither.
std::optional<Bytes> carried(Frame front, Frame bare) {
  Bytes whole(front.begin(), front.end());
  append(whole, bare.subspan(kL3));
  const u32 type = get16(front, kL3 - 2);
  if (type != kEtherIp4 && type != kEtherIp6) return whole;
  const bool ip6 = type == kEtherIp6;
  const std::size_t header = ip6 ? sizeof(Ip6) : sizeof(Ip4);
  const bool udp = front.size() >= kL3 + header && front[kL3 + (ip6 ? 6 : 9)] == kProtoUdp;
  if (front.size() < kL3 + header + (udp ? sizeof(Udp) : 0)) return {};
  const u32 length = u32(whole.size() - kL3);
  if (ip6)
    put16(whole, kL3 + 4, length - u32(header));
  else
    put_covered(whole, kL3 + 2, length, kL3 + 10);
  if (udp) put16(whole, kL3 + header + 4, length - u32(header));
  return whole;
}

}  // namespace

std::vector<std::vector<u8>> split_inside(std::span<const u8> frame, u32 in_front, u32 mtu, u32 id) {
  if (!in_front) return split(frame, mtu, id);
  const std::size_t at = kL3 + in_front;
  if (frame.size() <= at) return {};
  std::vector<Bytes> out = split(bare(frame, at), mtu, id);
  for (Bytes& piece : out) {
    auto whole = carried(frame.first(at), piece);
    if (!whole) return {};
    piece = std::move(*whole);
  }
  return out;
}

void tighten(Frame came, Bytes& translated) {
  constexpr u32 l3 = sizeof(Ethernet), icmp = l3 + sizeof(Ip4), at = icmp + sizeof(Icmp), said = kLeastDatagram + 4;
  const auto h = find_icmp(came);
  if (!h || !h->ip6 || translated.size() < at + said || translated[l3] != 0x45) return;
  const u32 was = came[h->icmp + 4] * 8u, quoted = h->icmp + u32(sizeof(Icmp));
  const auto inner = quoted + was <= h->end ? inner6(came.subspan(quoted, was)) : std::nullopt;
  if (!inner || translated[icmp + 5] != said / 4) return;
  if (int(std::min(was, inner->length)) + inner->growth > int(kLeastDatagram)) return;
  const u32 gone = sum_of(Frame(translated).first(at + said), at + kLeastDatagram);  // 0, but for who pads otherwise
  if (gone) put16(translated, icmp + 2, update_checksum(u16(get16(translated, icmp + 2)), fold(gone), 0));
  translated.erase(translated.begin() + at + kLeastDatagram, translated.begin() + at + said);
  put_covered(translated, icmp + 4, kLeastDatagram / 4, icmp + 2);
  put_covered(translated, l3 + 2, get16(translated, l3 + 2) - 4, l3 + 10);
}

std::optional<std::vector<u8>> realign(std::span<const u8> frame) {
  const auto h = find_icmp(frame);
  if (!h) return {};
  const u8 type = frame[h->icmp], code = frame[h->icmp + 1];
  if (h->ip6 ? type != 1 && type != 3 : type != 3 && type != 11 && type != 12) return {};
  const u32 length_at = h->icmp + (h->ip6 ? 4 : 5), unit = h->ip6 ? 8 : 4, at = h->icmp + u32(sizeof(Icmp));
  const u32 said = frame[length_at] * unit;
  if (said == 0 || at + said > h->end) return {};
  const Frame datagram = frame.subspan(at, said), extensions = frame.subspan(at + said, h->end - at - said);
  const auto inner = h->ip6 ? inner6(datagram) : inner4(datagram);
  if (!inner) return {};
  // What becomes a Packet Too Big or a Parameter Problem (RFC 7915, 4.2) has no room for a length (RFC 4884, 4).
  const bool may_extend = h->ip6 || type == 11 || (type == 3 && code != 2 && code != 4);
  const Shape shape = shape_for(h->ip6, *inner, said, u32(extensions.size()), may_extend);

  const u32 kept = std::min(shape.datagram, said);
  Bytes out(frame.begin(), frame.begin() + at + kept);
  out.resize(at + shape.datagram);
  u32 gone = sum_of(datagram, kept);
  if (shape.extended)
    append(out, extensions);
  else
    gone += sum_of(extensions, 0);
  const std::size_t checksum = h->icmp + 2;
  if (gone) put16(out, checksum, update_checksum(u16(get16(out, checksum)), fold(gone), 0));
  const u32 length_word = h->icmp + 4, length = shape.extended ? shape.datagram / unit : 0;
  const u32 other = get16(out, length_word);
  put_covered(out, length_word, h->ip6 ? length << 8 | (other & 0xff) : (other & 0xff00) | length, checksum);
  const u32 is = u32(out.size()) - h->l3;
  if (h->ip6)  // ICMPv6's checksum covers a length that changes by as much (RFC 4443, 2.3)
    put_covered(out, h->l3 + 4, is - u32(sizeof(Ip6)), checksum);
  else
    put_covered(out, h->l3 + 2, is, h->l3 + 10);
  return out;
}

std::optional<std::vector<u8>> realign_inside(std::span<const u8> frame, u32 at) {
  if (const auto h = find_icmp(frame); h && h->l3 == at) return realign(frame);
  if (at <= kL3 || frame.size() <= at) return {};
  const auto realigned = realign(bare(frame, at));
  return realigned ? carried(frame.first(at), *realigned) : std::nullopt;
}

}  // namespace waymark::translator
