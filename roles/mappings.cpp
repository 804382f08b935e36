#include "roles/mappings.h"

#include <algorithm>

#include "roles/prefix_set.h"

namespace waymark {

namespace {

// Where the bits of an IPv4 address beyond its prefix go: `high_shift` to the right from the top of 64 bits, for those
// in the upper half; `low_shift` to the left, for those in the lower one.
Mapping start(const Prefix& ip4, const Prefix& ip6, u8 kind) {
  const AddressBits n = numbers(ip6);
  Mapping m{};
  m.high = n.high;
  m.low = n.low;
  m.ip4 = u32(numbers(ip4).low);
  m.ip4_mask = ip4.length ? u32(~(upper_bits(32 + ip4.length))) : ~0u;
  m.ip6_length = ip6.length;
  m.ip4_length = ip4.length;
  m.kind = kind;
  return m;
}

}  // namespace

bool is_well_known(const Prefix& p) {
  const AddressBits n = numbers(p);
  return p.length == 96 && n.high == 0x0064ff9b'00000000 && n.low == 0;
}

std::vector<Prefix> ip4_of(const EmbeddingConfig& e) { return e.ip4.empty() ? std::vector<Prefix>{kAllIp4} : e.ip4; }

Mapping explicit_mapping(const Prefix& ip4, const Prefix& ip6) {
  Mapping m = start(ip4, ip6, kMapExplicit);
  const u32 bits = 32u - ip4.length, free = 128u - ip6.length - bits;  // below the last copied bit
  const u64 suffix = m.ip4_mask;
  if (free > 32 || ip6.length < 64) {
    m.high_shift = u8(std::min(63u, 96 - std::min(96u, free)));
    m.high_mask = free > 32 ? suffix << 32 >> m.high_shift : 0;
  }
  if (free < 64) {
    m.low_shift = u8(free);
    m.low_mask = suffix << free;
  }
  return m;
}

Mapping embedded_mapping(const Prefix& ip6, const Prefix& ip4, bool nonglobal) {
  Mapping m = start(ip4, ip6, kMapEmbedded);
  // The whole IPv4 address stands in the IPv6 one, its prefix too.
  m.ip4 = 0;
  m.ip4_mask = ~0u;
  if (ip6.length == 96) {
    m.low_mask = ~0u;
  } else {
    const u32 upper = 64u - ip6.length;  // bits before the reserved octet
    if (upper) {
      m.high_shift = u8(64 - upper);
      m.high_mask = (u64(~0u) << 32) >> m.high_shift;
    }
    m.low_shift = u8(24 + upper);
    m.low_mask = (u64(~0u) << m.low_shift) & (~u64(0) >> 8);
    m.flags |= kMapZeroOctet;
  }
  if (is_well_known(ip6) && !nonglobal) m.flags |= kMapGlobalOnly;
  return m;
}

Mapping embedded_by4(const Prefix& ip6, const Prefix& ip4, bool nonglobal) {
  Mapping m = embedded_mapping(ip6, ip4, nonglobal);
  m.ip4 = u32(numbers(ip4).low);
  return m;
}

translate::Settings translation_settings(u32 lowest_ip6_mtu, const std::vector<u32>& plateaus, ZeroChecksum zero) {
  translate::Settings s{};
  s.lowest_ip6_mtu = lowest_ip6_mtu;
  for (u32 i = 0; i < translate::kPlateaus && i < plateaus.size(); ++i) s.plateau[i] = u16(plateaus[i]);
  s.zero_checksum_drops = zero == ZeroChecksum::drop;
  return s;
}

}  // namespace waymark
