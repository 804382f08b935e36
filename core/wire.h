// Headers as they stand on the wire. Fields are big-endian integers or bytes; lengths in bytes unless said.
#pragma once

#include "core/address.h"
#include "core/types.h"

namespace waymark {

constexpr u16 kEtherIp4 = 0x0800, kEtherArp = 0x0806, kEtherIp6 = 0x86dd, kEtherVlan = 0x8100,
              kEtherVlanService = 0x88a8, kEtherMpls = 0x8847;
constexpr u8 kProtoHopByHop = 0, kProtoIcmp4 = 1, kProtoIp4 = 4, kProtoTcp = 6, kProtoUdp = 17, kProtoIp6 = 41,
             kProtoRouting = 43, kProtoFragment = 44, kProtoGre = 47, kProtoAuth = 51, kProtoIcmp6 = 58,
             kProtoDestination = 60, kProtoDccp = 33, kProtoSctp = 132, kProtoUdpLite = 136;
constexpr u8 kTcpFin = 1, kTcpSyn = 2, kTcpRst = 4, kTcpPsh = 8, kTcpAck = 16;

struct WM_WIRE Mac {
  u8 byte[6];
};

WM_INLINE bool same(const Mac& a, const Mac& b) {
  return ((load32(a.byte) ^ load32(b.byte)) | u32(load16(a.byte + 4) ^ load16(b.byte + 4))) == 0;
}

struct WM_WIRE Ethernet {
  Mac destination, source;
  be16 type;
};
static_assert(sizeof(Ethernet) == 14);

// The two addresses of a link header, as words to move.
struct LinkAddresses {
  u64 first;
  u32 last;
};
WM_INLINE LinkAddresses load_link(const void* macs) { return {load64(macs), load32(static_cast<const u8*>(macs) + 8)}; }
WM_INLINE void store_link(Ethernet* ethernet, const LinkAddresses& link, be16 type) {
  word64(ethernet)->value = link.first;
  word32(ethernet->source.byte + 2)->value = link.last;
  ethernet->type = type;
}

struct WM_WIRE Vlan {  // what follows the tag's own EtherType (IEEE 802.1Q)
  be16 tag;            // PCP:3 DEI:1 VID:12
  be16 type;
};
static_assert(sizeof(Vlan) == 4);

struct WM_WIRE Ip4 {
  u8 version_ihl;  // header length in 4-byte words below
  u8 tos;
  be16 length;  // header and payload
  be16 id;
  be16 fragment;  // reserved:1 DF:1 MF:1 offset:13 in 8-byte units
  u8 ttl;
  u8 protocol;
  be16 checksum;
  be32 source, destination;
};
static_assert(sizeof(Ip4) == 20);

struct WM_WIRE Ip6 {
  be32 version_class_label;  // 4, 8 and 20 bits
  be16 length;               // payload alone
  u8 next;
  u8 hops;
  be32 source[4], destination[4];
};
static_assert(sizeof(Ip6) == 40);

struct WM_WIRE Ip6Extension {  // hop-by-hop, routing, destination options (RFC 8200, 4)
  u8 next;
  u8 length;  // in 8-byte units, not counting the first
};
static_assert(sizeof(Ip6Extension) == 2);

struct WM_WIRE Ip6Fragment {  // RFC 8200, 4.5
  u8 next, reserved;
  be16 offset;  // offset:13 in 8-byte units, reserved:2, M:1
  be32 id;
};
static_assert(sizeof(Ip6Fragment) == 8);

struct WM_WIRE Ports {  // the first word of TCP and UDP
  be16 source, destination;
};
static_assert(sizeof(Ports) == 4);

struct WM_WIRE Tcp {
  be16 source, destination;
  be32 sequence, acknowledgement;
  u8 offset;  // header length in 4-byte words above, reserved below
  u8 flags;
  be16 window, checksum, urgent;
};
static_assert(sizeof(Tcp) == 20);

struct WM_WIRE Udp {
  be16 source, destination;
  be16 length;  // header and payload
  be16 checksum;
};
static_assert(sizeof(Udp) == 8);

struct WM_WIRE Icmp {
  u8 type, code;
  be16 checksum;
  be32 rest;
};
static_assert(sizeof(Icmp) == 8);

// Generic UDP Encapsulation, variant 0 (draft-ietf-intarea-gue-09, 3).
struct WM_WIRE Gue {
  u8 variant_control_hlen;  // variant:2 C:1 Hlen:5, the length of the optional fields in 4-byte words
  u8 protocol;              // IANA number of what follows, when C is 0
  be16 flags;
};
static_assert(sizeof(Gue) == 4);

// Private data behind a GUE header (the draft's section 3.3): where a packet goes that the receiver does not know.
struct WM_WIRE GueCandidate {
  u8 kind;  // kGueSecondCandidate
  u8 reserved[3];
  be32 address[4];  // IPv4 as mapped
};
static_assert(sizeof(GueCandidate) == 20);
constexpr u8 kGueSecondCandidate = 1, kGueCandidateWords = 5;

// Generic Routing Encapsulation (RFC 2784, 2). A checksum and a key (RFC 2890) follow where their bits are set, each of
// 4 bytes.
struct WM_WIRE Gre {
  be16 flags;  // C:1 routing:1 K:1 S:1 reserved:9 version:3
  be16 type;   // EtherType of what follows
};
static_assert(sizeof(Gre) == 4);
constexpr u16 kGreChecksum = 0x8000, kGreKey = 0x2000;
constexpr u16 kGreRefused = 0x5c07;  // bits 1 to 5 but K, and all versions but 0 (RFC 2784, 2.2)

// Virtual eXtensible Local Area Network (RFC 7348, 5). An Ethernet frame follows.
struct WM_WIRE Vxlan {
  be32 flags;  // all reserved but kVxlanHasVni
  be32 vni;    // vni:24 reserved:8
};
static_assert(sizeof(Vxlan) == 8);
constexpr u32 kVxlanHasVni = 0x0800'0000;

// Address Resolution Protocol, of IPv4 over Ethernet (RFC 826).
struct WM_WIRE Arp {
  be16 hardware, protocol;              // kArpEthernet, kEtherIp4
  u8 hardware_length, protocol_length;  // of addresses: 6 and 4
  be16 operation;
  Mac sender;
  u8 sender_ip4[4];
  Mac target;
  u8 target_ip4[4];
};
static_assert(sizeof(Arp) == 28);
constexpr u16 kArpEthernet = 1, kArpRequest = 1, kArpReply = 2;

}  // namespace waymark
