// A director and servers that register with it, each a Control over the user-space engine, and the network between them
// in memory.
#pragma once

#include <map>
#include <set>

#include "node/control.h"
#include "node/site_test.h"

namespace waymark {

struct Machine {
  UserspaceEngine engine{10'000};
  Config config;
  AgentKeys keys;
  std::unique_ptr<Control> control;
  u32 starts = 0, loads = 0;

  Machine() {
    engine.live().meta[0] = new_meta(sizes_for(10'000), 250, [seed = 1u]() mutable { return seed += 0x9e3779b9; });
  }
  // As the daemon does: who registered before is known before the first pools are made.
  Status start(Time now, const std::vector<agents::KeptRegistration>& kept = {}, Duration away = {}) {
    const bool adopted = starts++;
    control = std::make_unique<Control>(
        engine.live(),
        Control::Life{{0s, 1000, 250, std::chrono::seconds(starts)}, starts, starts, adopted, {}, {}, {}, config.name});
    WM_TRY(control->configure_agents(config, keys, now));
    if (control->agents().registrar()) control->agents().registrar()->restore(kept, away, now);
    return load(now);
  }
  Status load(Time now) {
    auto image = control->prepare(config, kInterfaces, {});
    if (!image) return image.error();
    engine.load(*image);
    ++loads;
    control->commit(now);
    return Done{};
  }
  Status reload(Time now) {
    WM_TRY(load(now));
    return control->configure_agents(config, keys, now);
  }
};

inline std::vector<u8> agent_key(int number) { return std::vector<u8>(24, u8(number)); }

inline Config director_config(int servers) {
  Config config = site();
  for (TargetConfig& target : config.service[0].target) target.weight = 1'000;  // as who registered and is idle
  config.agents.emplace().listen = {config.director->address[0]};
  config.agents->lifetime = 16s;
  for (int n = 1; n <= servers; ++n) config.agents->peer.push_back({"srv-" + std::to_string(n), 255u + u32(n), ""});
  config.authorise = {{{"*"}, {"web"}, {Prefix(ip("2001:db8:5::"), 64), Prefix(ip("192.0.2.0"), 24)}}};
  config.service[0].registered.emplace();
  return config;
}

inline Config server_config(int number, const std::string& name, const Address& address) {
  Config config;
  config.name = name;
  config.engine.pins = 10'000;
  config.engine.interfaces = {{"eth0", 0, 0, "servers"}};
  config.host.emplace();
  config.host->address = {address};
  config.host->directors = {ip("2001:db8:d::1")};
  config.host->director = {{"paris-1", ip("2001:db8:d::1"), 5436, 255u + u32(number), ""}};
  HostServiceConfig web{"web", {ip("2001:db8:80::1"), ip("198.51.100.80")}, {{Protocol::tcp, 80, 80}}};
  web.registers.emplace().sessions = 100;
  config.host->service = {web};
  return config;
}

// A round is 100 ms.
struct Town {
  Machine director;
  std::map<int, Machine> servers;  // those that run, by their peers' numbers
  std::set<std::string> told;      // kinds of events at the director
  bool cut = false;
  Time now = 100s;

  explicit Town(Config config = director_config(6)) {
    director.config = std::move(config);
    for (int n = 1; n <= int(director.config.agents->peer.size()); ++n) director.keys.peers.push_back(agent_key(n));
    const Status done = director.start(now);
    EXPECT_TRUE(done) << done.error().sentence;
    resolve();
  }
  // Peer `number` at 2001:db8:5::number, or elsewhere.
  Machine& add(int number, std::optional<Address> address = {}) {
    Machine& server = servers[number];
    server.config = server_config(number, director.config.agents->peer.at(std::size_t(number - 1)).name,
                                  address.value_or(ip("2001:db8:5::" + std::to_string(number))));
    server.keys.directors = {agent_key(number)};
    EXPECT_TRUE(server.start(now));
    return server;
  }
  void round() {
    const Address here = ip("2001:db8:d::1");
    for (auto& [n, server] : servers) {
      const Address there = server.config.host->address[0];
      server.control->tick(now);
      for (const agents::Datagram& d : server.control->agents().to_directors(now))
        if (const auto reply = cut ? std::nullopt : director.control->registration(there, 5436, d.to, d.bytes, now))
          server.control->from_director(here, 5436, there, reply->bytes, now);
    }
    for (const agents::Datagram& d : director.control->agents().tick(now))
      for (auto& [n, server] : servers)
        if (const Address there = server.config.host->address[0]; d.to == there && !cut)
          if (const auto reply = server.control->from_director(here, 5436, there, d.bytes, now))
            director.control->registration(there, 5436, here, reply->bytes, now);
    director.control->tick(now);
    for (const Event& event : director.control->take_events()) told.insert(event.kind);
    resolve();
    now += 100ms;
  }
  void run(Duration span) {
    for (const Time end = now + span; now < end;) round();
  }
  void resolve() {
    for (const Address& a : director.control->node().next_hops_wanted())
      director.control->on_next_hop({a, true, 3, {{2, 0, 0, 0, 1, byte_of(a, 15)}}, {{2, 0, 0, 0, 0, 2}}, 1500, ""},
                                    now);
  }

  u8 send(u16 n, u8 flags) { return send_to(director.engine, n, flags, 1000 + u32(now.count() / 4'000'000)); }
  // Where 400 new flows go.
  std::map<u8, int> spread(u16 from) {
    std::map<u8, int> to;
    for (u16 n = from; n < from + 400; ++n) ++to[send(n, kSyn)];
    return to;
  }
  // A flow that is pinned to this target; clients from `from` on.
  u16 flow_to(u8 target, u16 from) {
    for (u16 n = from; n < from + 400; ++n)
      if (send(n, kSyn) == target) return send(n, kAck) == target ? n : u16(0);
    return 0;
  }
  // Weights of the targets in force, by name.
  std::map<std::string, u32> weights() const {
    std::map<std::string, u32> all;
    for (const TargetView& t : director.control->node().targets())
      if (t.configured) all[t.target] = t.weight;
    return all;
  }
  const TargetSpec* spec(const std::string& name) const {
    for (const ServiceSpec& service : director.control->node().serves().service)
      for (const TargetSpec& target : service.target)
        if (target.name == name) return &target;
    return nullptr;
  }
  std::string standing(int number) {
    for (const agents::RegistrationView& r : servers.at(number).control->agents().registrant()->view(now))
      return std::string(text(r.standing));
    return "";
  }
};

}  // namespace waymark
