#include "daemon/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/address_text.h"
#include "roles/path/role.h"
#include "roles/role.h"

namespace waymark {

namespace {

constexpr Duration kAnswersSoon = std::chrono::seconds(10);  // of a POP that was just begun to be asked

constexpr WarningKind kKinds[] = {
    {"interface", "troubles with interfaces, routes or the program",
     "an interface is missing, held or generic, or its MTU is lower than configured; routes or a program cannot be "
     "written"},
    {"withdrawn", "addresses are not announced", "an address or prefix is not announced"},
    {"no_target", "services have no target for new flows", "no target of a service takes new flows"},
    {"down", "targets are down", "health checks took a target out"},
    {"held", "targets fail their checks and are kept by fail_static", "`fail_static` keeps a failing target in"},
    {"unreachable", "targets are unreachable", "a target's next hop is silent or there is no route to it"},
    {"checks", "troubles with checks", "this machine cannot carry out checks, or is late with them"},
    {"unchecked", "services have no health check", "a service has targets and no health check"},
    {"drained", "targets are drained", "a drain is in force"},
    {"weight", "targets have another weight than configured", "a weight is in force that is not the configured one"},
    {"member", "members of the group are not connected",
     "a member of the group is not connected, is refused, or shares no pins"},
    {"stand_in", "things are held in place of lost members",
     "this node holds what is another member's, which is lost, or nobody that is there holds a thing"},
    {"agents", "troubles with servers that register",
     "`[agents]` cannot listen, a server that registered answers no Heartbeat or was kept by `fail_static`, or a "
     "service of this node is not registered with a director"},
    {"drops", "reasons drop more packets than before", "packets are dropped for a reason that dropped few or none"},
    {"refused", "drivers refuse what is sent", "a driver refuses packets that XDP sends"},
    {"punts", "punted packets could not be sent", "a packet that the daemon had to finish could not be sent"},
    {"flows", "tenants' flows are at their limit",
     "the firewall's table of flows is nearly full, or a tenant has as many flows as it may"},
    {"edge", "the edge's flows are at their limit",
     "the edge's table of flows is nearly full, or four fifths of the ports of its `pool` are taken"},
    {"neighbours", "overlays are full of neighbours",
     "a tenant's overlay has as many known hosts as it may: others give way"},
    {"pop", "POPs or servers of paths are lost",
     "the next hop to another POP or to a server here is lost, another POP is silent, or `down` names it: paths go on "
     "by the next one; a POP has never answered whether it is up; or names lead round a link"},
    {"revoked", "troubles with revoked ids",
     "the file of revoked ids cannot be followed, or nine tenths of the room for them are taken"},
    {"paths", "members have other files of POPs",
     "a member of the group has other plans, POPs, servers or policies of paths"},
    {"keys", "troubles with keys of tags",
     "new addresses are made by a key that a member of the group does not know, or packets have tags of epochs without "
     "a key here"},
    {"dns", "troubles with the name server",
     "`[dns]` cannot listen at an address, answers nothing, or has what XDP cannot answer"},
    {"guests", "servers refuse guests", "the API, metrics or health server refused guests within the last minute"},
    {"hook", "hooks failed", "the program of `on_event` failed or cannot be run"},
};

class Collector {
 public:
  explicit Collector(Warnings& to) : to_(to) {
    for (const WarningKind& kind : kKinds) to_.count[kind.name] = 0;
  }
  void add(const char* kind, std::string sentence) {
    kind_ = kind;
    if (++to_.count[kind] <= Warnings::kOfAKind) to_.sentences.push_back(std::move(sentence));
  }
  // After the last of a kind.
  void end() {
    if (!kind_) return;
    const u64 count = to_.count[kind_];
    const auto kind =
        std::find_if(std::begin(kKinds), std::end(kKinds), [&](auto& k) { return std::string_view(k.name) == kind_; });
    if (count > Warnings::kOfAKind)
      to_.sentences.push_back(fmt::format("{} more {}", count - Warnings::kOfAKind, kind->more));
    kind_ = nullptr;
  }

