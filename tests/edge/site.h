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

// The usual configuration, with more lines of [edge].
std::string site(const std::string& keys = "");

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

void expect_sent(const Left& left, const std::string& reason, const Bytes& packet);
void expect_end(const Left& left, const std::string& reason);

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

}  // namespace waymark::edge_cases
