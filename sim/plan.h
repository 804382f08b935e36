// What a seed draws before anything happens: who is there, what is served where, and with which tunnels.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "sim/random.h"

namespace waymark::sim {

// Faults one at a time, each after all is well again: nothing may break. `candidates` is the same without the mirror,
// so that all rests on the consistent choice and on second candidates. Or several at once, and what breaks is counted.
enum class Mode : u8 { single, candidates, combined };
const char* text(Mode mode);

// A target of a service's pool as the operator wants it: a host, and its weight.
struct Membership {
  u32 host;
  u32 weight;
};

struct ServicePlan {
  std::string name;
  Address address[2];  // IPv6, IPv4
  std::vector<PortRange> ports;
  std::vector<u32> hosts;        // they hold it
  std::vector<Membership> pool;  // and these are to get new flows
  // What the directors' files make of it, which is all the same to packets.
  u32 renamed = 0;     // how often
  bool apart = false;  // a service of its own for each of `ports`
  u32 keeper = 0;      // of which one keeps the name; beyond the last: none does
};

struct Plan {
  Plan(u64 seed, Random& random);
  static Plan site();  // two directors behind one router, four servers, of which s4 is to spare; nothing is drawn

  Config director(u32 number) const;
  Config host(u32 number) const;
  Address host_address(u32 number) const;     // where its tunnels end
  Address group_address(u32 director) const;  // where it is dialled, and dials from
  std::string host_name(u32 number) const { return "s" + std::to_string(number + 1); }
  // The targets that a director's file has for a service at a host, "service/target": one, or one for each part of it.
  std::vector<std::string> targets_in(const Config& file, u32 service, u32 host) const;
  std::vector<u8> secret() const { return {'s', 'i', 'm', 'u', 'l', 'a', 't', 'e', 'd', '-', '0', '1'}; }
  std::vector<u8> wrong_secret() const { return {'m', 'i', 's', 't', 'a', 'k', 'e', 'n', '-', '-', '0', '1'}; }

  u64 seed;
  Mode mode;
  u32 routers, directors, hosts;
  u32 pins;
  bool outer_ip6, cookies;
  bool mirror, candidates = true, links_pinned = true;
  Tunnel tunnel;
  std::vector<ServicePlan> services;
  u32 zone_renamed = 0, targets_renamed = 0;  // how often

 private:
  void make_services();
  void add_services(const ServicePlan& plan, Config& to) const;
};

}  // namespace waymark::sim