 private:
  Warnings& to_;
  const char* kind_ = nullptr;
};

std::string name_of(const TargetView& t) { return t.service + "/" + t.target; }

void add_services(Collector& c, const Snapshot& s) {
  std::map<std::string, std::pair<u64, u64>> targets;  // by service: configured, and of these down
  std::set<std::string> taking;
  for (const TargetView& t : s.targets) {
    if (!t.configured) continue;
    auto& [all, down] = targets[t.service];
    ++all;
    down += t.down;
    if (!t.down && !t.drained && t.weight > 0) taking.insert(t.service);
  }
  for (const ServiceConfig& service : s.config->service) {
    if (taking.contains(service.name)) continue;
    const auto [all, down] = targets[service.name];
    c.add("no_target", all == 0      ? fmt::format("service {} has no target", service.name)
                       : all == down ? fmt::format("service {} has no live target: all {} are down", service.name, all)
                                     : fmt::format("no target of service {} takes new flows: {} of {} are down, the "
                                                   "others are drained or have weight 0",
                                                   service.name, down, all));
  }
  c.end();
}

void add_targets(Collector& c, const Snapshot& s) {
  const TargetStates states(s);
  std::map<std::string, std::string> why;
  for (const Health::View& v : s.health)
    if (v.state == Wellness::down && !v.target.empty()) why[v.service + "/" + v.target] = v.why;
  const auto because = [](const std::string& text) { return text.empty() ? text : ": " + text; };
  for (const TargetView& t : s.targets)
    if (t.configured && t.down) c.add("down", fmt::format("{} is down{}", name_of(t), because(why[name_of(t)])));
  c.end();
  for (const Health::View& v : s.health)
    if (v.held)
      c.add("held",
            fmt::format("{}/{} fails its checks{}; fail_static keeps it in", v.service, v.target, because(v.why)));
  c.end();
  for (const TargetView& t : s.targets)
    if (const AdjacencyView* hop = states.unreachable(t); hop && t.configured)
      c.add("unreachable", fmt::format("{} is unreachable: {}", name_of(t), hop->why));
  c.end();
}

void add_checks(Collector& c, const Snapshot& s) {
  for (std::string& warning : check_warnings(s)) c.add("checks", std::move(warning));
  c.end();
  for (const ServiceConfig& service : s.config->service)
    if (!service.target.empty() && (!service.check || service.check->kind() == CheckKind::none))
      c.add("unchecked", fmt::format("service {} has no health check: its targets count as healthy", service.name));
  c.end();
}

void add_decisions(Collector& c, const Snapshot& s) {
  for (const TargetView& t : s.targets)
    if (t.configured && t.drained)
      c.add("drained", fmt::format("{0} is drained, until `waymark drain --undo {0}`", name_of(t)));
  c.end();
  std::map<std::string, u32> configured;
  for (const ServiceConfig& service : s.config->service)
    for (const TargetConfig& target : service.target) configured[service.name + "/" + target.name] = target.weight;
  for (const TargetView& t : s.targets) {
    const auto own = configured.find(name_of(t));
    if (t.configured && own != configured.end() && own->second != t.weight)
      c.add("weight", fmt::format("{0} has weight {1} instead of {2}, until `waymark weight --undo {0}`", name_of(t),
                                  t.weight, own->second));
  }
  c.end();
}

void add_group(Collector& c, const Snapshot& s) {
  if (!s.group) return;
  for (const group::MemberView& m : s.group->members) {
    if (m.refused)
      c.add("member", fmt::format("group member {} answers, but is refused: {}", m.name, m.why));
    else if (!m.up && !m.direct && !m.reported)
      c.add("member", fmt::format("member {} is not \"direct\", and nothing is heard of it through others", m.name));
    else if (!m.up && m.direct)
      c.add("member", fmt::format("member {} is not connected{}{}", m.name, m.why.empty() ? "" : ": ", m.why));
    else if (!m.sharing && !m.not_sharing.empty() && s.config->group && s.config->group->mirror)
      c.add("member", fmt::format("no pins are shared with member {}: {}", m.name, m.not_sharing));
    else if (!m.flows_unshared.empty())
      c.add("member", fmt::format("no flows are shared with member {}: {}", m.name, m.flows_unshared));
  }
  c.end();
}

void add_agents(Collector& c, const Snapshot& s) {
  for (const std::string& trouble : s.agent_troubles) c.add("agents", trouble);
  if (s.agents)
    for (const agents::BindingView& b : s.agents->bindings)
      if (b.target.state == agents::BindingState::stale || b.target.state == agents::BindingState::suspect)
        c.add("agents", fmt::format("{}/{} is {}", b.target.service, b.target.name,
                                    b.target.state == agents::BindingState::stale
                                        ? "not renewed, like too many others: it is kept"
                                        : "suspect: it answers no Heartbeat, and gets no new flows"));
  for (const agents::RegistrationView& r : s.registrations)
    if (r.standing == agents::Standing::refused || (r.standing == agents::Standing::waiting && r.sent > 2))
      c.add("agents", fmt::format("{} is not registered with {}: {}", r.service, r.director, r.why));
  c.end();
}

void add_holdings(Collector& c, const Snapshot& s) {
  for (const group::HoldingView& v : s.holdings)
    if (v.is_stand_in)
      c.add("stand_in", fmt::format("{} is held here: {}", v.of.name, v.why));
    else if (v.hold == Hold::no && v.others.empty())
      c.add("stand_in", fmt::format("no member that is connected holds {}: {}", v.of.name, v.why));
  c.end();
}

void add_flows(Collector& c, const Snapshot& s) {
  if (!s.flows) return;
  const u64 flows = s.flows->swept.flows, room = s.config->engine.flows;
  if (flows * 10 >= room * 9)
    c.add("flows", fmt::format("the firewall knows {} flows, and [engine] flows has room for {}", flows, room));
  for (const TenantFlows& t : tenant_flows(s))
    if (t.tenant->firewall && t.tenant->flows && t.taken >= t.tenant->flows)
      c.add("flows", fmt::format("tenant {} has {} flows, and may have {}", t.tenant->name, t.taken, t.tenant->flows));
  c.end();
}

void add_edge(Collector& c, const Snapshot& s) {
  if (!s.edge || !s.config->edge) return;
  const EdgeConfig& edge = *s.config->edge;
  const Keeping kept = keeping(*s.config, FlowKind::edge).value_or(Keeping{});
  const u64 all = s.edge->swept.flows, four = s.edge->swept.flows4;
  const auto room = [&](u32 made) { return u64(made) / edge.flows * edge.flows; };  // as the file has it
  for (const auto& [flows, most] : {std::pair(all - std::min(all, four), room(kept.room)), {four, room(kept.room4)}})
    if (most && flows * 10 >= most * 9)
      c.add("edge", fmt::format("the edge knows {} flows, and \"flows\" in [edge] has room for {}", flows, most));
  if (const u64 ports = u64(kept.addresses) * edge::kNumbersOfAddress; ports && four * 10 >= ports * 8)
    c.add("edge", fmt::format("{} flows share the ports of \"pool\" in [edge], which has {}", four, ports));
  if (s.group && s.config->group && s.config->group->mirror)
    for (const EdgeMemberConfig& own : edge.member)
      for (const group::MemberView& m : s.group->members)
        if (m.name == own.member && m.up && m.digest && !m.shares_edges && m.flows_unshared.empty())
          c.add("edge",
                fmt::format("edge {} shares no flows with this one: it has no [[edge.member]], or its [group] no "
                            "\"mirror\"",
                            m.name));
  c.end();
}

// Of links that this POP is no end of: its own are lost with the POPs at their other ends.
void add_links(Collector& c, const Snapshot& s) {
  if (!s.config->path || !s.config->dns) return;
  const std::set<u32>& pops = s.wan.down.pops;
  for (const auto& [a, b] : s.wan.down.links)
    if (a != s.config->path->id && b != s.config->path->id && !pops.contains(a) && !pops.contains(b))
      c.add("pop", fmt::format("names lead round the link between POPs {} and {}: one does not hear the other", a, b));
}

void add_pops(Collector& c, const Snapshot& s) {
  if (!s.config->path) return;
  const PathConfig& path = *s.config->path;
  const TargetStates states(s);
  for (const path::Destination& d : path::destinations(path)) {
    const auto view = std::ranges::find(s.pops, d.pop ? d.pop->id : 0, &Watch::View::pop);
    const bool watched = view != s.pops.end();
    if (d.pop && std::ranges::count(path.down, d.pop->id))
      c.add("pop", fmt::format("POP {} is taken for dead, as \"down\" in [path] says", d.pop->id));
    else if (const AdjacencyView* hop = states.unreachable(d.target.address, d.target.tunnel))
      c.add("pop", d.pop ? fmt::format("POP {} is lost: {}", d.pop->id, hop->why)
                         : fmt::format("server {}, which is here, is lost: {}", d.server->id, hop->why));
    else if (watched && view->state == Watch::State::silent)
      c.add("pop", fmt::format("POP {} is silent: {}", view->pop, view->why));
    else if (watched && view->state == Watch::State::unknown && s.now >= view->since + kAnswersSoon)
      c.add("pop", fmt::format("POP {} has never answered whether it is up{}: UDP port 7784 must pass between POPs",
                               view->pop, view->why.empty() ? "" : " (" + view->why + ")"));
  }
  c.end();
}

void add_revoked(Collector& c, const Snapshot& s) {
  if (!s.revoked) return;
  if (!s.revoked_trouble.empty()) c.add("revoked", s.revoked_trouble);
  if (u64(s.revoked->in_force) * 10 >= u64(s.revoked->room) * 9)
    c.add("revoked", fmt::format("{} ids are revoked, and \"revocations\" in [path] has room for {}",
                                 s.revoked->in_force, s.revoked->room));
  c.end();
}

void add_dns(Collector& c, const Snapshot& s) {
  if (!s.dns) return;
  for (const EndpointView& e : s.dns->listen)
    if (!e.listens) c.add("dns", fmt::format("[dns] does not listen at {}: {}", text(e.address), e.why));
  if (!s.dns->trouble.empty()) c.add("dns", "[dns]: " + s.dns->trouble);
  if (s.asked)
    for (const std::string& left : s.asked->left) c.add("dns", left);
  c.end();
}

void add_neighbours(Collector& c, const Snapshot& s) {
  for (const OverlayNeighbours& o : overlay_neighbours(s))
    if (o.known > o.most)
      c.add("neighbours",
            fmt::format("{} hosts are known {} of tenant {}, and \"neighbours\" is {}: others give way to "
                        "them",
                        o.known, o.interface.empty() ? fmt::format("in VXLAN {}", o.vni) : "on the link " + o.interface,
                        o.tenant, o.most));
  c.end();
}

}  // namespace

bool is_lost(const AdjacencyView& way, Tunnel tunnel) {
  const bool by_mac = tunnel == Tunnel::mac;
  if (way.usable) return by_mac && way.gateway;
  return way.reach == NextHop::Reach::none || (by_mac && way.reach == NextHop::Reach::kernel);
}

TargetStates::TargetStates(const Snapshot& s) {
  for (const AdjacencyView& a : s.adjacencies) ways_[{a.target.high, a.target.low}] = &a;
  for (const ServiceConfig& service : s.config->service)
    if (service.check && service.check->kind() != CheckKind::none) checked_.insert(service.name);
}

const AdjacencyView* TargetStates::unreachable(const TargetView& target) const {
  return unreachable(target.address, target.tunnel);
}

const AdjacencyView* TargetStates::unreachable(const Address& address, Tunnel tunnel) const {
  const auto found = ways_.find({address.high, address.low});
  if (found == ways_.end()) return nullptr;
  return is_lost(*found->second, tunnel) ? found->second : nullptr;
}

const char* TargetStates::of(const TargetView& t) const {
  if (!t.configured) return "removed";
  if (t.down) return "down";
  if (t.drained) return "drained";
  if (!t.weight) return "weight 0";
  if (unreachable(t)) return "unreachable";
  return checked_.contains(t.service) ? "active" : "unchecked";
}

std::span<const WarningKind> warning_kinds() { return kKinds; }

Warnings warnings_of(const Snapshot& s) {
  Warnings out;
  Collector c(out);
  for (const std::string& warning : s.warnings) c.add("interface", warning);
  for (const AttachedInterface& i : s.interfaces)
    if (!i.note.empty()) c.add("interface", fmt::format("interface {} is served in generic mode: {}", i.name, i.note));
  c.end();
  for (const Announce::View& v : s.announced)
    if (!v.announced) c.add("withdrawn", fmt::format("{} is not announced: {}", text(v.prefix), v.why));
  c.end();
  add_services(c, s);
  add_targets(c, s);
  add_checks(c, s);
  add_decisions(c, s);
  add_group(c, s);
  add_holdings(c, s);
  add_agents(c, s);
  for (const std::string& growing : s.drops) c.add("drops", growing);
  c.end();
  for (const std::string& refusing : s.refusing) c.add("refused", refusing);
  c.end();
  if (s.punts && !s.punts->why.empty()) c.add("punts", "a punted packet was not sent: " + s.punts->why);
  c.end();
  add_flows(c, s);
  add_edge(c, s);
  add_neighbours(c, s);
  add_pops(c, s);
  add_links(c, s);
  add_revoked(c, s);
  if (s.group)
    for (const group::MemberView& m : s.group->members)
      if (!m.paths_differ.empty())
        c.add("paths", fmt::format("member {} has not the same of [path] as this POP: {} differ", m.name,
                                   fmt::join(m.paths_differ, ", ")));
  c.end();
  for (const KeyUse& use : key_uses(s))
    if (use.view->key.makes)
      for (const std::string& member : use.unknown_to)
        c.add("keys",
              fmt::format("new addresses of plan {} are made by the key of epoch {}, which member {} does not know: "
                          "it refuses their packets",
                          use.view->key.plan, use.view->key.epoch, member));
  if (!s.unknown_epochs.empty()) c.add("keys", s.unknown_epochs);
  c.end();
  add_dns(c, s);
  for (const HttpCounts& http : s.http)
    if (!http.warning.empty()) c.add("guests", http.warning);
  c.end();
  if (s.hook && !s.hook->trouble.empty()) c.add("hook", s.hook->trouble);
  c.end();
  return out;
}

}  // namespace waymark
