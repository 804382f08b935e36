// Clients: they open connections, and know what became of them.
#include <fmt/format.h>

#include "core/outer.h"
#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr u32 kClients = 0;
constexpr std::size_t kMostTold = 5;
constexpr Duration kRepeatFirst = 300ms, kRepeatLast = 8s;
constexpr u32 kTries = 8;                   // of a segment: half a minute in all
constexpr Duration kSilent = 30s;           // without an answer to datagrams
constexpr u32 kRequest = 80;                // bytes
constexpr u32 kSingle = 5, kCombined = 45;  // connections opened a second
constexpr double kStrays = 0.05;            // for each connection
constexpr u32 kAtOnce = 1200;               // at most: tables are made for so many
constexpr Duration kCandidateLife = 8s;     // of connections where pools change after more than that

}  // namespace

const char* text(End end) {
  constexpr const char* kTexts[] = {
      "open",    "finished", "its server died", "moved to another server", "its server lives, but was called dead",
      "refused", "silence"};
  return kTexts[u32(end)];
}

void World::open_connections() {
  if (finishing_) return;
  const u32 rate = plan_.mode == Mode::combined ? kCombined : kSingle;
  events_.after(clients_random_.between(0s, Duration(2s) / rate), [this] {
    if (!finishing_ && live_connections_ < kAtOnce) open(new_connection());
    if (!finishing_ && clients_random_.chance(kStrays)) stray();
    open_connections();
  });
}

