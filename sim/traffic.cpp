// A frame's way: client, router, director, host; each machine's part is done by its engine.
#include <fmt/format.h>

#include "dataplane/pipeline.h"
#include "sim/world.h"

namespace waymark::sim {

namespace {

constexpr u32 kClients = 0;  // their place

Address destination_of(std::span<const u8> frame) {
  const u8* l3 = frame.data() + sizeof(Ethernet);
  if (*l3 >> 4 == 6) return load_address(l3 + offsetof(Ip6, destination));
  be32 ip4;
  std::copy_n(l3 + offsetof(Ip4, destination), 4, reinterpret_cast<u8*>(&ip4));
  return address_of(ip4);
}

const char* name_of(Verdict verdict) {
  const ReasonText* text = reason_text(verdict.reason);
  return text ? text->name : "?";
}

std::string state_of(const Pin& pin) {
  constexpr const char* kNames[] = {"embryonic", "proven", "closing", "datagram"};
  return fmt::format("{}{}{}", kNames[u32(pin.state)], pin.adopted ? ", adopted" : "",
                     pin.mirrored ? ", mirrored" : "");
}

}  // namespace

// The second candidate that a tunnel names, as a clause.
std::string World::candidate_of(Frame& f) const {
  const u8* l3 = f.view().data() + sizeof(Ethernet);
  const bool ip6 = *l3 >> 4 == 6;
  if ((ip6 ? l3[6] : l3[9]) != kProtoUdp) return {};
  const u8* gue = l3 + (ip6 ? sizeof(Ip6) : sizeof(Ip4)) + sizeof(Udp);
  if (*gue != kGueCandidateWords || plan_.tunnel != Tunnel::gue) return {};
  const Address named = load_address(gue + sizeof(Gue) + offsetof(GueCandidate, address));
  for (u32 h = 0; h < plan_.hosts; ++h)
    if (plan_.host_address(h) == named) return "; second candidate " + plan_.host_name(h);
  return "; second candidate that is no host";
}

void World::deliver(u32 from, u32 to, u32 number) {
  Frame& f = network_.frame(number);
  note(u64(from) << 48 | u64(to) << 40 | u64(f.end - f.begin) << 24 | f.connection);
  ++report_.frames;
  if (to == kClients) {
    receive(f.connection, f);
    return network_.let_go(number);
  }
  if (to <= plan_.routers) return route(routers_[to - 1], number);
  Machine& m = *machine_at(to);
  if (!m.director && f.view()[4] != m.card) {
    if (follows(f.connection)) tell(f.connection, fmt::format("to a network card that {} no longer has: lost", m.name));
    return network_.let_go(number);
  }
  if (!m.up) {
    if (follows(f.connection)) tell(f.connection, fmt::format("{} is dead: the packet is lost", m.name));
    return network_.let_go(number);
  }
  if (!plan_.links_pinned && m.director && !m.control) return network_.let_go(number);  // the program went with it
  m.director ? direct(m, number) : serve(m, number);
}

void World::route(Router& router, u32 number) {
  Frame& f = network_.frame(number);
  const auto hop = next_hop(router, connections_[f.connection].way);
  if (!hop) {
    if (follows(f.connection)) tell(f.connection, fmt::format("router {} has no route: lost", router.place));
    return network_.let_go(number);
  }
  const Mac to = mac_of(director(*hop), 1);
  std::copy_n(to.byte, 6, f.view().data());
  network_.send(router.place, director(*hop).place, number);
}

void World::direct(Machine& m, u32 number) {
  Frame& f = network_.frame(number);
  ++m.frames;
  const Verdict verdict = m.engine->run_in_place({f.bytes.data(), f.end}, f.begin, 1, ticks(m));
  note(verdict.reason);
  if (follows(f.connection)) {
    const auto pin = m.control ? pin_of(m, connections_[f.connection]) : std::nullopt;
    std::string pinned = m.control ? "no pin" : "no daemon";
    if (pin) {
      const SlotName& name = m.engine->live().slot_names[pin->slot];
      pinned = fmt::format("pin: slot {} = {}/{}, {}", pin->slot, name.service, name.target, state_of(*pin));
    }
    tell(f.connection, fmt::format("{}: {}; {}{}", m.name, name_of(verdict), pinned, candidate_of(f)));
  }
  if (verdict.reason == forward::why::by_kernel.reason) return by_kernel(m, number);
  if (verdict.reason == director::why::reset.reason || verdict.reason == director::why::unreachable.reason) {
    f.end = f.begin + length_of(f.view());
    f.maker = m.place;
    f.life = m.life;
    return network_.send(m.place, kClients, number);
  }
  if (verdict.action == Action::forward) return send_by_mac(m, number);
  if (verdict.action == Action::pass)
    violate(fmt::format("{} gave a service's packet to its kernel: {}", m.name, name_of(verdict)), f.connection);
  if (verdict.reason == director::why::target_gone.reason)
    violate(fmt::format("{}: the choice names a slot that is not in use", m.name), f.connection);
  network_.let_go(number);
}

// Tunnelled, and left to the kernel's routes, which know every neighbour.
void World::by_kernel(Machine& m, u32 number) {
  Frame& f = network_.frame(number);
  const Address to = destination_of(f.view());
  for (u32 h = 0; h < plan_.hosts; ++h) {
    if (!(plan_.host_address(h) == to)) continue;
    const Mac mac = mac_of(host(h), 1);
    std::copy_n(mac.byte, 6, f.view().data());
    return network_.send(m.place, host(h).place, number);
  }
  violate(fmt::format("{} tunnels to an address that is no host's", m.name), f.connection);
  network_.let_go(number);
}

void World::send_by_mac(Machine& m, u32 number) {
  Frame& f = network_.frame(number);
  const u8* mac = f.view().data();
  Machine* to = machine_at(mac[2]);
  if (!to || to->director) {
    violate(fmt::format("{} sent a frame to a MAC address that is no host's", m.name), f.connection);
    return network_.let_go(number);
  }
  network_.send(m.place, to->place, number);
}

void World::serve(Machine& m, u32 number) {
  Frame& f = network_.frame(number);
  std::optional<Frame> before;
  if (options_.plant == Plant::candidate_loop) before = f;
  ++m.frames;
  const Verdict verdict = m.engine->run_in_place({f.bytes.data(), f.end}, f.begin, 1, ticks(m));
  note(verdict.reason);
  if (follows(f.connection)) tell(f.connection, fmt::format("{}: {}", m.name, name_of(verdict)));
  const bool by_routes = verdict.reason == forward::why::by_kernel.reason;
  if (by_routes || verdict.action == Action::forward) {
    if (++f.passed_on > 1) {
      violate(fmt::format("{} passed a packet on that was passed on before", m.name), f.connection);
      return network_.let_go(number);
    }
    if (before) loop(m, *before, f);
    return by_routes ? by_kernel(m, number) : send_by_mac(m, number);
  }
  if (verdict.reason == steer::why::other_mac.reason && held(m)) return network_.let_go(number);  // it has a new card
  if (verdict.reason != host::why::delivered.reason) {
    violate(fmt::format("{} refused a packet of a director or host: {}", m.name, name_of(verdict)), f.connection);
    return network_.let_go(number);
  }
  const auto segment = read(f.view());
  const u32 connection = f.connection;
  network_.let_go(number);
  if (!segment) return violate(fmt::format("a packet came to {} with a wrong checksum", m.name), connection);
  const auto& holds = plan_.services[connections_[connection].service].hosts;
  if (std::find(holds.begin(), holds.end(), m.number) == holds.end())
    violate(fmt::format("{} got a packet of a service that it does not serve", m.name), connection);
  const auto answer = m.sockets.receive(*segment);
  if (!answer) return;
  const u32 reply = network_.make();
  Frame& r = network_.frame(reply);
  r.connection = connection;
  r.maker = m.place;
  r.life = m.life;
  write(r, *answer, {{2, 0x57, 0, 0, 0, 0}}, mac_of(m, 1));
  if (follows(connection) && (answer->flags & kTcpRst))
    tell(connection, fmt::format("{} knows no such connection: reset", m.name));
  network_.send(m.place, kClients, reply);
}

}  // namespace waymark::sim
