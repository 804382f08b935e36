// Packets at a tenant's firewall, one after the other, and how each ends: written from RFC 5382, 4787, 5508 and 5961 by
// hand. All are of the tenant "red", whose client 10.0.0.5 talks with 203.0.113.20, and go through both builds.
#pragma once

#include "tests/gateway/cases.h"

namespace waymark::gateway_cases {

struct FirewallStep {
  bool out;  // from the tenant; else from the server
  Payload packet;
  std::string reason = "";         // where it passes
  Hop hop = {};                    // of a packet from the tenant
  std::string from = "", to = "";  // other ends than the usual ones
  Bytes leaves = {};               // what becomes of it, as foreseen(); empty: whatever
  Bytes raw = {};                  // in place of all this, the packet that comes in
  std::string passes = "";         // with this reason in place of the usual one
};

struct FirewallCase {
  std::string name, why;
  std::string site;
  std::vector<FirewallStep> steps;
};

// The usual site, with a firewall for red, these rules of it and other keys, and more keys of [gateway].
std::string guarded(const std::string& tenant = "", const std::string& keys = "", const std::string& layout = kLayout);

// The packet of a step as it comes in, and the reason that it ends with.
Bytes packet_of(const FirewallStep& step);
std::string reason_of(const FirewallStep& step);

const std::vector<FirewallCase>& firewall_cases();

// Of flows whose addresses say something of them (bits_cases.cpp). In the plan the sixth word of an address is
// dscp:6 valid:1 birth:8, and births count days: at this site flows begin on day 7.
const std::string kBitsLayout = "gateway:8 tenant:16 zero:25 dscp:6 valid:1 birth:8 ipv4:32\"\nbirth_unit = \"24h";
std::string bits_address(uint16_t word);  // of red's client, by gateway 1
void add_bits(std::vector<FirewallCase>& cases);

}  // namespace waymark::gateway_cases
