// A tenant's own link in a tunnel's place: an Ethernet, with up to two tags (IEEE 802.1Q), or with up to two MPLS
// labels (RFC 3032). What is alike in all frames that leave by it stands ready in Target::outer, as a tunnel's header
// does.
#pragma once

#include "core/outer.h"
#include "core/overlay/reasons.h"
#include "core/parse.h"

namespace waymark {

constexpr u32 kMostLabels = 2, kMostGroups = 4, kLeastLabel = 16, kMaxLabel = 0xf'ffff;
constexpr u8 kLabelTtl = 64;

struct LinkEnd {
  be16 type;  // what the MAC addresses are followed by
  u16 mtu;    // of the IP packet
  u32 interface;
  Mac own, far;  // who sends; and whom frames are for, where neighbours do not say
  u8 groups, labels;
  u16 reserved;
  be32 group[kMostGroups];  // what follows `type` in words: tags, each with the next type, and the `labels` last ones
};
static_assert(sizeof(LinkEnd) == 40 && sizeof(LinkEnd) <= kOuterLength);

WM_INLINE bool is_link(const Target& t) { return t.tunnel == kTunnelLink; }
WM_INLINE const LinkEnd* link_end(const Target& t) { return reinterpret_cast<const LinkEnd*>(t.outer); }

WM_INLINE constexpr LinkAddresses link_to(u64 mac, u64 own) {
  return {(mac & 0xffff'ffff'ffff) | own << 48, u32(own >> 16)};
}

// Where a frame came in, as an address among links; `label` as take_labels() gives it.
WM_INLINE constexpr Address link_address(u32 interface, u16 outer_vlan, u16 inner_vlan, u32 first, u32 second) {
  return {u64(interface) << 32 | u32(outer_vlan) << 16 | inner_vlan, u64(first) << 32 | second};
}

// An MPLS label of a stack (RFC 3032, 2.1): label:20, traffic class:3 (RFC 5462), bottom of stack:1, TTL:8.
WM_INLINE constexpr u32 label_entry(u32 label, bool bottom) { return label << 12 | u32(bottom) << 8 | kLabelTtl; }
constexpr u32 kBottom = 0x100, kClassShift = 9;

// The label stack at `l3`, which is behind it then: each label and 1, or 0. As the end of a short pipe (RFC 3443, 3.2;
// RFC 3270, 2.6.3) nothing of it goes into the packet.
struct Labels {
  u32 first, second;
};
WM_INLINE Verdict take_labels(const View& v, u32& l3, Labels& labels) {
  const auto* top = v.at<Word32>(l3);
  if (!top) return overlay::why::label_stack;
  const u32 first = number(be32{top->value});
  l3 += sizeof(Word32);
  labels.first = (first >> 12) + 1;
  labels.second = 0;
  if (!(first & kBottom)) {
    const auto* below = v.at<Word32>(l3);
    if (!below) return overlay::why::label_stack;
    const u32 second = number(be32{below->value});
    if (!(second & kBottom)) return overlay::why::label_stack;
    l3 += sizeof(Word32);
    labels.second = (second >> 12) + 1;
  }
  if ((first & 0xff) <= 1) return overlay::why::label_ttl;
  return kGoOn;
}

// Writes what stands between the MAC addresses and the packet, for which there is room. The label's class is the upper
// half of the packet's DSCP. False where the frame is too short, before any write.
WM_INLINE bool write_link(const View& v, const Target& t, const LinkAddresses& link, u8 tos) {
  struct WM_WIRE Groups {
    be32 group[kMostGroups];  // the shortest packet behind them is longer
  };
  const LinkEnd* end = link_end(t);
  auto* ethernet = v.at<Ethernet>(0);
  auto* groups = v.at<Groups>(sizeof(Ethernet));
  if (!ethernet || !groups) return false;
  const u32 of_label = wire32(u32(tos >> 5) << kClassShift).raw;
  const u32 tags = u32(end->groups) - end->labels;
  for (u32 i = 0; i < kMostGroups; ++i)
    if (i < end->groups) groups->group[i].raw = end->group[i].raw | (i >= tags ? of_label : 0);
  store_link(ethernet, link, end->type);
  return true;
}

// What write_link() needs. Tags in host order, 0: none; no labels: IPv4 itself.
struct LinkTags {
  u16 outer, inner;
  u32 label[kMostLabels];
  u32 labels;
};
inline void set_link(Target& t, u32 interface, u32 mtu, const Mac& own, const Mac& far, const LinkTags& tags) {
  t = Target{};
  auto* end = reinterpret_cast<LinkEnd*>(t.outer);
  const u16 inside = tags.labels ? kEtherMpls : kEtherIp4;
  end->type = wire16(!tags.outer ? inside : tags.inner ? kEtherVlanService : kEtherVlan);
  end->interface = interface;
  end->own = own;
  end->far = far;
  const u32 beneath = u32(sizeof(Word32)) * tags.labels;  // they count as part of what the interface carries
  end->mtu = u16(mtu > beneath ? mtu - beneath : 0);
  if (tags.outer) end->group[end->groups++] = wire32(u32(tags.outer) << 16 | (tags.inner ? kEtherVlan : inside));
  if (tags.inner) end->group[end->groups++] = wire32(u32(tags.inner) << 16 | inside);
  for (u32 i = 0; i < tags.labels; ++i)
    end->group[end->groups++] = wire32(label_entry(tags.label[i], i + 1 == tags.labels));
  end->labels = u8(tags.labels);
  t.tunnel = kTunnelLink;
  t.in_use = 1;
  t.outer_length = u8(sizeof(Word32) * end->groups);
}

}  // namespace waymark
