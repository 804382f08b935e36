// What translation cannot do to a packet where it stands (core/verdict.h, Action::punt): cutting one into several, and
// moving the parts of an ICMP error against each other. Frames in, frames out; hosted code, for the few packets that
// need it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/types.h"

namespace waymark::translator {

// Cuts the IP packet of an untagged Ethernet frame into frames whose IP packets have at most `mtu` bytes: by IPv4's own
// fields (RFC 791, 3.2; a packet that is a fragment already is cut further) or by a Fragment Header right behind the
// IPv6 header (RFC 8200, 4.5), made with the identification `id` unless there is one already. A packet that fits is
// given back as it is, without what the link padded it with. IPv6 extension headers other than that one count as
// payload, and DF is not looked at: the caller has. Empty where the frame holds no whole IP packet or an IPv4 header
// with options, where `mtu` has no room for eight bytes of payload, or an offset would not fit its 13 bits.
std::vector<std::vector<u8>> split(std::span<const u8> frame, u32 mtu, u32 id);

// The same of the packet behind `in_front` bytes of a tunnel's headers, of which each piece gets its own: an IP header,
// and what of UDP, GRE or VXLAN is behind it.
std::vector<std::vector<u8>> split_inside(std::span<const u8> frame, u32 in_front, u32 mtu, u32 id);

// Readies an ICMP error with a datagram length (RFC 4884; ICMPv4 types 3, 11, 12, ICMPv6 types 1, 3) for translation,
// in a frame with up to two VLAN tags: afterwards the datagram in it, translated (RFC 7915, 4.3 and 5.3), will be a
// whole number of the other side's words (of 64 bits towards IPv6, of 32 towards IPv4) and 128 bytes at least; and the
// whole packet at most 1280 bytes of IPv6, or 576 of IPv4 when tightened. Zeros are added to a datagram that is all
// there, and to one below the 128 bytes; one that was cut off before is cut to whole words. The extensions follow
// unchanged. They are left out, and the length is zero, where there is no room for them or where the other side's
// message has none: its "packet too big" and "parameter problem" of ICMPv6. Checksums are adjusted by what changes, so
// that what was corrupt is as corrupt as before. None for all other frames, fragments among them, and for messages that
// are not as long as they say.
std::optional<std::vector<u8>> realign(std::span<const u8> frame);

// The same of an error that stands at `at` in a frame, in a tunnel, whose lengths follow it, or behind tags and labels.
std::optional<std::vector<u8>> realign_inside(std::span<const u8> frame, u32 at);

// Words of 64 bits cannot say 128 bytes of IPv4: a short datagram that realign() filled up has 132 when translated.
// This takes the last four bytes of padding away from `translated`, an untagged Ethernet frame that was `came` before
// realign(). All else it leaves as it is, and what was corrupt stays as corrupt.
void tighten(std::span<const u8> came, std::vector<u8>& translated);

}  // namespace waymark::translator
