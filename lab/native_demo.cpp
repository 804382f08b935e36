// Each connection opens with a SYN and an ACK, and from then on sends one checked message a second. A packet goes
// through the director's core, from there to the server whose tunnel it is in, and through that server's core. A server
// answers for connections that were opened at it; a message for any other is what a real server would answer with a
// reset, and the connection counts as broken, as it does when nothing arrives for five seconds.
#include "lab/native_demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "base/address_text.h"
#include "config/parse.h"
#include "dataplane/pipeline.h"
#include "engine/replay/packet_build.h"
#include "node/scene.h"

namespace waymark::lab {

namespace {

using namespace std::chrono_literals;

constexpr u32 kConnections = 2000, kFresh = 300;
constexpr u32 kSilence = 5;         // seconds without a message that make a broken connection
constexpr u16 kFirstPort = 10'000;  // connections are told apart by the client's port
constexpr u32 kServers = 4;
constexpr const char* kClient = "2001:db8:c::7";
constexpr const char* kService = "2001:db8:80::1";
constexpr u32 kDrained = 0;  // s1

Address ip(const std::string& written) { return *parse_address(written); }
std::string server_address(u32 n) { return fmt::format("2001:db8:5::{}", n + 1); }

Config parsed(const std::string& toml) { return *parse_config(toml, "native demo").config; }

// What the director is told: `weights` of s1, s2 and so on.
Config director_config(const std::vector<u32>& weights, bool pins) {
  std::string toml = fmt::format(
      "[node]\nname = \"d\"\n[engine]\ninterfaces = {{ c = \"public\", s = \"servers\" }}\npins = {}\n"
      "[director]\naddress = \"2001:db8:5::d\"\n[[service]]\nname = \"web\"\naddress = \"{}\"\nports = \"tcp/80\"\n",
      pins ? 100'000 : 0, kService);
  for (u32 n = 0; n < weights.size(); ++n)
    toml += fmt::format("[[service.target]]\nname = \"s{}\"\naddress = \"{}\"\nweight = {}\ntunnel = \"{}\"\n", n + 1,
                        server_address(n), weights[n], n % 2 ? "ip" : "gue");
  return parsed(toml);
}

Config server_config(u32 n) {
  return parsed(
      fmt::format("[node]\nname = \"s{}\"\n[engine]\ninterfaces = {{ s = \"servers\" }}\n"
                  "[host]\naddress = \"{}\"\ndirectors = \"2001:db8:5::d\"\n[[host.service]]\nname = \"web\"\n"
                  "address = \"{}\"\nports = \"tcp/80\"\n",
                  n + 1, server_address(n), kService));
}

struct Server {
  std::unique_ptr<Scene> host;
  std::set<u16> connections;  // by the client's port
};

struct Connection {
  u16 port;
  u32 server = kServers;  // where it was opened; kServers: nowhere
  u32 silent = 0;         // seconds
  bool broken = false;
};

std::vector<u8> framed(const std::vector<u8>& packet, const Mac& destination) {
  std::vector<u8> frame(destination.byte, destination.byte + 6);
  const u8 rest[] = {2, 0x57, 2, 0, 0, 1, 0x86, 0xdd};
  frame.insert(frame.end(), std::begin(rest), std::end(rest));
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

std::vector<u8> packet_of(u16 port, u8 flags, u32 payload) {
  return build_packet({.source = ip(kClient),
                       .destination = ip(kService),
                       .source_port = port,
                       .destination_port = 80,
                       .tcp_flags = flags,
                       .payload = payload});
}

// One site: with Waymark as it is, or with one thing switched off.
class NativeSite {
 public:
  explicit NativeSite(u32 connections) {
    for (u32 n = 0; n < kServers; ++n) servers_[n].host = scene(server_config(n), 1);
    director_ = scene(director_config(weights_, true), seed_);
    for (u32 i = 0; i < connections; ++i) connections_.push_back({u16(kFirstPort + i)});
    next_port_ = u16(kFirstPort + connections);
  }

  // Opens what is not open.
  void open_all() {
    for (Connection& c : connections_)
      if (c.broken || c.server == kServers) {
        for (Server& server : servers_) server.connections.erase(c.port);
        c = {c.port};
        open(c);
      }
  }

  void begin_window() {
    window = {};
    for (const Connection& c : connections_) window.spanning += c.server != kServers && !c.broken;
  }

  // Seconds in which every connection sends a message, and control does what is due.
  void live(u32 seconds) {
    for (; seconds > 0; --seconds) {
      director_->advance(1s);
      for (Connection& c : connections_)
        if (!c.broken && c.server != kServers) send_message(c);
    }
  }

  void open_fresh() {
    for (u32 i = 0; i < kFresh; ++i) {
      Connection c{next_port_++};
      open(c);
      ++window.fresh;
      window.fresh_at_drained += c.server == kDrained;
    }
  }

  void end_window() {
    for (const Connection& c : connections_) window.broken += c.broken;
  }

  void kill() {
    director_->kill();
    gone_ = !tables_outlive_;
  }
  void revive() {
    if (tables_outlive_) {
      gone_ = !director_->revive();
    } else {
      begin_anew();
    }
  }
  void reload() {
    if (tables_outlive_) {
      gone_ = !director_->reload(director_config(weights_, pins_));
    } else {
      begin_anew();
    }
  }
  void weigh(std::vector<u32> weights) {
    weights_ = std::move(weights);
    reload();
  }
  void drain() { gone_ = !director_->node().drain("s1", true, director_->now()); }
  void switch_off(bool tables_outlive, bool pins) {
    const bool again = pins != pins_;
    tables_outlive_ = tables_outlive;
    pins_ = pins;
    if (again) reload();
  }

  NativeWindow window;

 private:
  static std::unique_ptr<Scene> scene(const Config& config, u32 seed) { return std::move(*Scene::make(config, seed)); }

  // As after a reboot: nothing is remembered, and the keys are others.
  void begin_anew() {
    director_ = scene(director_config(weights_, pins_), ++seed_);
    gone_ = false;
  }

  // Which server a packet reaches, whole; kServers for none.
  u32 deliver(const std::vector<u8>& packet) {
    if (gone_) return kServers;
    const InterfaceFacts* in = director_->interface_called("c");
    const Outcome sent = director_->receive(framed(packet, in->mac), in->index);
    if (sent.verdict.action != Action::forward) return kServers;
    for (Server& server : servers_) {
      const u32 n = u32(&server - servers_.data());
      const Mac next_hop = Scene::mac_of(ip(server_address(n)));
      if (!std::equal(next_hop.byte, next_hop.byte + 6, sent.frame.begin())) continue;
      const InterfaceFacts& wire = server.host->interfaces().front();
      std::vector<u8> arriving = sent.frame;
      std::copy_n(wire.mac.byte, 6, arriving.begin());
      const Outcome got = server.host->receive(arriving, wire.index);
      std::vector<u8> expected = packet;
      --expected[7];  // the director is one hop
      return got.verdict.reason == host::why::delivered.reason &&
                     std::equal(expected.begin(), expected.end(), got.frame.begin() + sizeof(Ethernet), got.frame.end())
                 ? n
                 : kServers;
    }
    return kServers;
  }

  void open(Connection& c) {
    const u32 server = deliver(packet_of(c.port, kTcpSyn, 0));
    if (server == kServers) return;
    servers_[server].connections.insert(c.port);
    c.server = server;
    send_message(c);
  }

  void send_message(Connection& c) {
    ++window.messages;
    const u32 server = deliver(packet_of(c.port, kTcpAck | kTcpPsh, 16 + c.port % 64));
    if (server == kServers) {
      ++window.lost;
      c.broken = ++c.silent >= kSilence;
      return;
    }
    c.silent = 0;
    if (!servers_[server].connections.contains(c.port)) c.broken = true;  // it answers with a reset
  }

  std::array<Server, kServers> servers_;
  std::unique_ptr<Scene> director_;
  std::vector<u32> weights_ = {10, 10, 10};
  std::vector<Connection> connections_;
  u16 next_port_ = 0;
  u32 seed_ = 1;
  bool tables_outlive_ = true, pins_ = true;
  bool gone_ = false;  // nothing steers packets
};

struct Act {
  const char* title;
  bool tables;  // what the control goes without: tables that outlive the daemon; else pins
  std::function<void(NativeSite&)> happens;
  bool drains = false;
};

const std::vector<Act>& acts() {
  static const std::vector<Act> all = {
      {"daemon killed, dead for 10 s, restarted", true, [](NativeSite& s) { s.kill(), s.live(10), s.revive(); }},
      {"configuration reloaded", true, [](NativeSite& s) { s.reload(); }},
      {"target s4 added", false,
       [](NativeSite& s) {
         s.weigh({10, 10, 10, 10});
       }},
      {"target s4 re-weighted from 10 to 40", false,
       [](NativeSite& s) {
         s.weigh({10, 10, 10, 40});
       }},
      {"target s1 drained", false, [](NativeSite& s) { s.drain(); }, true},
  };
  return all;
}

NativeWindow play(NativeSite& site, const Act& act) {
  site.open_all();
  site.live(2);
  site.begin_window();
  act.happens(site);
  site.live(5);
  site.open_fresh();
  site.end_window();
  return site.window;
}

}  // namespace

bool NativeEvent::passed() const {
  return real.spanning > 0 && !real.broken && !real.lost && control.broken > 0 && (!drains || !real.fresh_at_drained);
}

std::vector<NativeEvent> play_native(u32 connections) {
  NativeSite real(connections), control(connections);
  std::vector<NativeEvent> events;
  for (const Act& act : acts()) {
    control.switch_off(!act.tables, act.tables);
    NativeEvent event{act.title, act.tables ? "tables that outlive the daemon" : "pins", {}, {}, act.drains};
    event.real = play(real, act);
    event.control = play(control, act);
    events.push_back(event);
  }
  return events;
}

int native_demo() {
  fmt::print(
      "A director and four servers, each the packet core as a native build, in this one process; {} connections that\n"
      "each send a checked message a second, and again without one thing, as the control.\n\n",
      kConnections);
  const std::vector<NativeEvent> events = play_native(kConnections);
  const auto line = [](const std::string& title, const NativeWindow& w) {
    fmt::print("{:<56} {:>8} {:>8} {:>9} {:>8}\n", title, w.spanning, w.broken, w.messages, w.lost);
  };
  fmt::print("{:<56} {:>8} {:>8} {:>9} {:>8}\n", "event", "spanning", "broken", "messages", "lost");
  bool passed = !events.empty();
  for (const NativeEvent& e : events) {
    line(e.title, e.real);
    line("    the same without " + e.switched_off, e.control);
    if (e.drains)
      fmt::print("    {} new connections after it, of which {} reached s1\n", e.real.fresh, e.real.fresh_at_drained);
    passed &= e.passed();
  }
  fmt::print(
      "\nThis does not show: the program in the kernel and its verifier, XDP on real interfaces, a daemon that truly "
      "dies\n"
      "by kill -9, upgrades to other program bytes, real TCP and its retransmissions. As root, `waymark lab demo "
      "site`\n"
      "shows all of these.\n\n{}\n",
      passed ? "PASS" : "FAIL");
  return passed ? 0 : 1;
}

}  // namespace waymark::lab
