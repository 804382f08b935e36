// An edge without a machine, packet by packet: clients in one zone, the network in another. Packets are written from
// the RFCs by hand (tests/kit/packets.h); a flow's own address is learnt from what leaves.
#pragma once

#include <memory>
#include <string>

#include "node/scene.h"
#include "tests/kit/packets.h"

namespace waymark::edge_cases {

using namespace packets;

const std::string kClient = "2001:db8:c::5", kOther = "2001:db8:c::6";         // behind eth0
const std::string kAny = "2001:db8:a::80", kAnyInPrefix = "2001:db8:b::1234";  // caught
const std::string kServer = "2001:db8:51::7", kServer2 = "2001:db8:52::8", kStranger = "2001:db8:66::6";
const std::string kRouter = "2001:db8:9::1", kErrors = "2001:db8:e::e", kPrefix = "2001:db8:f:1::";

// Of IPv4: 203.0.113.0/30 and 203.0.113.8 are the addresses that flows share.
const std::string kClient4 = "10.0.0.5", kAny4 = "192.0.2.80", kAnyInPrefix4 = "198.51.100.77";
const std::string kServer4 = "198.18.51.7", kServer4b = "198.18.52.8", kStranger4 = "198.18.66.6";
const std::string kRouter4 = "198.18.9.1", kErrors4 = "198.18.14.14";

// The usual configuration, with more lines of [edge].
std::string site(const std::string& keys = "");

// One of two edges of a group, "e1" and "e2", with a prefix and a pool each.
const std::string kFirst = "2001:db8:f:1::/64", kSecond = "2001:db8:f:2::/64";
std::string member_site(bool first);

struct Left {
  std::string reason;
  Bytes packet;  // that left; empty where none did
};

class EdgeSite {
 public:
  explicit EdgeSite(const std::string& toml = site());  // aborts on one that cannot be used
  virtual ~EdgeSite() = default;
  Left from_client(const Bytes& packet) { return receive(packet, "eth0"); }
  Left from_network(const Bytes& packet) { return receive(packet, "eth1"); }
  virtual Left receive(const Bytes& packet, const std::string& interface);
  void set_ways(WayKind kind, u16 mtu = 1500);
  Bytes frame(const Bytes& packet, const std::string& interface) const;
  u32 index(const std::string& interface) const { return scene_->interface_called(interface)->index; }
  Scene& scene() { return *scene_; }
  virtual u64 notes(Note note) { return scene_->engine().counters().notes[u32(note)]; }

 private:
  std::unique_ptr<Scene> scene_;
};

// Between two hosts; and as it leaves a router.
Bytes packet(const std::string& from, const std::string& to, const Payload& payload, uint8_t hops = 64);
Bytes sent_on(const std::string& from, const std::string& to, const Payload& payload);

// The same of IPv4; `fragment` has DF, MF and the offset in eights.
Bytes packet4(const std::string& from, const std::string& to, const Payload& payload, uint16_t fragment = 0x4000,
              uint8_t hops = 64);
Bytes sent_on4(const std::string& from, const std::string& to, const Payload& payload, uint16_t fragment = 0x4000);

std::string source_of(const Bytes& packet);
std::string destination_of(const Bytes& packet);

// TCP of one connection: the client's first number is 1000, the server's 9000.
Payload syn(uint16_t port = 40'000, uint32_t number = 1000);
Payload syn_ack(uint16_t port = 40'000, uint32_t acknowledges = 1001);
Payload segment(uint16_t port, const std::string& flags = "A");
Payload answer(uint16_t port, const std::string& flags = "A");
Payload echo(bool request, uint16_t id, const Bytes& data = text("ping-ping"));

// The own address of a new flow whose server is learnt, or not.
std::string open_flow(EdgeSite& s, uint16_t port = 40'000, const std::string& server = kServer,
                      const std::string& client = kClient);
std::string begin_flow(EdgeSite& s, const Payload& first, const std::string& client = kClient,
                       const std::string& to = kAny);

// What an IPv4 flow has outside: address and port, or identifier.
struct Own {
  std::string address;
  uint16_t port = 0;
  auto operator<=>(const Own&) const = default;
};
Own own_of(const Bytes& packet);
Payload echo4(bool request, uint16_t id, const Bytes& data = text("ping-ping"));
Own open_flow4(EdgeSite& s, uint16_t port = 40'000, const std::string& server = kServer4,
               const std::string& client = kClient4);
Own begin_flow4(EdgeSite& s, const Payload& first, const std::string& client = kClient4, const std::string& to = kAny4);
// Another client, with the same address of the pool.
std::string other_of(EdgeSite& s, const std::string& client = kClient4);

void expect_sent(const Left& left, const std::string& reason, const Bytes& packet);
void expect_end(const Left& left, const std::string& reason);

// The flow by port 40,000 goes on, whichever edge of the group this is.
void expect_carried(EdgeSite& s, const std::string& own);
// What edge "e2" does for flows that "e1" told it: `own` of TCP by port 40,000, `asks` of UDP from port 5,000 to 53.
void carries_a_members_flows(EdgeSite& s, const std::string& own, const std::string& asks);
// Likewise of IPv4; and those of another client, who shares the address.
void expect_carried4(EdgeSite& s, const Own& own, const std::string& client = kClient4);
void carries_a_members_flows4(EdgeSite& s, const Own& own, const Own& asks, const std::string& other,
                              const Own& others);

// Frames of several clients' conversations with two servers, from either side, in their order: each kind of packet that
// an edge knows.
struct Said {
  Bytes frame;
  bool from_client;
};
std::vector<Said> conversation(EdgeSite& s);

// What happens at the usual site, for both builds.
struct Script {
  const char* name;
  void (*run)(EdgeSite& s);
};
const std::vector<Script>& scripts();
std::vector<Script> scripts4();  // those of IPv4 among them

}  // namespace waymark::edge_cases
