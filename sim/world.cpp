#include "sim/world.h"

#include <fmt/format.h>

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kStory = 5'000;  // lines

}  // namespace

World::World(const Options& options)
    : options_(options),
      random_(options.seed),
      clients_random_(mix(options.seed)),
      plan_(options.plan ? *options.plan : Plan(options.seed, random_)),
      network_(events_, mix(~options.seed), 1 + plan_.routers + plan_.directors + plan_.hosts,
               [this](u32 from, u32 to, u32 frame) { deliver(from, to, frame); }),
      machines_(plan_.directors + plan_.hosts) {
  report_.seed = options.seed;
  report_.mode = plan_.mode;
  for (u32 r = 0; r < plan_.routers; ++r)
    routers_.push_back({1 + r, random_.word(), random_.chance(0.5), std::vector<Router::Peering>(plan_.directors)});
  for (u32 i = 0; i < machines_.size(); ++i) {
    Machine& m = machines_[i];
    m.place = 1 + plan_.routers + i;
    m.director = i < plan_.directors;
    m.number = m.director ? i : i - plan_.directors;
    m.name = m.director ? fmt::format("d{}", i + 1) : plan_.host_name(m.number);
    if (m.director) continue;
    network_.link(m.place, 0).delay = random_.between(5ms, 30ms);
    std::vector<std::pair<Address, u32>> places;
    for (const ServicePlan& service : plan_.services) {
      if (std::find(service.hosts.begin(), service.hosts.end(), m.number) == service.hosts.end()) continue;
      for (const Address& address : service.address)
        for (const PortRange& range : service.ports)
          for (u32 port = range.first; port <= range.last; ++port)
            places.emplace_back(address, u32(range.protocol) << 16 | port);
    }
    m.sockets.listen(std::move(places));
  }
  for (u32 r = 0; r < plan_.routers; ++r) network_.link(0, 1 + r).delay = random_.between(5ms, 30ms);
}

World::~World() = default;

Machine* World::machine_at(u32 place) {
  const u32 first = 1 + plan_.routers;
  return place >= first && place - first < machines_.size() ? &machines_[place - first] : nullptr;
}

void World::tell(u32 connection, const std::string& line) {
  if (!follows(connection) || report_.story.size() >= kStory) return;
  report_.story.push_back(fmt::format("{:10.4f} s  {}", std::chrono::duration<double>(events_.now()).count(), line));
}

Report World::run() {
  for (Machine& m : machines_) start_machine(m);
  review_sessions(100ms);
  next_trouble();
  check_now();
  while (!over_ && events_.step())
    if (finishing_ && !live_connections_) over_ = true;
  over_ = true;
  check_now();
  if (live_connections_) violate(fmt::format("{} connections never end", live_connections_));
  report_.digest = digest_;
  report_.events = events_.done();
  report_.lasted = events_.now();
  report_.connections = u32(connections_.size()) - strays_;
  return std::move(report_);
}

}  // namespace waymark::sim
