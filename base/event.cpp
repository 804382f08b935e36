#include "base/event.h"

namespace waymark {

namespace {

constexpr EventKind kKinds[] = {
    {"target.up", "targets are up", "health checks of a target succeed again"},
    {"target.down", "targets are down", "health checks of a target fail, and it is taken out"},
    {"target.held", "targets are held", "health checks of a target fail, and `fail_static` keeps it in"},
    {"target.drained", "targets are drained", "a target takes no new flows, by an operator's decision"},
    {"target.undrained", "targets are undrained", "a drained target takes new flows again"},
    {"target.weight", "weights changed", "an operator changed a weight, or ended such a change"},
    {"binding.bound", "bindings are registered", "a server registered with this director, and is a target"},
    {"binding.refused", "registrations were refused",
     "a server that proved who it is was refused, or an SPI was used with a wrong MAC"},
    {"binding.moved", "bindings moved", "a registered server has another care-of address"},
    {"binding.weight", "weights of bindings changed", "a registered server's load changed its weight"},
    {"binding.draining", "bindings are draining", "a registered server ended its binding: it takes no new flows"},
    {"binding.ended", "bindings ended", "a binding that was draining is gone"},
    {"binding.expired", "bindings expired", "a registered server did not refresh its binding, which is gone"},
    {"binding.stale", "bindings are stale",
     "a binding expired together with too many others, and `fail_static` keeps it"},
    {"binding.suspect", "bindings are suspect",
     "a registered server does not answer Heartbeats: it takes no new flows"},
    {"binding.answers", "bindings are trusted again", "a server whose binding was suspect or stale answers again"},
    {"binding.dropped", "bindings were dropped", "the configuration does not permit a binding any more"},
    {"registration.bound", "registrations are accepted", "a director accepted this server's registration"},
    {"registration.refused", "registrations are refused",
     "a director refused this server's registration; it is tried again"},
    {"registration.silent", "registrations expired",
     "a director did not acknowledge in time, and this server's binding there expired"},
    {"registration.ended", "registrations ended", "this server ended its registration with a director"},
    {"checks.unknown", "checks cannot be carried out", "this machine cannot carry out a check; the last verdict holds"},
    {"checks.known", "checks are carried out again", "a check can be carried out again"},
    {"next_hop.found", "next hops are found", "the MAC address of a next hop is known"},
    {"next_hop.lost", "next hops are lost", "there is no route to a target, or its next hop does not answer"},
    {"pop.silent", "POPs are silent", "another POP answers seamless BFD no more, and is passed by"},
    {"pop.answers", "POPs answer again", "a POP that was silent answers again"},
    {"address.announced", "addresses are announced", "an address or prefix is announced"},
    {"address.withdrawn", "addresses are withdrawn", "an address or prefix is not announced any more"},
    {"member.joined", "members joined", "a member of the group is connected"},
    {"member.lost", "members are lost", "the connection to a member of the group ended"},
    {"member.absent", "members are absent", "this node goes on without a member of the group"},
    {"member.refused", "connections of members were refused", "somebody connected and did not prove to be a member"},
    {"member.behind", "members are behind", "a member does not keep up with the changes of pins"},
    {"holding.taken", "things were taken", "this node holds now what another member of the group held, or had lost"},
    {"holding.left", "things were left", "another member of the group holds now what this node held"},
    {"revoked.decided", "ids are revoked, or no more",
     "an id is revoked, or no more, by an operator's decision here or at another member"},
    {"revoked.file", "files of revoked ids changed", "the file of revoked ids lists others than before"},
    {"revoked.no_room", "ids found no room",
     "other members revoke ids for which there is no room here: their packets pass"},
    {"epoch.unknown", "times packets named unknown epochs",
     "a POP refuses packets whose addresses name an epoch that it has no key of"},
    {"epoch.known", "times unknown epochs ended", "packets name no unknown epochs any more"},
    {"client.changed", "clients' addresses changed",
     "the API gave a client of POPs an address, or another one, or revoked it"},
    {"reload.done", "reloads", "another configuration is in force"},
    {"reload.refused", "reloads were refused", "a new configuration was refused; the old one stays in force"},
    {"daemon.started", "starts", "the daemon runs"},
    {"daemon.took_over", "takeovers", "the daemon took over from another process"},
    {"daemon.stands_by", "handovers", "another process takes over from this daemon"},
    {"daemon.resumed", "handovers failed", "the process that was to take over gave up, and this daemon goes on"},
    {"daemon.ends", "ends", "the daemon ends"},
    {"interface.attached", "interfaces are attached", "the program is attached to an interface"},
    {"interface.lost", "interfaces are lost", "a configured interface is gone, or is without the program"},
    {"program.loaded", "loads", "the program was loaded, and is on its interfaces"},
    {"program.failed", "loads failed", "the program cannot be loaded anew; it is tried again"},
    {"dns.listens", "addresses of [dns] answer", "the name server listens at an address"},
    {"dns.cannot_listen", "addresses of [dns] are missing",
     "the name server cannot listen at an address; it is tried again"},
    {"dns.changed", "changes of names", "the name server answers by the names of the configuration in force"},
    {"paths.chosen", "choices of paths",
     "POPs were lost or found: new answers have paths that do without them, or no longer"},
    {"dns.failed", "failures of [dns]", "the name server cannot be started, or keeps the names it had"},
    {"grace.began", "times of grace began",
     "the firewall's table of flows is new, or an id was taken: TCP may go on in its middle for a while"},
    {"grace.ended", "times of grace ended", "the firewall drops TCP of connections that it does not know"},
    {"drops.began", "reasons began to drop packets", "packets are dropped for a reason that dropped few or none"},
    {"drops.ended", "reasons stopped dropping packets", "no packets are dropped for that reason any more"},
    {"events.missed", "gaps", "a follower read too slowly, or asked for events that are not kept any more"},
    {"hook.failed", "hooks failed", "the program of `on_event` failed, did not end in time, or was not run"},
};

}  // namespace

std::span<const EventKind> event_kinds() { return kKinds; }

const EventKind* find_event_kind(std::string_view name) {
  for (const EventKind& kind : kKinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

std::string_view text(Severity severity) { return severity == Severity::warning ? "warning" : "info"; }

}  // namespace waymark
