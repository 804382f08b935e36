// https://prometheus.io/docs/instrumenting/exposition_formats/
#include <fmt/format.h>

#include "base/address_text.h"
#include "daemon/metric_family.h"
#include "daemon/snapshot.h"
#include "daemon/warnings.h"
#include "engine/replay/userspace.h"

namespace waymark {

namespace {

void add_targets(std::string& out, const Snapshot& s) {
  struct Column {
    const char *name, *type, *help;
    u64 (*value)(const TargetView&, const TargetCounters&);
  };
  // A target's incarnations are series of their own, told apart by their slot.
  static constexpr Column kColumns[] = {
      {"waymark_target_packets_total", "counter", "Packets sent to the target.",
       [](auto&, auto& c) -> u64 { return c.packets; }},
      {"waymark_target_bytes_total", "counter", "Bytes of the clients' IP packets sent to the target.",
       [](auto&, auto& c) -> u64 { return c.bytes; }},
      {"waymark_target_flows_total", "counter", "New flows given to the target.",
       [](auto&, auto& c) -> u64 { return c.flows; }},
      {"waymark_target_pins", "gauge", "Flows pinned to the target.", [](auto& t, auto&) -> u64 { return t.pins; }},
      {"waymark_target_weight", "gauge", "The target's weight for new flows; 0 while drained or removed.",
       [](auto& t, auto&) -> u64 { return t.configured && !t.drained ? t.weight : 0; }},
  };
  for (const Column& column : kColumns) {
    Family family(out, column.name, column.type, column.help);
    for (const TargetView& t : s.targets)
      family.sample({{"service", t.service}, {"target", t.target}, {"slot", std::to_string(t.slot)}},
                    column.value(t, traffic_of(s, t)));
  }
}

void add_counters(std::string& out, const Snapshot& s) {
  constexpr const char* kActions[] = {"pass", "drop", "forward", "punt"};
  Family reasons(out, "waymark_packets_total", "counter", "Packets that came in, by the reason their way ended with.");
  for (const ReasonText& reason : all_reasons())
    reasons.sample({{"reason", reason.name}, {"action", kActions[u32(reason.verdict.action)]}},
                   s.counters.reasons[reason.verdict.reason]);
  Family notes(out, "waymark_notes_total", "counter", "What happened to packets on their way without ending it.");
  for (u32 n = 0; n < kNotes; ++n) notes.sample({{"note", note_name(Note(n))}}, s.counters.notes[n]);
}

void add_tables(std::string& out, const Snapshot& s) {
  Family(out, "waymark_pins_capacity", "gauge",
         "Ways for proven flows. Beyond 85% of them a new flow may find no room.")
      .sample({}, pin_capacity(s));
  Family pins(out, "waymark_pins", "gauge", "Pins by their state, as the last sweep found them.");
  pins.sample({{"state", "proven"}}, s.swept.proven);
  pins.sample({{"state", "closing"}}, s.swept.closing);
  pins.sample({{"state", "datagram"}}, s.swept.datagram);
  pins.sample({{"state", "embryonic"}}, s.swept.embryonic);
  Family(out, "waymark_target_slots_used", "gauge", "Target slots in use.").sample({}, s.targets.size());
  Family(out, "waymark_target_slots", "gauge", "Target slots there are.").sample({}, s.slots);
  Family adjacencies(out, "waymark_adjacency_usable", "gauge",
                     "1 where XDP sends to the target itself, 0 where the kernel routes.");
  for (const AdjacencyView& a : s.adjacencies) adjacencies.sample({{"target", text(a.target)}}, a.usable);
}

void add_flows(std::string& out, const Snapshot& s) {
  if (!s.flows) return;
  const FlowsView& f = *s.flows;
  Family flows(out, "waymark_flows", "gauge",
               "Flows that the firewall knows by their stage, as the last sweep found them.");
  for (u32 stage = u32(firewall::Stage::syn); stage < firewall::kStages; ++stage)
    flows.sample({{"state", name_of(firewall::Stage(stage))}}, f.swept.stages[stage]);
  Family(out, "waymark_flows_capacity", "gauge",
         "Ways for flows that are not half open. Beyond 85% of them a new flow may find no room.")
      .sample({}, f.capacity);
  Family(out, "waymark_flows_half_open_capacity", "gauge", "Ways for half-open flows; the oldest gives way.")
      .sample({}, f.half_open_capacity);
  Family(out, "waymark_flows_grace_seconds", "gauge", "How long the firewall lets TCP go on that it does not know.")
      .sample({}, u64(std::chrono::ceil<std::chrono::seconds>(f.grace_left).count()));
  if (f.birth_unit != Duration(0)) {
    Family ages(
        out, "waymark_flows_by_age", "gauge",
        "Flows that tenants began, by how long ago at least, as the last sweep found them and as far as the plan's "
        "field birth can say.");
    const u64 unit = u64(std::chrono::duration_cast<std::chrono::seconds>(f.birth_unit).count());
    for (u32 i = 0; i < kFlowAges; ++i)
      ages.sample({{"from_seconds", std::to_string(i ? unit << (i - 1) : 0)}}, f.swept.ages[i]);
  }
  Family tenants(out, "waymark_tenant_flows", "gauge", "Flows of the tenant, half-open ones among them.");
  for (const TenantFlows& t : tenant_flows(s))
    if (t.tenant->firewall) tenants.sample({{"tenant", t.tenant->name}}, t.taken);
}

void add_edge(std::string& out, const Snapshot& s) {
  if (!s.edge) return;
  Family flows(out, "waymark_edge_flows", "gauge",
               "Flows that the edge knows by their stage, as the last sweep found them.");
  for (u32 stage = u32(edge::Stage::syn); stage < edge::kStages; ++stage)
    flows.sample({{"state", name_of(edge::Stage(stage))}}, s.edge->swept.stages[stage]);
  Family services(out, "waymark_edge_service_flows", "gauge", "Likewise, by service.");
  for (const auto& [service, known] : s.edge->swept.services) services.sample({{"service", service}}, known);
  Family(out, "waymark_edge_flows_learnt", "gauge", "Those whose server is learnt.").sample({}, s.edge->swept.learnt);
  Family(out, "waymark_edge_flows_capacity", "gauge", "Ways for flows. Beyond 75% of them a new flow may find no room.")
      .sample({}, s.edge->capacity);
  if (!s.edge->mirror) return;
  const group::EdgeMirrorCounts& m = *s.edge->mirror;
  Family told(
      out, "waymark_edge_flows_told_total", "counter",
      "Flows that members told, by what became of them. Unknown: their prefix is no member's; refused: no flows "
      "that could be; kept: ours is later; raced: a packet was there first.");
  for (const auto& [became, count] :
       {std::pair("applied", m.applied), std::pair("refreshed", m.refreshed), std::pair("kept", m.kept),
        std::pair("erased", m.erased), std::pair("unknown", m.unknown), std::pair("refused", m.refused),
        std::pair("raced", m.raced)})
    told.sample({{"became", became}}, count);
}

void add_dns(std::string& out, const Snapshot& s) {
  if (!s.dns) return;
  const DnsView& d = *s.dns;
  Family questions(out, "waymark_dns_questions_total", "counter", "Questions to the name server, by how they ended.");
  for (std::size_t i = 0; i < dns::kOutcomes; ++i)
    questions.sample({{"outcome", dns::name_of(dns::Outcome(i))}}, d.outcomes[i]);
  Family limited(out, "waymark_dns_limited_total", "counter",
                 "Questions beyond the rate of their source, by what became of them.");
  for (std::size_t i = 0; i < dns::kLimited; ++i)
    limited.sample({{"action", dns::name_of(dns::Limited(i))}}, d.limited[i]);
  Family cookies(out, "waymark_dns_cookies_total", "counter",
                 "Questions by the cookie that they had: none, the client's own alone, a good or a bad one of ours.");
  for (std::size_t i = 0; i < dns::kCookies; ++i)
    cookies.sample({{"cookie", dns::name_of(dns::Cookies(i))}}, d.cookies[i]);
  Family(out, "waymark_dns_unsent_total", "counter", "Answers by UDP that the kernel did not take.")
      .sample({}, d.untaken);
  Family(out, "waymark_dns_connections", "gauge", "TCP connections to the name server.").sample({}, d.connections);
  Family(out, "waymark_dns_connections_limit", "gauge", "TCP connections there may be.").sample({}, d.most_connections);
  Family(out, "waymark_dns_connections_refused_total", "counter", "TCP connections that were refused or displaced.")
      .sample({}, d.refused);
  if (s.asked) {
    Family(out, "waymark_dns_xdp", "gauge", "1 where XDP answers clients' questions for their own addresses.")
        .sample({}, s.asked->answers);
    Family xdp(out, "waymark_dns_xdp_questions_total", "counter",
               "Questions that XDP saw: answered, or passed to the name server, by the reason.");
    for (const auto& [what, count] : questions_in_xdp(s)) xdp.sample({{"outcome", what}}, count);
  }
  Family listens(out, "waymark_dns_listens", "gauge", "1 where the name server listens at the address.");
  for (const EndpointView& e : d.listen) listens.sample({{"address", text(e.address)}}, e.listens);
}

void add_neighbours(std::string& out, const Snapshot& s) {
  if (!s.neighbours) return;
  const auto sample = [](Family& of, const OverlayNeighbours& o, u64 value) {
    const std::string vni = std::to_string(o.vni);
    o.interface.empty() ? of.sample({{"tenant", o.tenant}, {"vni", vni}}, value)
                        : of.sample({{"tenant", o.tenant}, {"interface", o.interface}}, value);
  };
  Family known(out, "waymark_neighbours", "gauge",
               "Hosts known in the tenant's overlay, as the last sweep found them.");
  for (const OverlayNeighbours& o : overlay_neighbours(s)) sample(known, o, o.known);
  Family most(out, "waymark_neighbours_limit", "gauge", "Hosts that may be known there, and surely find room.");
  for (const OverlayNeighbours& o : overlay_neighbours(s)) sample(most, o, o.most);
  Family(out, "waymark_neighbours_expired_total", "counter", "Hosts in tenants' overlays that were silent for long.")
      .sample({}, s.neighbours->expired);
}

void add_control(std::string& out, const Snapshot& s) {
  Family(out, "waymark_in_step", "gauge", "1 where the node is ready to announce its services.")
      .sample({}, s.awaited.empty());
  Family(out, "waymark_pins_mirrored", "gauge", "Pins that other directors lent.").sample({}, s.swept.mirrored);
  Family down(out, "waymark_target_down", "gauge", "1 where checks took the target out.");
  for (const TargetView& t : s.targets)
    down.sample({{"service", t.service}, {"target", t.target}, {"slot", std::to_string(t.slot)}}, t.down);
  Family health(out, "waymark_check_up", "gauge", "1 where the last verdict or opinion is up.");
  for (const Health::View& v : s.health)
    if (v.state != Wellness::unknown)
      health.sample({{"service", v.service}, {"target", v.target}}, v.state == Wellness::up);
  Family failed(out, "waymark_check_failures_total", "counter", "Questions that were not answered well.");
  for (const Health::View& v : s.health) failed.sample({{"service", v.service}, {"target", v.target}}, v.failed);
  Family unknown(out, "waymark_check_unknown_total", "counter",
                 "Health checks that this machine could not carry out; no verdict comes of them.");
  for (const Health::View& v : s.health) unknown.sample({{"service", v.service}, {"target", v.target}}, v.unknown);
  Family(out, "waymark_checks_not_renewed", "gauge",
         "Targets whose last verdict stands, as checks cannot be carried out.")
      .sample({}, s.unrenewed.count);
  Family(out, "waymark_checks_in_flight", "gauge", "Health checks without an answer yet.")
      .sample({}, s.checks.in_flight);
  Family(out, "waymark_checks_in_flight_limit", "gauge", "As many may be in flight.").sample({}, s.checks.most);
  Family(out, "waymark_checks_late_microseconds", "gauge", "How long the next health check has been due.")
      .sample({}, u64(s.checks.late.count() / 1000));
  Family announced(out, "waymark_announced", "gauge", "1 where the address is announced.");
  for (const Announce::View& v : s.announced) announced.sample({{"address", text(v.prefix)}}, v.announced);
  if (!s.group) return;
  Family held(out, "waymark_held", "gauge",
              "1 where this node holds the thing that members of the group hold in turn.");
  for (const group::HoldingView& v : s.holdings) held.sample({{"holding", v.of.name}}, v.hold != Hold::no);
  struct Column {
    const char *name, *type, *help;
    u64 (*value)(const group::MemberView&);
  };
  static constexpr Column kColumns[] = {
      {"waymark_member_up", "gauge", "1 where the link to the member is up.", [](auto& m) -> u64 { return m.up; }},
      {"waymark_member_reported", "gauge", "1 where what the member says as a POP is known, from it or through others.",
       [](auto& m) -> u64 { return m.reported.has_value(); }},
      {"waymark_member_refused", "gauge", "1 where the member answers, but one of the two does not believe the other.",
       [](auto& m) -> u64 { return m.refused; }},
      {"waymark_member_differs", "gauge", "In how many things the member is not as this one.",
       [](auto& m) -> u64 { return m.differs.size(); }},
      {"waymark_member_lag_microseconds", "gauge", "There and back, behind all that was sent before.",
       [](auto& m) -> u64 { return m.lag ? u64(m.lag->count() / 1000) : 0; }},
      {"waymark_member_pins_sent_total", "counter", "Pins told to the member.",
       [](auto& m) -> u64 { return m.pins_sent; }},
      {"waymark_member_pins_received_total", "counter", "Pins that the member told.",
       [](auto& m) -> u64 { return m.pins_received; }},
      {"waymark_member_pins_refused_total", "counter", "Of those: no pins at all, or of unknown targets.",
       [](auto& m) -> u64 { return m.mirror.refused + m.mirror.unknown_target; }},
      {"waymark_member_flows_sent_total", "counter", "Flows of the firewall's, or of the edge's, told to the member.",
       [](auto& m) -> u64 { return m.flows_sent + m.edge_flows_sent; }},
      {"waymark_member_flows_received_total", "counter",
       "Flows of the firewall's, or of the edge's, that the member told.",
       [](auto& m) -> u64 { return m.flows_received + m.edge_flows_received; }},
      {"waymark_member_flows_refused_total", "counter", "Of those: none that could be, or there was no room.",
       [](auto& m) -> u64 { return m.flows.refused + m.flows.full; }},
      {"waymark_member_pins_lost_total", "counter", "Changes that the member was not told before it got all anew.",
       [](auto& m) -> u64 { return m.lost; }},
  };
  for (const Column& column : kColumns) {
    Family family(out, column.name, column.type, column.help);
    for (const group::MemberView& m : s.group->members) family.sample({{"member", m.name}}, column.value(m));
  }
  Family(out, "waymark_group_lent_flows", "gauge",
         "Flows in the firewall's table, or the edge's, that members told, and that did not come by here.")
      .sample({}, s.group->lent_flows);
  Family(out, "waymark_group_reports_passed_on_total", "counter",
         "What POPs say, passed on to members that they are not connected to.")
      .sample({}, s.group->passed_on);
  Family(out, "waymark_group_refused_total", "counter",
         "Connections that did not prove that they know the secret, or found no place.")
      .sample({}, s.group->refused);
}

void add_http(std::string& out, const Snapshot& s) {
  struct Column {
    const char *name, *type, *help;
    u64 (*value)(const HttpCounts&);
  };
  static constexpr Column kColumns[] = {
      {"waymark_http_connections", "gauge", "HTTP connections that are open.", [](auto& c) -> u64 { return c.guests; }},
      {"waymark_http_connections_limit", "gauge", "HTTP connections that may be open at one time.",
       [](auto& c) -> u64 { return c.most_guests; }},
      {"waymark_http_answers_total", "counter", "HTTP requests that were answered, with any status.",
       [](auto& c) -> u64 { return c.served; }},
  };
  for (const Column& column : kColumns) {
    Family family(out, column.name, column.type, column.help);
    for (const HttpCounts& http : s.http) family.sample({{"server", http.server}}, column.value(http));
  }
  Family refused(out, "waymark_http_refused_total", "counter", "HTTP connections that were refused or cut, by reason.");
  for (const HttpCounts& http : s.http)
    for (std::size_t why = 0; why < kRefusals; ++why)
      refused.sample({{"server", http.server}, {"reason", name_of(Refused(why))}}, http.refused[why]);
}

void add_daemon(std::string& out, const Snapshot& s) {
  Family(out, "waymark_build_info", "gauge", "Always 1; what runs is in its labels.")
      .sample({{"version", s.version}, {"node", s.config->name}, {"program_tag", s.program_tag}}, 1);
  Family programs(out, "waymark_program_verified_instructions", "gauge",
                  "How many instructions the kernel's verifier saw of each role's program; 0 where it does not tell.");
  for (const ProgramView& p : s.programs)
    programs.sample({{"role", p.role}, {"tag", p.tag}, {"attached", p.attached ? "1" : "0"}}, p.verified_instructions);
  Family(out, "waymark_uptime_seconds", "gauge", "How long the daemon has run; packets need it not.")
      .sample({}, u64(std::chrono::duration_cast<std::chrono::seconds>(s.uptime).count()));
  Family(out, "waymark_loop_longest_pause_microseconds", "gauge",
         "Longest time in which the daemon's loop heard nothing.")
      .sample({}, u64(s.longest_pause.count() / 1000));
  Family(out, "waymark_loop_lost_microseconds_total", "counter",
         "Time in which the daemon's loop heard nothing, beyond 10 ms each time.")
      .sample({}, u64(s.lost_time.count() / 1000));
  Family(out, "waymark_generation", "gauge", "Changes of the choices so far.").sample({}, s.generation);
  Family attached(out, "waymark_interface_attached", "gauge",
                  "1 where the program is on the interface, 0 where it is missing, or without this program.");
  for (const AttachedInterface& i : s.interfaces)
    attached.sample({{"interface", i.name}}, i.state == InterfaceState::native || i.state == InterfaceState::generic);
  Family native(out, "waymark_interface_native", "gauge", "1 where the program is attached as native XDP.");
  for (const AttachedInterface& i : s.interfaces)
    native.sample({{"interface", i.name}}, i.state == InterfaceState::native);
  Family refused(out, "waymark_forward_refused_total", "counter",
                 "Packets that XDP sent and the interface's driver did not take, as far as it counts them.");
  for (const RefusedView& view : s.refused) refused.sample({{"interface", view.interface}}, view.packets);
  Family warnings(out, "waymark_warnings", "gauge", "Warnings of `show status`, by their kind.");
  for (const auto& [kind, count] : warnings_of(s).count) warnings.sample({{"kind", kind}}, count);
  if (s.hook) {
    Family hook(out, "waymark_hook_runs_total", "counter", "Runs of the program of on_event, by how they ended.");
    hook.sample({{"result", "done"}}, s.hook->ran - std::min(s.hook->ran, s.hook->failed));
    hook.sample({{"result", "failed"}}, s.hook->failed);
    hook.sample({{"result", "lost"}}, s.hook->lost);
  }
  if (!s.punts) return;
  Family punts(out, "waymark_punted_packets_total", "counter", "Packets that the daemon had to finish, by their end.");
  punts.sample({{"result", "sent"}}, s.punts->sent);
  punts.sample({{"result", "failed"}}, s.punts->failed);
  punts.sample({{"result", "lost"}}, s.punts->lost);
  if (s.neighbours) punts.sample({{"result", "unknown"}}, s.punts->unknown);
  const HeldCounts& h = s.punts->held;
  Family held(out, "waymark_held_fragments_total", "counter",
              "Fragments that came before the first of their datagram, by what became of them.");
  held.sample({{"result", "released"}}, h.released);
  held.sample({{"result", "expired"}}, h.expired);
  held.sample({{"result", "overlapping"}}, h.overlapping);
  held.sample({{"result", "full"}}, h.full);
  Family(out, "waymark_held_fragments", "gauge", "Fragments that wait for the first of their datagram.")
      .sample({}, h.now);
}

}  // namespace

std::string metrics_text(const Snapshot& s) {
  std::string out;
  add_daemon(out, s);
  add_counters(out, s);
  add_tables(out, s);
  add_flows(out, s);
  add_edge(out, s);
  add_neighbours(out, s);
  add_dns(out, s);
  add_targets(out, s);
  add_control(out, s);
  add_path_metrics(out, s);
  add_agents(out, s);
  add_http(out, s);
  return out;
}

}  // namespace waymark
