// Lab `paths`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

inline const std::vector<std::string> kPathClients = {"c1", "c2"}, kPathServers = {"s1", "s2"};
constexpr u32 kPopCount = 5, kMiddlePop = 2;  // the middle one has neither clients nor servers

// Whether a path may go on by the next POP where the middle one is lost, or the servers' policy wants that one.
enum class Passing : u8 { allowed, forbidden };

// A server as one client knows it.
struct Known {
  std::string client, server;
  std::vector<u32> path;
};
const std::vector<Known>& known_servers();

std::string pop_name(u32 id);     // "p2"
std::string pop_address(u32 id);  // where its tunnels end
u32 server_id(const std::string& server);
std::string own_address(const std::string& server);  // of its link, and of its tunnel

class PathsSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  // p1.toml ..., s1.toml, s1.nginx ...; `down`: what POPs take for dead.
  Status write_files(Passing passing) const;
  Status write_pops(Passing passing, const std::string& down) const;
  Status share_keys() const;  // POPs' files get the keys of servers' addresses that POP 1's has

  // All links of a POP are cut, or joined again.
  Status cut(u32 pop) const;
  Status join(u32 pop) const;
  // One link, at one of its ends.
  Status cut_link(u32 from, u32 to) const;
  Status join_link(u32 from, u32 to) const;

 private:
  Status set_links(u32 pop, const std::vector<u32>& others, const char* state) const;
  std::string pop(u32 id, Passing passing, const std::string& down) const;
  std::string host() const;
};

}  // namespace waymark::lab