u32 World::new_connection() {
  const u32 id = u32(connections_.size());
  Connection c;
  Random& random = clients_random_;
  const u32 draw = random.below(20);
  const bool udp = draw < 2 && plan_.mode != Mode::candidates;
  c.service = draw >= 15;
  const ServicePlan& service = plan_.services[c.service];
  c.way.protocol = udp ? kProtoUdp : kProtoTcp;
  if (udp) c.service = 0;
  c.way.destination_port = udp ? 443 : service.ports[0].first;
  const u32 family = random.below(2);
  c.way.destination = plan_.services[c.service].address[family];
  if (family == 0)
    c.way.source = {plan_.services[0].address[0].high ^ u64(0xc) << 56, u64(id) << 32};
  else
    c.way.source = address_of(wire32(10u << 24 | id));
  c.way.source_port = u16(1024 + random.below(60'000));
  c.router = random.below(plan_.routers);
  const bool brief = plan_.mode == Mode::combined ? random.chance(0.8) : random.chance(0.3);
  c.messages = brief ? 1 + random.below(3) : 5 + random.below(40);
  c.period = brief ? random.between(20ms, 400ms) : random.between(300ms, 1500ms);
  if (udp) c.period = std::max<Duration>(c.period, 500ms);
  if (plan_.mode == Mode::candidates) c.messages = std::min(c.messages, u32(kCandidateLife / c.period));
  c.next = u32(random.word());
  c.began = c.heard = events_.now();
  connections_.push_back(c);
  return id;
}

void World::open(u32 id) {
  ++live_connections_;
  if (connections_[id].way.protocol == kProtoUdp) return go_on(id);
  transmit(id, kTcpSyn, 1, false);
}

// A packet in the middle of a connection that nobody knows: a scanner's, or of before a reboot.
void World::stray() {
  const u32 id = new_connection();
  Connection& c = connections_[id];
  c.way.protocol = kProtoTcp;
  c.way.destination_port = plan_.services[c.service].ports[0].first;
  transmit(id, kTcpPsh | kTcpAck, kRequest, false);
  c.end = End::finished;  // no answer means anything to it
  ++c.timer;
  ++strays_;
}

// Sends a segment of so many bytes (SYN and FIN are one each), and waits for its answer.
void World::transmit(u32 id, u8 flags, u32 length, bool again) {
  Connection& c = connections_[id];
  if (c.server != kNobody && c.asked < 0s && death_known_.contains(c.server) && !alive(c.server, c.server_life))
    c.asked = std::max(events_.now(), death_known_.at(c.server));
  Segment s = c.way;
  s.flags = flags;
  s.sequence = c.next;
  s.acknowledgement = flags & kTcpAck ? c.expected : 0;
  s.payload = flags & (kTcpSyn | kTcpFin) ? 0 : length;
  const u32 number = network_.make();
  Frame& f = network_.frame(number);
  f.connection = id;
  write(f, s, {{2, 0x57, 0, 0, 0, 0}}, {{2, 0x57, 0, 0, 0, 1}});
  if (follows(id))
    tell(id, fmt::format("client {} {}{}{}{}{} bytes", again ? "repeats" : "sends", flags & kTcpSyn ? "SYN " : "",
                         flags & kTcpFin ? "FIN " : "", flags & kTcpAck ? "ACK " : "",
                         c.way.protocol == kProtoUdp ? "datagram, " : "", s.payload));
  network_.send(kClients, routers_[c.router].place, number);
  if (!length) return;
  c.length = length;
  ++c.unanswered;
  set_timer(id, std::min<Duration>(kRepeatFirst * (1u << std::min<u32>(c.unanswered - 1, 16)), kRepeatLast));
}

void World::set_timer(u32 id, Duration pause) {
  const u64 timer = u64(++connections_[id].timer) << 32 | id;
  events_.after(pause, [this, timer] {
    if (connections_[u32(timer)].timer == timer >> 32) on_timer(u32(timer));
  });
}

void World::on_timer(u32 id) {
  Connection& c = connections_[id];
  if (c.way.protocol == kProtoUdp || !c.length) return go_on(id);
  if (c.unanswered < kTries) {
    const u8 flags = !c.opened ? kTcpSyn : c.closing ? kTcpFin | kTcpAck : kTcpPsh | kTcpAck;
    return transmit(id, flags, c.length, true);
  }
  if (c.server != kNobody && !alive(c.server, c.server_life)) {
    // From here on it is the director's duty to tell.
    if (c.asked >= 0s && events_.now() - c.asked > 10s)
      violate("a connection's server is known to be dead, but its client was never told", id);
    return finish(id, End::server_died, "silence");
  }
  finish(id, End::silent, c.opened ? "no answer" : "no answer to its SYN");
}

// The next message, or the end.
void World::go_on(u32 id) {
  Connection& c = connections_[id];
  if (c.way.protocol == kProtoUdp) {
    if (!c.messages && !c.unanswered) return finish(id, End::finished, "");
    if (events_.now() - c.heard >= kSilent) {
      const bool died = c.server != kNobody && !alive(c.server, c.server_life);
      return finish(id, died ? End::server_died : End::silent, "no answer to datagrams");
    }
    if (c.messages) --c.messages;
    const u32 before = c.unanswered;
    transmit(id, 0, kRequest, false);
    c.unanswered = before + 1;
    return set_timer(id, c.period);
  }
  if (c.messages) {
    --c.messages;
    return transmit(id, kTcpPsh | kTcpAck, kRequest, false);
  }
  c.closing = true;
  transmit(id, kTcpFin | kTcpAck, 1, false);
}

void World::receive(u32 id, const Frame& frame) {
  Connection& c = connections_[id];
  if (c.end != End::none) return;
  const auto read_out = read(std::span(frame.bytes).subspan(frame.begin, frame.end - frame.begin));
  if (!read_out) return violate("an answer came to its client with a wrong checksum", id);
  const Segment& s = *read_out;
  if (s.source_port != c.way.destination_port || !(s.destination == c.way.source))
    return violate("an answer came to another client", id);
  if (s.unreachable) return on_reset(id, frame, true);
  if (s.protocol == kProtoUdp) return receive_datagram(id, frame, s);
  if (s.flags & kTcpRst) {
    // RFC 5961, 3.2; RFC 9293, 3.10.7.3
    const bool good = c.opened ? s.sequence == c.expected : (s.flags & kTcpAck) && s.acknowledgement == c.next + 1;
    if (good) on_reset(id, frame, false);
    return;
  }
  if (s.acknowledgement != c.next + c.length || !c.length) return;  // of another time
  if (!c.opened) {
    if (!(s.flags & kTcpSyn)) return;
    c.opened = true;
    c.expected = s.sequence + 1;
    c.server = frame.maker - host(0).place;
    c.server_life = frame.life;
    if (follows(id)) tell(id, fmt::format("open: its server is {}", host(c.server).name));
    c.next += 1;
    c.length = c.unanswered = 0;
    transmit(id, kTcpAck, 0, false);
    return set_timer(id, c.period);
  }
  if (s.sequence != c.expected) return;
  c.expected += s.payload + ((s.flags & kTcpFin) != 0);
  c.next += c.length;
  c.length = c.unanswered = 0;
  if (!c.closing) return set_timer(id, c.period);
  transmit(id, kTcpAck, 0, false);
  finish(id, End::finished, "");
}

void World::receive_datagram(u32 id, const Frame& frame, const Segment&) {
  Connection& c = connections_[id];
  const u32 server = frame.maker - host(0).place;
  c.unanswered = 0;
  c.heard = events_.now();
  if (c.server == server && c.server_life == frame.life) return;
  if (c.server != kNobody && host(server).serving_since > c.began)  // it was to be the server, and was dead
    return finish(id, End::server_died, "its own server is back");
  if (c.server != kNobody && !alive(c.server, c.server_life))
    return finish(id, End::server_died, "answered by another");
  if (c.server != kNobody)
    return finish(id, End::moved, fmt::format("answered by {} in place of {}", host(server).name, host(c.server).name));
  c.server = server;
  c.server_life = frame.life;
  if (c.messages) set_timer(id, 0ms);  // the rest of the handshake, as QUIC's
}

std::optional<Pin> World::pin_of(Machine& m, const Connection& c) const {
  Node& node = m.control->node();
  return node.find_pin(node.config().engine.interfaces[0].zone, Protocol(c.way.protocol), c.way.source,
                       c.way.source_port, c.way.destination, c.way.destination_port);
}

// Where a director's pin of this connection leads.
std::optional<u32> World::pinned_host(Machine& m, const Connection& c) {
  if (!m.control) return std::nullopt;
  const auto pin = pin_of(m, c);
  if (!pin) return std::nullopt;
  for (u32 h = 0; h < plan_.hosts; ++h)
    if (plan_.host_address(h) == outer_destination(m.engine->live().targets[pin->slot])) return h;
  return std::nullopt;
}

void World::on_reset(u32 id, const Frame& frame, bool unreachable) {
  Connection& c = connections_[id];
  Machine& maker = *machine_at(frame.maker);
  const std::string how = fmt::format("{} by {}", unreachable ? "told unreachable" : "reset", maker.name);
  if (follows(id)) tell(id, how);
  if (c.server != kNobody && !alive(c.server, c.server_life)) {
    const Duration waited = c.asked < 0s ? 0s : events_.now() - c.asked;
    if (waited > 1s && plan_.mode != Mode::combined)
      violate(fmt::format("a connection of a dead server ended {:.1f} s after its client's next packet",
                          std::chrono::duration<double>(waited).count()),
              id);
    return finish(id, End::server_died, how);
  }
  // It met a dead server: nobody's fault. Datagrams may be served by another all the while, to whom they are passed on.
  const auto met = maker.director ? pinned_host(maker, c) : std::optional(maker.number);
  const bool died = met && (!alive(*met, host(*met).life) || host(*met).serving_since > c.began);
  if (died && (c.server == kNobody || unreachable)) return finish(id, End::server_died, how);
  if (c.server == kNobody) return finish(id, End::refused, how);
  finish(id, maker.director ? End::told : End::moved, fmt::format("{} while {} lives", how, host(c.server).name));
}

void World::finish(u32 id, End end, const std::string& how) {
  Connection& c = connections_[id];
  c.end = end;
  c.how = how;
  c.ended = events_.now();
  ++c.timer;
  --live_connections_;
  ++report_.ends[u32(end)];
  if (follows(id)) tell(id, fmt::format("the end: {}{}{}", text(end), how.empty() ? "" : ", ", how));
  if (!broken(end)) return;
  std::set<std::string> near;
  for (const Happening& h : report_.happened)
    if (h.begin <= events_.now() && h.end + 5s >= events_.now()) near.insert(text(h.fault));
  std::string during;
  for (const std::string& name : near) during += (during.empty() ? "" : " + ") + name;
  ++report_.broken_by[fmt::format("{}: {}", text(end), during.empty() ? "nothing" : during)];
  const std::string what = fmt::format("a connection of a living server broke: {}, {}", text(end), how);
  if (plan_.mode != Mode::combined) return violate(what, id);
  if (report_.breaks.size() < kMostTold) report_.breaks.push_back({events_.now(), what, id});
}

bool World::alive(u32 number, u32 life) {
  const Machine& m = host(number);
  return m.up && m.sockets.running() && m.life == life;
}

}  // namespace waymark::sim
