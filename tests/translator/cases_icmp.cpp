// RFC 7915, 4.2 and 5.2: every type and code that has a translation. What is not here has none (translator_test.cpp
// goes through all the others).
#include "tests/translator/icmp_rows.h"

namespace waymark::translator_cases {

const std::vector<IcmpRow>& rows_to6() {
  static const std::vector<IcmpRow> rows = {
      {3, 0, 0, 1, 0, 0},
      {3, 1, 0, 1, 0, 0},
      {3, 2, 0, 4, 1, 6},
      {3, 3, 0, 1, 4, 0},
      {3, 4, 1400, 2, 0, 1420},  // an MTU, and what an IPv6 header needs more
      {3, 5, 0, 1, 0, 0},
      {3, 6, 0, 1, 0, 0},
      {3, 7, 0, 1, 0, 0},
      {3, 8, 0, 1, 0, 0},
      {3, 9, 0, 1, 1, 0},
      {3, 10, 0, 1, 1, 0},
      {3, 11, 0, 1, 0, 0},
      {3, 12, 0, 1, 0, 0},
      {3, 13, 0, 1, 1, 0},
      {3, 15, 0, 1, 1, 0},
      {11, 0, 0, 3, 0, 0},
      {11, 1, 0, 3, 1, 0},
      // Figure 3: pointers, in the first byte here and in the whole word there.
      {12, 0, 0x00000000, 4, 0, 0},
      {12, 0, 0x01000000, 4, 0, 1},
      {12, 0, 0x02000000, 4, 0, 4},
      {12, 0, 0x03000000, 4, 0, 4},
      {12, 0, 0x08000000, 4, 0, 7},
      {12, 0, 0x09000000, 4, 0, 6},
      {12, 0, 0x0c000000, 4, 0, 8},
      {12, 0, 0x0d000000, 4, 0, 8},
      {12, 0, 0x0e000000, 4, 0, 8},
      {12, 0, 0x0f000000, 4, 0, 8},
      {12, 0, 0x10000000, 4, 0, 24},
      {12, 0, 0x11000000, 4, 0, 24},
      {12, 0, 0x12000000, 4, 0, 24},
      {12, 0, 0x13000000, 4, 0, 24},
      {12, 2, 0x08000000, 4, 0, 7},
  };
  return rows;
}

const std::vector<IcmpRow>& rows_to4() {
  static const std::vector<IcmpRow> rows = {
      {1, 0, 0, 3, 1, 0},
      {1, 1, 0, 3, 10, 0},
      {1, 2, 0, 3, 1, 0},
      {1, 3, 0, 3, 1, 0},
      {1, 4, 0, 3, 3, 0},
      {2, 0, 1400, 3, 4, 1380},
      {3, 0, 0, 11, 0, 0},
      {3, 1, 0, 11, 1, 0},
      {4, 1, 40, 3, 2, 0},
      // Figure 6.
      {4, 0, 0, 12, 0, 0},
      {4, 0, 1, 12, 0, 0x01000000},
      {4, 0, 4, 12, 0, 0x02000000},
      {4, 0, 5, 12, 0, 0x02000000},
      {4, 0, 6, 12, 0, 0x09000000},
      {4, 0, 7, 12, 0, 0x08000000},
      {4, 0, 8, 12, 0, 0x0c000000},
      {4, 0, 15, 12, 0, 0x0c000000},
      {4, 0, 16, 12, 0, 0x0c000000},
      {4, 0, 23, 12, 0, 0x0c000000},
      {4, 0, 24, 12, 0, 0x10000000},
      {4, 0, 31, 12, 0, 0x10000000},
      {4, 0, 39, 12, 0, 0x10000000},
  };
  return rows;
}

void add_icmp(Cases& c) {
  const std::string to4 = "translator.to_ip4", to6 = "translator.to_ip6";
  const Payload p = udp(4000, 53);
  for (const IcmpRow& r : rows_to6())
    c.push_back({"icmp4_" + std::to_string(r.type) + "_" + std::to_string(r.code) + "_" + std::to_string(r.second),
                 "4.2: to type " + std::to_string(r.to_type) + " code " + std::to_string(r.to_code),
                 site(),
                 complaint4(error4(r.type, r.code, r.second, quoted4(p))),
                 to6,
                 {complaint_to6(error6(r.to_type, r.to_code, r.to_second, quoted6(p)))}});
  for (const IcmpRow& r : rows_to4())
    c.push_back({"icmp6_" + std::to_string(r.type) + "_" + std::to_string(r.code) + "_" + std::to_string(r.second),
                 "5.2: to type " + std::to_string(r.to_type) + " code " + std::to_string(r.to_code),
                 site(),
                 complaint6(error6(r.type, r.code, r.second, quoted6(p))),
                 to4,
                 {complaint_to4(error4(r.to_type, r.to_code, r.to_second, quoted4(p, {.id = 0, .fragment = 0})))}});
  c.push_back({"timestamp", "4.2: no other ICMPv4 message is translated (Translator.IcmpWithoutTranslationIsDropped)",
               site(), four(icmp4(13, 0, repeat(0, 12))), "translator.icmp_type"});
  c.push_back(
      {"router_solicitation", "5.2: likewise of ICMPv6", site(), six(icmp6(133, 0, {})), "translator.icmp_type"});
  for (const bool reply : {false, true}) {
    const Payload e4 = icmp4(reply ? 0 : 8, 0), e6 = icmp6(reply ? 129 : 128, 0);
    const std::string n = reply ? "echo_reply" : "echo";
    c.push_back(
        {n + "/4to6", "4.2: the type, and the pseudo-header into the checksum", site(), four(e4), to6, {to_six(e6)}});
    c.push_back({n + "/6to4", "5.2: likewise, out of the checksum", site(), six(e6), to4, {to_four(e4)}});
  }

  // 4.2, "packet too big": max(1280, min(MTU + 20, MTU of the IPv6 next hop, MTU of the IPv4 next hop + 20)).
  struct Big {
    std::string name, mtus;
    uint32_t told, length, becomes;
  };
  const std::string jumbo = "mtu = { eth0 = 9000, eth1 = 9000 }", narrow6 = "mtu = { eth0 = 9000, eth1 = 1300 }",
                    narrow4 = "mtu = { eth0 = 1290, eth1 = 9000 }";
  for (const Big& b : std::vector<Big>{{"told", jumbo, 4000, 9000, 4020},
                                       {"floor", jumbo, 576, 1500, 1280},
                                       {"floor_1259", jumbo, 1259, 1500, 1280},
                                       {"floor_1261", jumbo, 1261, 1500, 1281},
                                       {"ip6_next_hop", narrow6, 1400, 1500, 1300},
                                       {"ip4_next_hop", narrow4, 1400, 1500, 1310},
                                       {"plateau_9000", jumbo, 0, 9000, 8166 + 20},
                                       {"plateau_8166", jumbo, 0, 8166, 4352 + 20},
                                       {"plateau_1500", jumbo, 0, 1500, 1492 + 20},
                                       {"plateau_1492", jumbo, 0, 1492, 1280},
                                       {"plateau_68", jumbo, 0, 68, 1280}}) {
    const Payload big = udp(4000, 53, repeat(1, b.length - 28));
    c.push_back({"too_big4_" + b.name,
                 "4.2 and RFC 1191, 7.1",
                 site({.engine = b.mtus}),
                 complaint4(error4(3, 4, b.told, cut(quoted4(big), 28))),
                 to6,
                 {complaint_to6(error6(2, 0, b.becomes, cut(quoted6(big), 48)))}});
  }
  // 5.2: min(MTU - 20, MTU of the IPv4 next hop, MTU of the IPv6 next hop - 20), and of a fragment 8 less.
  for (const Big& b : std::vector<Big>{{"told", jumbo, 4000, 9000, 3980},
                                       {"1280", jumbo, 1280, 1500, 1260},
                                       {"below_1280", jumbo, 1000, 1500, 980},
                                       {"ip4_next_hop", narrow4, 1400, 1500, 1290},
                                       {"ip6_next_hop", narrow6, 1400, 1500, 1280}}) {
    const Payload big = udp(4000, 53, repeat(1, b.length - 48));
    c.push_back({"too_big6_" + b.name,
                 "5.2",
                 site({.engine = b.mtus}),
                 complaint6(error6(2, 0, b.told, cut(quoted6(big), 48))),
                 to4,
                 {complaint_to4(error4(3, 4, b.becomes, cut(quoted4(big, {.id = 0}), 28)))}});
  }
}

}  // namespace waymark::translator_cases
