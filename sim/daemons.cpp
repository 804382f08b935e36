// Machines and their daemons: what daemon/ does around Control, without a kernel.
#include <fmt/format.h>

#include "roles/role.h"
#include "sim/world.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr u32 kTicksPerSecond = 250;
constexpr Duration kLeast = 1ms;  // between two runs of a daemon that has no news
constexpr u16 kMtu = 1600;        // of the servers' network

u32 address_bits(const Plan& plan, const std::vector<Prefix>& routes) {
  u32 bits = 0;
  for (u32 s = 0; s < plan.services.size(); ++s)
    for (u32 f = 0; f < 2; ++f)
      for (const Prefix& p : routes)
        if (p == Prefix(plan.services[s].address[f])) bits |= 1u << (2 * s + f);
  return bits;
}

}  // namespace

u32 World::ticks(const Machine& m) const {
  return u32((events_.now() + kBoot + m.ticks_ahead).count() / (1'000'000'000 / kTicksPerSecond));
}

Mac World::mac_of(const Machine& m, u32 interface) const { return {{2, 0x57, u8(m.place), u8(interface), m.card, 0}}; }

void World::start_machine(Machine& m) {
  m.up = true;
  ++m.life;
  m.frames = 0;
  m.ahead = m.ticks_ahead = 0s;
  m.generation = 0;
  m.file = m.director ? plan_.director(m.number) : plan_.host(m.number);
  m.engine = std::make_unique<UserspaceEngine>(sizes_of(m.file));
  Meta& meta = m.engine->live().meta[0];
  meta = new_meta(sizes_of(m.file), kTicksPerSecond, [&] { return u32(random_.word()); });
  if (m.file.group) {
    const auto key = group::pin_key_of(secret_of(m), m.file.group->name);
    std::copy(key.begin(), key.end(), meta.pin_key);
  } else {
    start_servers(m);
    m.engine->set_owner([&m](std::span<const u8> frame, const Packet& p) {
      Segment s;
      s.protocol = p.protocol;
      s.source = p.source;
      s.destination = p.destination;
      s.source_port = p.source_port;
      s.destination_port = p.destination_port;
      s.flags = p.tcp_flags;
      if (p.protocol == kProtoTcp && p.l4 + sizeof(Tcp) <= frame.size())  // of what an error quotes, less may be there
        s.acknowledgement = number(reinterpret_cast<const Tcp*>(frame.data() + p.l4)->acknowledgement);
      return m.sockets.owner(s);
    });
  }
  start_daemon(m, false);
}

void World::start_servers(Machine& m) {
  m.sockets.start(random_.word(), plan_.cookies);
  m.serving_since = events_.now();
}

void World::stop_machine(Machine& m) {
  stop_daemon(m);
  check_counters(m);
  m.up = false;
  m.kernel_routes = 0;
  m.sockets.kill();
}

void World::start_daemon(Machine& m, bool adopted) {
  ++m.daemon;
  m.ways.clear();
  Control::Life life{};
  life.clock = {local(m), ticks(m), kTicksPerSecond};
  life.seed = random_.word();
  life.epoch = random_.word();
  life.adopted = adopted;
  life.nonce = [this] {
    group::Nonce nonce;
    for (u8& byte : nonce) byte = u8(random_.word());
    return nonce;
  };
  for (u32 bit = 0; adopted && bit < 2 * plan_.services.size(); ++bit)
    if (m.kernel_routes >> bit & 1) life.announced.push_back(plan_.services[bit / 2].address[bit % 2]);
  m.control = std::make_unique<Control>(m.engine->live(), std::move(life));
  load(m);
}

// Its connections are closed by its kernel, or are gone with the machine.
void World::stop_daemon(Machine& m) {
  m.control.reset();
  m.wake.reset();
  m.held_until = Time(0);
  m.in_step = false;
  m.waiting.clear();
}

std::vector<u8> World::secret_of(const Machine& m) const {
  return !m.director ? std::vector<u8>() : m.stranger ? plan_.wrong_secret() : plan_.secret();
}

// What comes for a daemon waits while that is held up: in its sockets, or for its API's answer.
void World::hear(Machine& m, std::function<void()> what) {
  if (held(m)) return m.waiting.push_back(std::move(what));
  what();
}

void World::load(Machine& m) {
  std::vector<InterfaceFacts> facts;
  for (const InterfaceConfig& i : m.file.engine.interfaces)
    facts.push_back({i.name, u32(facts.size()) + 1, mac_of(m, u32(facts.size()) + 1)});
  Result<Image> image = m.control->prepare(m.file, facts, secret_of(m));
  if (!image) {
    m.control->abandon();
    return violate(fmt::format("{} refuses its configuration: {}", m.name, image.error().sentence));
  }
  plant(*image);
  m.engine->load(std::move(*image));
  m.control->commit(local(m));
  resolve(m);
  carry_out(m);
  arm(m, 0s);
}

// The next hops as its kernel knows them: a host's network card, at its address.
void World::resolve(Machine& m) {
  if (!m.control) return;
  std::map<u32, u8> wanted;
  for (const Address& a : m.control->node().next_hops_wanted())
    for (u32 h = 0; h < plan_.hosts; ++h) {
      if (plan_.host_address(h) != a) continue;
      wanted[h] = host(h).card;
      const auto told = m.ways.find(h);
      if (told != m.ways.end() && (told->second == host(h).card || options_.plant == Plant::stale_adjacency)) continue;
      const u32 out = m.director ? 2 : 1;
      m.control->on_next_hop({a, true, out, mac_of(host(h), 1), mac_of(m, out), kMtu, ""}, local(m));
    }
  m.ways = std::move(wanted);
}

// Runs the daemon when it wants to be run, or at once where it has news; not before `least` from now.
void World::arm(Machine& m, Time least) {
  if (!m.control) return;
  const Time due = std::max({events_.now() + least, m.control->deadline() - kBoot - m.ahead, m.held_until});
  if (m.wake && *m.wake <= due) return;
  m.wake = due;
  events_.at(due, [this, &m, due] {
    if (m.wake == due) run_daemon(m);
  });
}

void World::run_daemon(Machine& m) {
  m.wake.reset();
  m.control->node().set_clock({local(m), ticks(m), kTicksPerSecond});
  const std::vector<u32> freed = m.control->tick(local(m));
  if (!freed.empty()) {
    m.engine->forget_traffic(freed);
    resolve(m);
  }
  for (const Question& question : m.control->questions(local(m))) ask(m, question);
  carry_out(m);
  arm(m, kLeast);
}

// What Control wants done after whatever may have changed it.
void World::carry_out(Machine& m) {
  if (!m.director) return;
  plant(m);
  group::GroupOutput out = m.control->take();
  for (u32 member : out.connect) dial(m, member);
  for (auto& [link, bytes] : out.send)
    if (link % 2 == 0) send(m, link, std::move(bytes));
  for (group::Link link : out.close)
    if (link % 2 == 0) close(m, link);
  check_step(m);
  const u32 routes = address_bits(plan_, m.control->routes());
  if (routes == m.kernel_routes) return;
  m.kernel_routes = routes;
  note(u64(m.place) << 32 | routes);
  learn_routes(m);
}

// A check's answer, as its target and the way to it are by then.
void World::ask(Machine& m, const Question& question) {
  const Subject& subject = question.subject;
  const Address end = subject.through() ? subject.tunnel_end : subject.address;
  u32 asked = 0;
  while (asked < plan_.hosts && plan_.host_address(asked) != end) ++asked;
  if (asked == plan_.hosts) return violate(fmt::format("{} asks somebody who is no host", m.name));
  Machine& h = host(asked);
  const Link &there = network_.link(m.place, h.place), &back = network_.link(h.place, m.place);
  const double lost = std::max(there.loss, back.loss);
  const bool reached = h.up && !network_.cut(m.place, h.place) && !random_.chance(lost * lost * lost);  // TCP repeats
  const Duration round = there.delay + there.slow + back.delay + back.slow;
  const bool well = reached && h.sockets.running() && round < question.timeout;
  const bool no_files = events_.now() < m.no_files_until;
  const bool blind = no_files || (events_.now() < m.blind_until && random_.chance(m.blind));
  const Duration after = no_files            ? Duration(0)
                         : reached && !blind ? std::min(round, question.timeout)
                                             : question.timeout;
  const Time due = events_.now() + question.timeout;
  events_.after(after, [this, &m, daemon = m.daemon, id = question.id, well, reached, blind, due] {
    if (!m.control || m.daemon != daemon) return;
    hear(m, [this, &m, id, well, reached, blind, due] {
      CheckOutcome outcome = blind ? CheckOutcome::unknown : well ? CheckOutcome::well : CheckOutcome::unwell;
      if (blind && options_.plant == Plant::unknown_is_down) outcome = CheckOutcome::unwell;
      if (events_.now() > due && options_.plant == Plant::late_is_down) outcome = CheckOutcome::unwell;
      m.control->answer(id, outcome,
                        blind     ? "Too many open files"
                        : well    ? ""
                        : reached ? "it refuses the connection"
                                  : "no answer in time",
                        local(m));
      carry_out(m);
      arm(m, 0s);
    });
  });
}

}  // namespace waymark::sim
