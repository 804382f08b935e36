// What is not Waymark's passes as it came: other interfaces, other MACs, other addresses.
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

std::vector<Case> steer_cases() {
  std::vector<Case> c;
  const Payload syn = tcp(40000, 80, "S");
  const Bytes web = ip(kClient4, address4(by_ip6), syn);

  c.push_back(ends("vlan_not_ours", "a VLAN that is not configured may hold anybody's addresses",
                   frame(web, {.tags = {55}}), "steer.not_listening"));
  c.push_back(ends("vlan_ours_inside_other", "the outer tag decides too", frame(web, {.tags = {55, kVlan}}),
                   "steer.not_listening"));
  c.push_back(ends("vlans_swapped", "the tags' order matters", frame(web, {.tags = {kInnerVlan, kVlan}}),
                   "steer.not_listening"));
  c.push_back(ends("mac_of_another", "a bridge floods, and promiscuous interfaces see it",
                   frame(web, {.destination = "02:00:00:00:00:02"}), "steer.other_mac"));
  for (int i = 0; i < 6; ++i) {
    const Bytes ours = frame(web);
    c.push_back(ends("mac_byte_" + std::to_string(i), "each byte of the address counts",
                     with_byte(ours, size_t(i), u8(ours[size_t(i)] ^ 0x40)), "steer.other_mac"));
  }
  c.push_back(ends("broadcast", "a service is never reached by broadcast",
                   frame(web, {.destination = "ff:ff:ff:ff:ff:ff"}), "steer.other_mac"));
  c.push_back(
      ends("multicast", "nor by multicast", frame(web, {.destination = "33:33:00:00:00:01"}), "steer.other_mac"));
  c.push_back(ends("not_ours4", "what is not a service's is the kernel's, untouched",
                   frame(ip(kClient4, "198.51.100.200", syn)), "steer.not_ours"));
  c.push_back(ends("not_ours6", "likewise", frame(ip(kClient6, "2001:db8:80::ffff", syn)), "steer.not_ours"));
  c.push_back(ends("not_ours_and_broken", "packets that are not ours are not judged",
                   frame(with_word(ip("127.0.0.1", "198.51.100.200", syn), 2, 7)), "steer.not_ours"));
  c.push_back(ends("director_is_no_destination", "a listed director is believed, not served",
                   frame(ip(kClient4, kDirector4, syn)), "steer.not_ours"));
  c.push_back(ends("served_without_tunnel",
                   "a served address is this host's own: outside of tunnels the kernel knows best",
                   frame(ip(kClient4, kServed4, syn)), "steer.not_ours"));
  c.push_back(ends("service_of_another_zone", "overlapping addresses of two zones never meet",
                   frame(ip(kClient4, address4(by_ip4), syn), {.tags = {kVlanTenant}}), "steer.not_ours"));

  Case own_zone = sent("same_address_other_zone", "each zone's service gets its own packets", kClient4,
                       address4(by_ip6), syn, tenant);
  own_zone.in = frame(web, {.tags = {kVlanTenant}});
  own_zone.flow = flow_hash(kTenantRealm, kClient4, address4(tenant), syn);
  own_zone.out = tunnelled(tenant, ip(kClient4, address4(tenant), syn, 63), own_zone.flow);
  c.push_back(own_zone);

  struct Tagged {
    const char* name;
    Link link;
  };
  for (const Tagged& t :
       {Tagged{"priority_tag", {.tags = {0xe000}}}, Tagged{"vlan", {.tags = {kVlan}}},
        Tagged{"vlan_with_priority", {.tags = {0xa000 | kVlan}}}, Tagged{"two_vlans", {.tags = {kVlan, kInnerVlan}}},
        Tagged{"two_vlans_8021ad", {.tags = {kVlan, kInnerVlan}, .first_tag_type = 0x88a8}},
        Tagged{"vlan_without_tunnels", {.tags = {kVlanNoTunnels}}}}) {
    for (bool six : {false, true}) {
      const std::string client = six ? kClient6 : kClient4, to = six ? address6(by_gue4) : address4(by_gue4);
      Case tagged = sent(std::string(t.name) + (six ? "6" : "4"),
                         "tags end at the director: its way out has its own link header", client, to, syn, by_gue4);
      tagged.in = frame(ip(client, to, syn), t.link);
      c.push_back(tagged);
    }
  }
  return c;
}

}  // namespace waymark::cases
