// Packets in tenants' overlays, one after the other: ARP from RFC 826 and 5227, and whom frames are for. Through both
// builds. Each case begins without a neighbour. Written by hand.
#pragma once

#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

struct OverlayStep {
  Bytes in;  // an IP packet
  std::string reason;
  std::vector<Bytes> out = {};  // as GatewayCase::out; none: whatever leaves
};
struct OverlayCase {
  std::string name, why;
  std::vector<OverlayStep> steps;  // at site()
};
const std::vector<OverlayCase>& overlay_cases();

// The gateway's MAC address in overlays by the end of id 4, and others'.
const std::string kOwnMac = "02:57:00:00:00:04", kEveryone = "ff:ff:ff:ff:ff:ff", kMacA = "02:00:00:00:0a:05",
                  kMacB = "02:00:00:00:0b:05", kRouterMac = "02:00:00:00:0a:fe";

// An ARP packet as it stands in its frame.
struct ArpText {
  uint16_t operation = 1;
  std::string sender = kMacA, sender_ip = "10.4.0.5", target = "00:00:00:00:00:00", target_ip = "10.4.0.1";
  std::string from = "", to = kEveryone;  // of the frame; from: the sender
};
Bytes arp_frame(const ArpText& arp);

// From a tenant's overlay to id 4's address, and back to it. `far`: of red's or of blue's.
Bytes from_overlay(const Bytes& frame, const std::string& far = kRedOverlay);
Bytes to_overlay(const Bytes& frame, const std::string& far = kRedOverlay);

}  // namespace waymark::gateway_cases
