#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/address_text.h"
#include "core/pins.h"
#include "daemon/snapshot.h"
#include "daemon/warnings.h"
#include "engine/replay/userspace.h"
#include "roles/path/digest.h"
#include "roles/role.h"

namespace waymark {

namespace {

template <class T>
std::string joined(const std::vector<T>& all) {
  std::string out;
  for (const T& one : all) out += (out.empty() ? "" : " ") + text(one);
  return out;
}

const char* name_of(Action action) {
  constexpr const char* kNames[] = {"pass", "drop", "forward", "punt"};
  return kNames[u32(action)];
}

const char* name_of(PinState state) {
  constexpr const char* kNames[] = {"embryonic", "proven", "closing", "datagram"};
  return kNames[u32(state)];
}

// Begun ones count whole.
u64 whole_seconds(Duration d) { return u64(std::chrono::ceil<std::chrono::seconds>(d).count()); }

Rows status(const Snapshot& s) {
  Rows rows{{"item", "value"}, {}};
  auto add = [&](std::string item, Value value) { rows.rows.push_back({std::move(item), std::move(value)}); };
  add("node", s.config->name);
  add("version", s.version);
  add("state", std::string(s.standing_by ? "standing by for its replacement" : "running"));
  add("pid", u64(s.pid));
  add("uptime_seconds", u64(std::chrono::duration_cast<std::chrono::seconds>(s.uptime).count()));
  add("generation", s.generation);
  for (const Descriptor* role : roles_at_work(*s.config))
    add(fmt::format("role {}", name_of(role->role)), role->summary(*s.config));
  if (!s.config->service.empty() || s.config->announce)
    add("in_step", s.awaited.empty() ? std::string("yes") : s.awaited);
  add("program_tag", s.program_tag);
  for (const ProgramView& p : s.programs) add("program " + p.role, p.tag + (p.attached ? ", attached" : ", by a jump"));
  for (const AttachedInterface& i : s.interfaces) add("interface " + i.name, text(i));
  add("services", u64(s.config->service.size()));
  add("targets", u64(std::count_if(s.targets.begin(), s.targets.end(), [](auto& t) { return t.configured; })));
  add("pins_capacity", pin_capacity(s));
  add("pins_used", s.swept.proven + s.swept.closing + s.swept.datagram);
  add("pins_embryonic", s.swept.embryonic);
  add("pins_mirrored", s.swept.mirrored);
  add("pins_adopted", s.swept.adopted);
  add("sweeps", s.swept.number);
  if (s.flows) {
    add("flows_capacity", s.flows->capacity);
    add("flows_used", s.flows->swept.flows);
    add("flows_half_open", s.flows->swept.half_open);
    if (const u64 seconds = whole_seconds(s.flows->grace_left))
      add("grace", fmt::format("for {} s more, TCP goes on that the firewall does not know", seconds));
  }
  if (s.edge) {
    add("edge_flows_capacity", s.edge->capacity);
    add("edge_flows_used", s.edge->swept.flows);
    add("edge_flows_half_open", s.edge->swept.half_open);
    add("edge_flows_learnt", s.edge->swept.learnt);
    const auto refused = [&](Verdict why) { return s.counters.reasons[why.reason]; };
    add("edge_refused_quota", refused(edge::why::many_flows));
    add("edge_refused_new_flows", refused(edge::why::many_new));
    add("edge_refused_full", refused(edge::why::table_full));
    if (s.edge->mirror) add("edge_told_refused", s.edge->mirror->unknown + s.edge->mirror->refused);
  }
  if (s.neighbours) add("neighbours", s.neighbours->known);
  if (s.punts) {
    add("punted_sent", s.punts->sent);
    add("punted_failed", s.punts->failed);
    add("punted_lost", s.punts->lost);
    if (s.neighbours) add("punted_unknown", s.punts->unknown);
    const HeldCounts& held = s.punts->held;
    add("fragments_held", held.now);
    add("fragments_released", held.released);
    add("fragments_expired", held.expired);
    add("fragments_overlapping", held.overlapping);
    add("fragments_not_held", held.full);
  }
  if (s.config->path) add("path_digest", path::text(path::shared_digest(*s.config)));
  if (s.revoked) {
    add("revoked", u64(s.revoked->in_force));
    add("revoked_listed", u64(s.revoked->listed));
    add("revoked_room", u64(s.revoked->room));
  }
  for (const std::string& warning : warnings_of(s).sentences) add("warning", warning);
  return rows;
}

Rows services(const Snapshot& s) {
  Rows rows{
      {"service", "role", "zone", "address", "ports", "targets", "taking_new", "pins", "packets", "bytes", "flows"},
      {}};
  struct Sum {
    u64 targets = 0, taking = 0, pins = 0, packets = 0, bytes = 0, flows = 0;
  };
  std::unordered_map<std::string_view, Sum> sums;  // by service; one walk, as there are thousands of both
  for (const TargetView& target : s.targets) {
    const TargetCounters traffic = traffic_of(s, target);
    Sum& sum = sums[target.service];
    sum.targets += target.configured;
    sum.taking += target.configured && !target.drained && !target.down && target.weight > 0;
    sum.pins += target.pins;
    sum.packets += traffic.packets;
    sum.bytes += traffic.bytes;
    sum.flows += traffic.flows;
  }
  for (const ServiceConfig& service : s.config->service) {
    const Sum& sum = sums[service.name];
    rows.rows.push_back({service.name, std::string("director"), service.zone, joined(service.address),
                         joined(service.ports), sum.targets, sum.taking, sum.pins, sum.packets, sum.bytes, sum.flows});
  }
  if (!s.config->host) return rows;
  for (const HostServiceConfig& service : s.config->host->service)
    rows.rows.push_back({service.name, std::string("host"), std::string("-"), joined(service.address),
                         joined(service.ports), u64(0), u64(0), u64(0), u64(0), u64(0), u64(0)});
  return rows;
}

Rows targets(const Snapshot& s) {
  Rows rows{{"target", "state", "weight", "address", "tunnel", "pins", "packets", "bytes", "flows", "slot", "next_hop"},
            {}};
  const TargetStates states(s);
  for (const TargetView& t : s.targets) {
    const TargetCounters traffic = traffic_of(s, t);
    rows.rows.push_back({t.service + "/" + t.target, std::string(states.of(t)), u64(t.weight), text(t.address),
                         t.key ? fmt::format("{} {}", name_of(t.tunnel), *t.key) : std::string(name_of(t.tunnel)),
                         u64(t.pins), u64(traffic.packets), u64(traffic.bytes), u64(traffic.flows), u64(t.slot),
                         t.next_hop});
  }
  return rows;
}

Result<Rows> pins(const Snapshot& s, const std::string& service) {
  Rows rows{{"target", "state", "slot", "pins"}, {}};
  const TargetStates states(s);
  bool known = service.empty();
  for (const TargetView& t : s.targets) {
    if (!service.empty() && t.service != service) continue;
    known = true;
    rows.rows.push_back({t.service + "/" + t.target, std::string(states.of(t)), u64(t.slot), u64(t.pins)});
  }
  if (!known) return Error{fmt::format("no service is called \"{}\"", service)};
  return rows;
}

Rows counters(const Snapshot& s) {
  Rows rows{{"reason", "module", "action", "packets", "sentence"}, {}};
  for (const ReasonText& reason : all_reasons()) {
    const std::string name = reason.name;
    rows.rows.push_back({name, name.substr(0, name.find('.')), std::string(name_of(reason.verdict.action)),
                         s.counters.reasons[reason.verdict.reason], std::string(reason.sentence)});
  }
  for (u32 n = 0; n < kNotes; ++n)
    rows.rows.push_back({std::string(note_name(Note(n))), std::string("note"), std::string("-"), s.counters.notes[n],
                         std::string(note_text(Note(n)))});
  if (s.refused.empty()) return rows;
  u64 refused = 0;
  for (const RefusedView& view : s.refused) refused += view.packets;
  rows.rows.push_back({std::string("forward.refused"), std::string("driver"), std::string("-"), refused,
                       std::string("of those sent: the driver of the way out did not take it")});
  return rows;
}

Rows adjacencies(const Snapshot& s) {
  Rows rows{{"target", "forwarded_by", "interface", "destination_mac", "source_mac", "mtu", "why"}, {}};
  for (const AdjacencyView& a : s.adjacencies)
    rows.rows.push_back({text(a.target), std::string(a.usable ? "xdp" : "kernel"), a.interface,
                         a.usable ? text(a.destination) : "", a.usable ? text(a.source) : "", u64(a.mtu), a.why});
  return rows;
}

}  // namespace

u64 pin_capacity(const Snapshot& s) { return s.config->engine.pins ? u64(s.pin_buckets) * kPinWays : 0; }

std::string text(const AttachedInterface& interface) {
  switch (interface.state) {
    case InterfaceState::native:
      return "native XDP";
    case InterfaceState::generic:
      return "generic XDP";
    case InterfaceState::missing:
      return "missing";
    case InterfaceState::held:
      return "held by another " + interface.holder;
    case InterfaceState::bare:
      return "no program";
  }
  return "";
}

std::string text(const PortRange& range) {
  const char* protocol = range.protocol == Protocol::tcp ? "tcp" : "udp";
  if (range.first == 0 && range.last == 65535) return fmt::format("{}/*", protocol);
  if (range.first == range.last) return fmt::format("{}/{}", protocol, range.first);
  return fmt::format("{}/{}-{}", protocol, range.first, range.last);
}

TargetCounters traffic_of(const Snapshot& s, const TargetView& target) {
  return target.slot < s.traffic.size() ? s.traffic[target.slot] : TargetCounters{};
}

Rows show_pin(const Snapshot& s, const std::optional<Pin>& pin) {
  Rows rows{{"target", "state", "slot", "adopted", "mirrored"}, {}};
  if (!pin) return rows;
  std::string name = "a target that is gone";
  for (const TargetView& t : s.targets)
    if (t.slot == pin->slot) name = t.service + "/" + t.target;
  rows.rows.push_back({name, std::string(name_of(pin->state)), u64(pin->slot), pin->adopted, pin->mirrored});
  return rows;
}

Result<Rows> show(const Snapshot& s, const Show& show) {
  switch (show.what) {
    case Show::What::status:
      return status(s);
    case Show::What::services:
      return services(s);
    case Show::What::targets:
      return targets(s);
    case Show::What::pins:
      return pins(s, show.service);
    case Show::What::counters:
      return counters(s);
    case Show::What::adjacencies:
      return adjacencies(s);
    case Show::What::health:
      return show_health(s);
    case Show::What::group:
      return show_group(s);
    case Show::What::holdings:
      return show_holdings(s);
    case Show::What::announce:
      return show_announce(s);
    case Show::What::firewall:
      return show_firewall(s, show.tenant);
    case Show::What::flows:
      return show_flows(s, show);
    case Show::What::edge:
      return show_edge(s, show);
    case Show::What::neighbours:
      return show_neighbours(s, show);
    case Show::What::path:
      return show_path(s);
    case Show::What::pops:
      return show_pops(s);
    case Show::What::links:
      return show_links(s);
    case Show::What::bindings:
      return show_bindings(s);
    case Show::What::agents:
      return show_agents(s);
    case Show::What::registrations:
      return show_registrations(s);
    case Show::What::keys:
      return show_keys(s, {});
    case Show::What::revoked:
      return show_revoked(s, show.count);
    case Show::What::dns:
      return show_dns(s);
    case Show::What::clients:
    case Show::What::server_address:
    case Show::What::wellness:
    case Show::What::capture:
    case Show::What::events:
    case Show::What::metrics:
      break;
  }
  return Error{"this is no table"};
}

}  // namespace waymark
