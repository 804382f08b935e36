#include "rtnetlink/resolver.h"

#include <algorithm>
#include <optional>
#include <set>

#include "rtnetlink/netlink.h"
#include "rtnetlink/tracker.h"

namespace waymark {

namespace {

// What no event announces (a path MTU learned or expired) or an event that went missing shows after this.
constexpr Duration kResync = std::chrono::seconds(60), kRetry = std::chrono::seconds(1);

struct ByDestination {
  bool operator()(const RouteQuestion& a, const RouteQuestion& b) const { return before(a.destination, b.destination); }
  bool operator()(const RouteQuestion& a, const Address& b) const { return before(a.destination, b); }
};

struct Apply {
  Tracker& tracker;
  std::set<u32>& changed_links;
  u64& route_changes;
  void operator()(const netlink::LinkChange& change) {
    changed_links.insert(change.index);
    ++route_changes;  // IPv4 routes go with their interface, without a word about each
  }
  void operator()(const NeighbourFact& fact) { tracker.set_neighbour(fact); }
  void operator()(const netlink::RouteChange& change) {
    tracker.touch_routes(change.prefix, change.length);
    ++route_changes;
  }
  void operator()(const netlink::AnyRouteChange&) {
    tracker.touch_routes();
    ++route_changes;
  }
};

}  // namespace

struct Resolver::Parts {
  netlink::Requests requests;
  netlink::Events events;
  Tracker tracker = {};
  std::vector<RouteQuestion> watched = {};  // in the order of their destinations
  std::set<u32> changed_links = {};         // to be read again
  u64 route_changes = 0;
  Time resync{};  // when everything is read anew
  bool more = false;

  void drain() {
    std::vector<netlink::Event> changes;
    const auto end = events.drain(changes);
    for (const auto& change : changes) std::visit(Apply{tracker, changed_links, route_changes}, change);
    more = end == netlink::Events::End::more;
    if (end != netlink::Events::End::lost) return;
    resync = Time{};
    ++route_changes;
  }

  Status read_everything() {
    const auto links = requests.links();
    if (!links) return links.error();
    const auto neighbours = requests.neighbours();
    if (!neighbours) return neighbours.error();
    tracker.set_links(*links);
    tracker.set_neighbours(*neighbours);
    tracker.touch_routes();
    return Done{};
  }

  Status read_links() {
    const std::vector<u32> indices(changed_links.begin(), changed_links.end());
    changed_links.clear();
    const auto links = requests.links(indices);
    if (!links) return links.error();
    for (std::size_t i = 0; i < indices.size(); ++i)
      if (const auto& link = (*links)[i])
        tracker.set_link(*link);
      else
        tracker.drop_link(indices[i]);
    return Done{};
  }

  std::optional<Address> source_of(const Address& target) const {
    const auto at = std::lower_bound(watched.begin(), watched.end(), target, ByDestination());
    return at != watched.end() && at->destination == target ? at->source : std::nullopt;
  }

  // Of IPv4 sources those that are not local are left out. That is asked anew in each round, as addresses come and go:
  // it is what begins a round, among others.
  Status keep_usable(std::vector<RouteQuestion>& questions) {
    std::vector<RouteQuestion> sources;  // few: nodes have one or two
    for (const RouteQuestion& q : questions)
      if (const RouteQuestion source{q.source.value_or(q.destination)};
          q.source && is_ip4(*q.source) && std::find(sources.begin(), sources.end(), source) == sources.end())
        sources.push_back(source);
    const auto answers = requests.routes(sources);
    if (!answers) return answers.error();
    for (std::size_t i = 0; i < sources.size(); ++i)
      if ((*answers)[i].kind != RouteFact::Kind::local)
        for (RouteQuestion& q : questions)
          if (q.source == sources[i].destination) q.source.reset();
    return Done{};
  }

  Status look_up(Time now) {
    const std::vector<Address> targets = tracker.lookups(now);
    if (targets.empty()) return Done{};
    std::vector<RouteQuestion> questions;
    for (const Address& target : targets) questions.push_back({target, source_of(target)});
    WM_TRY(keep_usable(questions));
    const auto routes = requests.routes(questions);
    if (!routes) return routes.error();
    for (std::size_t i = 0; i < targets.size(); ++i) tracker.set_route(targets[i], (*routes)[i]);
    return Done{};
  }

  Status probe(Time now) {
    drain();  // a neighbour that was made permanent a moment ago must not be probed
    const std::vector<Hop> hops = tracker.probes(now);
    const auto outcomes = requests.use(hops);
    if (!outcomes) return outcomes.error();
    for (std::size_t i = 0; i < hops.size(); ++i) tracker.probed(hops[i], (*outcomes)[i]);
    return Done{};
  }
};

Result<std::unique_ptr<Resolver>> Resolver::open() {
  auto events = netlink::Events::open();  // first, so that no change falls between reading and listening
  if (!events) return events.error();
  auto requests = netlink::Requests::open();
  if (!requests) return requests.error();
  return std::unique_ptr<Resolver>(
      new Resolver(std::unique_ptr<Parts>(new Parts{std::move(*requests), std::move(*events)})));
}

Resolver::Resolver(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Resolver::~Resolver() = default;

int Resolver::descriptor() const { return parts_->events.descriptor(); }

void Resolver::watch(std::vector<RouteQuestion> targets) {
  Parts& parts = *parts_;
  std::sort(targets.begin(), targets.end(), ByDestination());
  std::vector<Address> destinations;
  destinations.reserve(targets.size());
  for (const RouteQuestion& target : targets) {
    destinations.push_back(target.destination);
    const auto known =
        std::lower_bound(parts.watched.begin(), parts.watched.end(), target.destination, ByDestination());
    const bool is_known = known != parts.watched.end() && known->destination == target.destination;
    if (is_known && known->source != target.source) parts.tracker.touch_routes(target.destination, 128);
  }
  parts.tracker.watch(std::move(destinations));
  parts.watched = std::move(targets);
}

std::vector<Resolution> Resolver::poll(Time now) {
  Parts& parts = *parts_;
  parts.drain();
  bool well = true;
  if (now >= parts.resync) {
    well = bool(parts.read_everything());
    parts.resync = now + kResync;
  }
  well = bool(parts.read_links()) && well;
  well = bool(parts.look_up(now)) && well;
  well = bool(parts.probe(now)) && well;
  if (!well) parts.resync = std::min(parts.resync, now + kRetry);  // an answer was lost: nothing known is trusted
  return parts.tracker.changes();
}

u64 Resolver::route_changes() const { return parts_->route_changes; }

std::string Resolver::link_name(u32 index) const {
  const LinkInfo* link = parts_->tracker.link(index);
  return link ? link->name : "";
}

Time Resolver::deadline() const {
  if (parts_->more || !parts_->changed_links.empty()) return Time{};
  return std::min(parts_->resync, parts_->tracker.deadline());
}

}  // namespace waymark
