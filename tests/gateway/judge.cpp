#include "tests/gateway/judge.h"

#include <algorithm>
#include <map>
#include <optional>

#include "tests/gateway/link_cases.h"
#include "tests/kit/packet_reader.h"

namespace waymark::gateway_cases {

namespace {

using reader::Read;

bool is(const Bytes& address, const std::string& text) { return address == address_bytes(text); }

// The plan's number of a tenant that an IPv6 address names; 0: it is none of the plan's, or a gateway's own.
unsigned tenant_at(const Bytes& address) {
  if (address.size() != 16 || part(address, 0, 4) != Bytes{0x3f, 0xff, 0x0c, 0x00}) return 0;
  return unsigned(address[5] << 8 | address[6]);
}

// Whose tunnel has this far end: red is 1, blue 2; 0: nobody's.
unsigned tenant_of(const Read& r, const Bytes& packet, const Bytes& far) {
  const size_t at = r.transport;
  if (r.fragment) return 0;
  if (r.protocol == 4) return is(far, kRedFar) ? 1 : 0;
  if (r.protocol == 47 && at + 4 <= packet.size()) {
    const size_t key = at + (packet[at] & 0x80 ? 8 : 4);
    if (packet[at] & 0x20)
      return is(far, kRedFar6) && key + 4 <= packet.size() && part(packet, key, key + 4) == gre_key(7) ? 1 : 0;
    return is(far, kBlueFar) ? 2 : 0;
  }
  if (r.protocol == 17 && at + 16 <= packet.size() && packet[at + 2] == 0x12 && packet[at + 3] == 0xb5) {
    const int vni = packet[at + 12] << 16 | packet[at + 13] << 8 | packet[at + 14];
    if (vni == 5001) return is(far, kBlueFarVxlan) ? 2 : 0;
    if (vni == 5002) return is(far, kRedOverlay) || is(far, kRedOverlay6) ? 1 : 0;
    if (vni == 5003) return is(far, kBlueOverlay) ? 2 : 0;
  }
  return 0;
}

// Whom a packet that comes in is of or for.
unsigned named(const Bytes& packet) {
  const auto r = reader::read(packet, true);
  if (!r) return 0;
  if (const unsigned tenant = tenant_of(*r, packet, r->source)) return tenant;
  if (const unsigned tenant = tenant_at(r->destination)) return tenant;
  if (r->protocol == 41 && tenant_at(r->destination) == 0) {
    const auto inner = reader::read(part(packet, r->transport, packet.size()), true);
    return inner ? tenant_at(inner->destination) : 0;
  }
  return 0;
}

// Whether the packet had this address when it came, as its own or in a gateway's tunnel: it is only passed on, or told.
bool came_so(const Bytes& packet, const Bytes& address) {
  return std::search(packet.begin(), packet.end(), address.begin(), address.end()) != packet.end();
}

}  // namespace

Bytes packet_in(const Bytes& frame) {
  size_t at = 12;
  while (at + 4 <= frame.size() && at < 20 &&
         ((frame[at] == 0x81 && !frame[at + 1]) || (frame[at] == 0x88 && frame[at + 1] == 0xa8)))
    at += 4;
  return frame.size() > at + 2 ? part(frame, at + 2, frame.size()) : Bytes();
}

std::string mixed_up(const Bytes& frame, const std::vector<Bytes>& out) {
  const Bytes in = packet_in(frame);
  const unsigned from = named(in);
  for (const Bytes& left : out) {
    const Bytes packet = packet_in(left);
    if (const std::string wrong = reader::malformed(packet); !wrong.empty()) return "malformed: " + wrong;
    const auto r = reader::read(packet);
    const bool own = tenant_at(r->source) == 0;
    if (r->protocol == 41)
      if (const auto inner = reader::read(part(packet, r->transport, packet.size()), true))
        for (const Bytes& address : {inner->source, inner->destination})
          if (tenant_at(address) && tenant_at(address) != from && !came_so(in, address))
            return "between gateways with an address of tenant " + std::to_string(tenant_at(address)) + ", not " +
                   std::to_string(from);
    if (tenant_at(r->destination) && tenant_at(r->destination) != from && !came_so(in, r->destination))
      return "to an address of tenant " + std::to_string(tenant_at(r->destination)) + ", not " + std::to_string(from);
    const unsigned tunnel = tenant_of(*r, packet, r->destination);
    if (tunnel && tunnel != from)
      return "into the tunnel of tenant " + std::to_string(tunnel) + ", not " + std::to_string(from);
    if (!own && tenant_at(r->source) != from && r->source != reader::read(in, true)->source)
      return "from an address of tenant " + std::to_string(tenant_at(r->source)) + ", not " + std::to_string(from);
  }
  return {};
}

std::string mixed_up_at_links(const Bytes& frame, bool by_link, const Bytes& left, bool to_link) {
  const auto was = reader::read(packet_in(frame), true);
  const unsigned from = by_link                         ? tenant_of_link(frame)
                        : !was                          ? 0
                        : was->destination.size() == 16 ? tenant_at(was->destination)
                                                        : 1;
  if (to_link) return tenant_of_link(left) == from && from ? "" : "by the link of another tenant";
  const auto became = reader::read(packet_in(left), true);
  if (!became) return "malformed";
  if (!by_link) return "";  // told, or sent on to where it came from
  if (became->source.size() == 4) return from == 1 ? "" : "into the tunnel of another tenant";
  return tenant_at(became->source) == from ? "" : "from another tenant's address";
}

std::string wrongly_known(const Live& live, const Mac& own) {
  std::map<u64, u32> by_owner;
  for (const NeighbourBucket& bucket : live.neighbours)
    for (const Neighbour& n : bucket.way) {
      if (!n.seal) continue;
      ++by_owner[n.owner];
      if (n.ip4 >> 8 != 0x0a0400 && n.ip4 >> 8 != 0x0a0700) return "a host that is none of the overlay's is known";
      if (n.ip4 == 0x0a040001 || n.ip4 == 0x0a070001) return "the gateway's own address is known to be another's";
      if (n.mac.byte[0] & 1) return "a host is known by a group's MAC address";
      if (std::ranges::equal(n.mac.byte, own.byte)) return "a host is known by the gateway's MAC address";
      if (n.member > 1) return "a host is known behind a tunnel that is not there";
    }
  if (by_owner.size() > 2) return "neighbours of an overlay that is not there";
  for (const auto& [owner, count] : by_owner)
    if (count > 2 * kNeighbourWays) return "an overlay knows more than it has room for";
  return {};
}

}  // namespace waymark::gateway_cases
