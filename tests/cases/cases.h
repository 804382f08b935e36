// Packet cases as data: this frame, in this state, ends for this reason, with these bytes and these counters. Each runs
// in both builds of the core; the mutation and fuzz runs start from them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/outer.h"
#include "tests/kit/fixture.h"

namespace waymark::cases {

using packets::Bytes;

constexpr u32 kHeadRoom = 256;

struct Case {
  std::string name;
  std::string why;  // what would go wrong in the world if this did
  Bytes in{};
  std::string reason{};  // "director.no_target"
  Bytes out{};           // what is sent or handed on; empty: the frame as it came

  u32 slot = 0;  // target whose counters move, by so much; 0: none does
  u64 packets = 0, bytes = 0, flows = 0;
  std::vector<Note> notes{};  // exactly these, each once

  u64 flow = 0;       // hash of the flow whose pin is looked at afterwards; 0: not looked at
  std::string pin{};  // "none", or state, slot, flags: "embryonic 1", "proven 21 adopted mirrored"

  std::vector<Bytes> before{};                          // frames that come first, whatever becomes of them
  std::function<void(const Live&, u32 now)> arrange{};  // changes the tables, after `before`
  u32 head_room = kHeadRoom;                            // in front of the frame
};

std::vector<Case> parse_cases();
std::vector<Case> fragment_cases();
std::vector<Case> steer_cases();
std::vector<Case> director_cases();
std::vector<Case> pin_cases();
std::vector<Case> mirror_cases();
std::vector<Case> candidate_cases();
std::vector<Case> answer_cases();
std::vector<Case> host_cases();
std::vector<Case> stray_cases();
std::vector<Case> forward_cases();
std::vector<Case> rewrite_cases();
std::vector<Case> icmp_cases();
std::vector<Case> own_cases();
std::vector<Case> tunnel_cases();

// Cases of other settings than the site's.
struct Setting {
  const char* name;
  std::function<void(Settings&)> set;
  std::vector<Case> cases;
};
std::vector<Setting> setting_cases();
std::vector<Setting> tunnel_settings();  // part of these

const std::vector<Case>& all_cases();

// What no single packet can bring about, and the test that shows it instead.
struct Elsewhere {
  Note note;
  const char* test;
};
constexpr Elsewhere kElsewhere[] = {
    {Note::pin_contended, "core/pins_race_test.cpp: it needs another CPU between a read and its compare-and-swap"},
    {Note::flow_begun, "tests/gateway/firewall_test.cpp"},
    {Note::flow_recovered, "tests/gateway/firewall_test.cpp"},
    {Note::flow_embryo_evicted, "tests/gateway/firewall_test.cpp"},
    {Note::flow_table_full, "tests/gateway/firewall_test.cpp"},
    {Note::neighbour_learnt, "tests/gateway/overlay_test.cpp"},
    {Note::neighbour_moved, "tests/gateway/overlay_test.cpp"},
    {Note::neighbour_evicted, "tests/gateway/overlay_test.cpp"},
    {Note::edge_flow_begun, "tests/edge/scripts.cpp"},
    {Note::edge_flow_evicted, "tests/edge/edge_test.cpp"},
    {Note::edge_server_learnt, "tests/edge/scripts.cpp"},
    {Note::edge_server_forgotten, "tests/edge/scripts.cpp"}};

struct ReasonElsewhere {
  const char* reason;
  const char* test;
};
constexpr ReasonElsewhere kReasonsElsewhere[] = {
    {"steer.no_program", "tests/kernel_cases_test.cpp: it needs a load without the role's program"}};

// An IP packet of either family by its addresses' text.
Bytes ip(const std::string& source, const std::string& destination, const packets::Payload& payload, u8 hops = 64,
         u8 tos = 0);

// A client's packet to a service's address that goes to `slot` as a new flow.
Case sent(const std::string& name, const std::string& why, const std::string& client, const std::string& address,
          const packets::Payload& payload, u32 slot);
// A frame that ends for `reason` as it came, and moves no target's counters.
Case ends(const std::string& name, const std::string& why, const Bytes& in, const std::string& reason);

// A frame sent back to where it came from: addresses of the link exchanged, tags kept.
Bytes back(const Bytes& ip, const packets::Link& link = {});
// An IP packet of ours from a service's address.
Bytes answer_ip(const std::string& service, const std::string& client, const packets::Payload& payload, u8 tos = 0);
// The reset of a TCP segment from `client`, port 40000, to `port` of a service.
Bytes reset_back(const std::string& service, const std::string& client, u16 port, u32 sequence, u32 acknowledgement,
                 const std::string& flags, const packets::Link& link = {});
// The ICMP error about `packet` to its source, as long as RFC 1812 and RFC 4443 allow.
Bytes error_back(const std::string& source, u8 type, u8 code, u32 second, const Bytes& packet,
                 const packets::Link& link = {});

// ICMP of each type there is to a service, in either family. Not among all_cases(): these are so many that mutations
// and fuzzing, which begin with those, would seldom see anything else.
std::vector<Case> icmp_types();

}  // namespace waymark::cases
