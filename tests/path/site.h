// POPs without a machine, packet by packet: five of them, a client of POP 1's, and servers at POP 3. Packets are
// written from the RFCs by hand (tests/kit/packets.h), addresses by their plans' text.
#pragma once

#include <memory>
#include <string>

#include "node/scene.h"
#include "tests/kit/packets.h"

namespace waymark::path_cases {

using namespace packets;

// POPs' addresses; a router on the way; whoever is outside.
std::string pop(u32 id);
std::string pop4(u32 id);
const std::string kRouter = "2001:db8:9::1", kStranger = "2001:db8:66::6";
// Servers' tunnel ends: 7 by IP in IP, 8 by its MAC address, 9 by GUE; all at POP 3.
const std::string kEnd7 = "2001:db8:7::7", kEnd8 = "2001:db8:7::8", kEnd9 = "192.0.2.9";

// Policies by index: web takes tcp/80 and udp/53 of servers; open all ports, tcp/22 of clients, and ESP, in class 46;
// strict is as open, and POP 2 is mandatory; slow has a rate of 8 kbit/s.
enum Policy : u32 { web = 1, open = 2, strict = 3, slow = 4 };

// POP `id`'s file, with more lines of [path].
std::string site(u32 id, const std::string& keys = "", const std::string& over = "pair");

struct Left {
  std::string reason;
  Bytes packet;  // that left; empty where none did
  u32 interface = 0;
  Bytes passed = {};  // that goes on to the kernel
};

// Addresses: a client of a POP; a server's, for that client, by a path such as "1,2,3".
std::string client(u32 pop, u32 id = 5, u32 policy = open);
std::string server(const std::string& path, const std::string& client, u32 policy = web, u32 id = 7, u32 epoch = 1,
                   const std::string& over = "pair");

class PathSite {
 public:
  explicit PathSite(u32 id, const std::string& toml = {});  // aborts on one that cannot be used
  virtual ~PathSite() = default;
  Left from_network(const Bytes& packet) { return receive(packet, 1); }
  Left from_client(const Bytes& packet) { return receive(packet, 2); }
  // In IP in IP from another POP, with the packet's own hop limit.
  Left from_pop(u32 other, const Bytes& packet, uint8_t tos = 0);
  virtual Left receive(const Bytes& packet, u32 interface);
  virtual std::vector<u64> tag_uses();  // table::tag_uses
  virtual Live live() { return scene_->engine().live(); }
  Scene& scene() { return *scene_; }
  u32 id() const { return id_; }
  void set_down(u32 other, bool down);  // as if its next hop were lost
  // As an operator of this POP decides: "client 5".
  void revoke(const std::string& id, bool revoked);

 private:
  u32 id_;
  std::unique_ptr<Scene> scene_;
};

Bytes packet(const std::string& from, const std::string& to, const Payload& payload, uint8_t hops = 64,
             uint8_t tos = 0);
Bytes tunnelled(const std::string& from, const std::string& to, const Bytes& packet, uint8_t hops, uint8_t tos = 0);
Bytes without_label(Bytes packet);  // of the outer header, which nobody foresees

Payload syn(u16 to = 80);
Payload syn_ack(u16 from = 80);
Payload echo(bool request);
Bytes error(const std::string& from, const std::string& to, u8 type, u8 code, u32 rest, const Bytes& about,
            uint8_t hops = 63);

void expect_sent(const Left& left, const std::string& reason, const Bytes& packet);
void expect_end(const Left& left, const std::string& reason);

// Of scripts(), those of tests/path/watch.cpp.
Bytes question_of(u32 other);  // another POP's, to POP 1
void a_pop_says_that_it_is_up(PathSite& s);
void only_other_pops_are_told_that_it_is_up(PathSite& s);

// And those of tests/path/ask.cpp.
void a_client_asks_for_a_name(PathSite& s);
void a_resolver_asks_for_its_client(PathSite& s);
void what_only_the_name_server_answers(PathSite& s);
void a_cookie_is_looked_at(PathSite& s);
void what_is_no_plain_packet(PathSite& s);
void what_is_lost_is_avoided(PathSite& s);
void old_answers_end(PathSite& s);
void questions_have_a_rate(PathSite& s);

// What happens at a POP, for both builds.
struct Script {
  const char* name;
  u32 pop;
  void (*run)(PathSite& s);
};
const std::vector<Script>& scripts();

}  // namespace waymark::path_cases
