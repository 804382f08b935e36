// Servers and directors that send each other datagrams through a network that loses, doubles and reorders them; each
// machine has a clock of its own, which may jump forward, and may restart.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>

#include "agents/peer_test.h"
#include "agents/registrant.h"

namespace waymark::agents {

struct Net {
  struct DirectorNode {
    std::unique_ptr<Registrar> machine;
    RegistrarConfig config;
    Address address{};
    Duration clock = 1000s;  // ahead of the world's
    u32 starts = 0;
  };
  struct ServerNode {
    std::unique_ptr<Registrant> machine;  // none: it is dead
    RegistrantConfig config;
    Address address{};
    Duration clock = 5000s;
    u32 starts = 0;
    bool well = true, drained = false;
    Load load{0, 0, 1000, 0, 0};
  };
  struct Carried {
    Address from{};
    Datagram datagram;
  };

  std::mt19937_64 random;
  std::vector<DirectorNode> directors;
  std::vector<ServerNode> servers;
  std::multimap<Time, Carried> wire;
  std::vector<Carried> recorded;            // of what servers sent
  std::set<std::pair<size_t, size_t>> cut;  // director, server
  u32 loss = 0, twice = 0, replays = 0;     // percent
  Duration slowest = 1ms;
  Time now{};

  Net(u64 seed, u32 director_count, u32 server_count, u32 fail_static) : random(seed) {
    for (u32 d = 0; d < director_count; ++d) {
      DirectorNode& node = directors.emplace_back();
      node.config = registrar_config(server_count);
      node.config.identity = "d" + std::to_string(d);
      node.config.rules[0].services = {"*"};
      node.config.heartbeat = below(2) ? 5s : 0s;
      for (RegistrarService& service : node.config.services) service.fail_static = fail_static;
      node.address = at("2001:db8:d::" + std::to_string(d + 1));
      start(node);
    }
    for (u32 n = 1; n <= server_count; ++n) {
      ServerNode& node = servers.emplace_back();
      const std::string identity = "srv-" + std::to_string(n);
      node.config.identity = identity;
      for (size_t d = 0; d < directors.size(); ++d)
        node.config.directors.push_back({"d" + std::to_string(d), directors[d].address, 5436,
                                         directors[d].config.identity, 255 + n, key_of(identity)});
      node.address = at("2001:db8:5::" + std::to_string(n));
      node.config.services = {{"web", {kWeb, kWeb4}, {{0, node.address}}, 60s, 0}};
      if (below(2))
        node.config.services.push_back({"mail", {kMail}, {{1, node.address}, {2, at("192.0.2.1")}}, 40s, 0});
      start(node);
    }
  }

  u32 below(u32 bound) { return u32(random() % bound); }
  bool chance(u32 percent) { return below(100) < percent; }

  void start(DirectorNode& node) {
    node.machine = std::make_unique<Registrar>(random(), ++node.starts);
    ASSERT_TRUE(node.machine->configure(node.config, now + node.clock));
  }
  void restart(DirectorNode& node, bool keeps) {
    const std::vector<KeptRegistration> kept = node.machine->kept(now + node.clock);
    node.clock += std::chrono::seconds(below(1000));
    start(node);
    if (keeps) node.machine->restore(kept, std::chrono::seconds(below(100)), now + node.clock);
  }
  void start(ServerNode& node) {
    node.machine = std::make_unique<Registrant>(++node.starts, u16(random()));
    configure(node);
    for (const RegistrantService& service : node.config.services) tell(node, service.name);
  }
  void configure(ServerNode& node) { ASSERT_TRUE(node.machine->configure(node.config, now + node.clock)); }
  void tell(ServerNode& node, const std::string& service) {
    if (!node.machine) return;
    node.machine->set_well(service, node.well, now + node.clock);
    node.machine->set_load(service, node.load, now + node.clock);
    if (node.drained)
      node.machine->drain(service, now + node.clock);
    else
      node.machine->resume(service, now + node.clock);
  }

  void send(const Address& from, Datagram datagram, bool may_lose = true) {
    if (may_lose && chance(loss)) return;
    for (u32 copies = chance(twice) ? 2 : 1; copies > 0; --copies)
      wire.emplace(now + 1ms + Duration(random() % u64(slowest.count())), Carried{from, datagram});
  }
  void deliver(const Carried& carried) {
    for (size_t d = 0; d < directors.size(); ++d)
      for (size_t s = 0; s < servers.size(); ++s) {
        const Address &director = directors[d].address, server = servers[s].address;
        const bool to_director = carried.datagram.to == director && carried.from == server;
        if (!to_director && !(carried.datagram.to == server && carried.from == director)) continue;
        if (cut.contains({d, s}) || !servers[s].machine) return;
        std::optional<Datagram> reply;
        if (to_director)
          reply =
              directors[d].machine->received(server, 5436, director, carried.datagram.bytes, now + directors[d].clock);
        else
          reply = servers[s].machine->received(director, 5436, server, carried.datagram.bytes, now + servers[s].clock);
        if (reply) send(carried.datagram.to, std::move(*reply));
        return;
      }
  }
  void step(Duration length = 100ms) {
    now += length;
    for (DirectorNode& node : directors)
      for (Datagram& datagram : node.machine->tick(now + node.clock)) send(node.address, std::move(datagram));
    for (ServerNode& node : servers) {
      if (!node.machine) continue;
      for (Datagram& datagram : node.machine->tick(now + node.clock)) {
        if (recorded.size() < 1000) recorded.push_back({node.address, datagram});
        send(node.address, std::move(datagram));
      }
    }
    if (chance(replays) && !recorded.empty()) {
      Carried again = recorded[below(u32(recorded.size()))];
      send(again.from, again.datagram, false);
    }
    while (!wire.empty() && wire.begin()->first <= now) {
      const Carried carried = std::move(wire.extract(wire.begin()).mapped());
      deliver(carried);
    }
  }
  void run(Duration span) {
    for (const Time end = now + span; now < end;) step();
  }

  // What one director should have bound: "web/srv-1 2001:db8:5::1".
  std::set<std::string> wanted() const {
    std::set<std::string> out;
    for (const ServerNode& node : servers)
      for (const RegistrantService& service : node.config.services)
        for (const RegistrantCareOf& care_of : service.care_of)
          if (node.machine && node.well && !node.drained)
            out.insert(service.name + "/" + node.config.identity +
                       (care_of.id ? "." + std::to_string(care_of.id) : "") + " " + text(care_of.address));
    return out;
  }
  std::set<std::string> bound(size_t director) const {
    std::set<std::string> out;
    for (const RegisteredTarget& target : directors[director].machine->targets())
      if (target.state == BindingState::bound && target.weight)
        out.insert(target.service + "/" + target.name + " " + text(target.care_of));
    return out;
  }
};

}  // namespace waymark::agents
