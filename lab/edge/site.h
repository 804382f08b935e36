// Lab `edge`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

inline const std::string kAnycast = "3fff:ca57::80";  // the service, at each of the three sites
inline const std::vector<std::string> kEdges = {"e1", "e2"};
constexpr u32 kTransitMtu = 1400;  // of the link from r1 to r2

// What hides anycast from the clients: edges, or in the control nothing. Without them servers answer as usual, from the
// anycast address.
enum class Anycast : u8 { by_edges, plain };

std::string client_address(const std::string& client);
std::string server_address(const std::string& server);           // its own
std::string answers_at(const std::string& server, Anycast how);  // where its programs listen

// To which of its two sites the second router sends.
enum class Preferred : u8 { first = 1, second = 2 };

class EdgeSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status write_files(Anycast how) const;  // e1.toml ..., d1.toml ..., s1.nginx ..., r1.bird.conf ...

  // Of the second router: each packet to the service goes to one of the two sites at random, whatever its flow.
  Status spread(bool on) const;

 private:
  std::string edge(const std::string& name) const;
  std::string director(const std::string& name, Anycast how) const;
};

}  // namespace waymark::lab
