// Lab `edge`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

// The service, at each of the three sites.
inline const std::string kAnycast = "3fff:ca57::80", kAnycast4 = "192.0.2.80";
inline const std::vector<std::string> kEdges = {"e1", "e2", "e3"}, kEdgeClients = {"c1", "c2", "c3"};
constexpr u32 kStandby = 1000;     // the metric of what the other edge of a group holds
constexpr u32 kTransitMtu = 1400;  // of the link between the first two routers

// What hides anycast from the clients: edges, or in the control nothing. Without them servers answer as usual, from the
// anycast address.
enum class Anycast : u8 { by_edges, plain };

std::string client_address(const std::string& client);
const std::string& asks(const std::string& client);     // the anycast address of its version of IP
std::string pool_of(u32 edge);                          // the addresses that its flows by IPv4 share
std::string server_address(const std::string& server);  // its own
std::string server_address4(const std::string& server);
std::vector<std::string> answers_at(const std::string& server, Anycast how);  // where its programs listen

// To which of its two sites the second router sends.
enum class Preferred : u8 { first = 1, second = 2 };

class EdgeSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status write_files(Anycast how) const;  // e1.toml ..., d1.toml ..., s1.nginx ..., s1.knot ..., r1.bird.conf ...

  // Of the second router: each packet to the service goes to one of the two sites at random, whatever its flow.
  Status spread(bool on) const;
  Status lose(const std::string& edge) const;  // its machine is off

 private:
  std::string edge(const std::string& name) const;
  std::string director(const std::string& name, Anycast how) const;
};

}  // namespace waymark::lab
