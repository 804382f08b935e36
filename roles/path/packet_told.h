// ICMP errors of this POP's own, as a router: they go the same way back as any packet does, by the addresses in them.
#pragma once

#include "core/complain.h"
#include "core/inner.h"
#include "roles/path/packet_send.h"

namespace waymark::path {

// The error stands in the frame, untagged: to a client, or by its path to a server; to whoever else is on this link,
// back to where the packet came from.
template <Env E>
WM_INLINE Verdict send_error(E& env, const Work* w, u32 end) {
  constexpr u32 l3 = sizeof(Ethernet);
  const OwnSettings& s = env.settings().role.path;
  Packet p = {};
  p.l3 = l3;
  if (ended(parse_ip(env.view(), p, kEtherIp6))) return why::error_withheld;
  p.end = end;
  Leg leg;
  const Verdict read = read_leg(s, p, leg);
  if (read.reason == why::no_plan.reason) {
    if (w->arrived.came < kByLink) return why::error_withheld;
    env.leave(env.interface());
    return w->told;
  }
  if (ended(read)) return why::error_withheld;
  auto* ethernet = env.view().template at<Ethernet>(0);
  if (!ethernet) return why::no_room;
  swap_link(ethernet);  // the kernel, where it goes on with it, takes what is for us alone
  if (!leg.to_server && leg.last == s.pop) {
    p.hops = kAnswerHops + 1;
    u32 room = 0;
    const Verdict sent = send_home(env, p, room);
    if (sent.reason == why::to_client.reason) return w->told;
    if (sent.reason == why::by_kernel.reason) return why::by_kernel;
    return why::error_withheld;
  }
  u32 slot = 0;
  if (const PathPop* pop = pop_at(env, next_pop(env, p, leg)); pop) slot = pop->slot;
  if (!slot && leg.to_server) {
    const PathServer* server = env.at(table::path_servers, u32(read_field(s.servers, FieldKind::id, p.destination)));
    if (server && server->known && server->pop == s.pop && !leg.after) slot = server->slot;
  }
  if (!slot) return why::error_withheld;
  const Verdict sent = send_by_slot(env, p, {slot, 0, u32(mix(p.destination.low) >> 40)});
  if (sent.reason == forward::why::sent.reason) return w->told;
  if (sent.reason == forward::why::by_kernel.reason) return forward::why::by_kernel;
  return why::error_withheld;
}

// Whether anything is to be told about a packet follows from its transport header, which is looked for only now.
template <Env E>
WM_INLINE Verdict may_tell(E& env) {
  const Work* w = env.template scratch<Work>();
  if (!w) return why::no_room;
  Packet p = {};
  p.l3 = w->p.l3;
  p.end = w->p.end;
  p.ip6 = 1;
  p.source = w->p.source;
  Part part;
  const auto* ip = env.view().template at<Ip6>(p.l3);
  if (!ip) return why::error_withheld;
  p.protocol = ip->next;
  p.l4 = p.l3 + u32(sizeof(Ip6));
  if (const Verdict end = look(env, p, part); ended(end)) return end;
  return may_complain(env.view(), p, part.later) ? kGoOn : Verdict(why::error_withheld);
}

struct told_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    constexpr u32 l3 = sizeof(Ethernet);
    const Work* w = env.template scratch<Work>();
    if (!w) return why::no_room;
    if (const Verdict quiet = may_tell(env); ended(quiet)) return quiet;
    reread();
    const u32 at = w->p.l3, length = w->p.end - w->p.l3;
    if (at != l3 && !take_out(env, l3, at, true)) return why::no_room;
    const Answered answered = complain(env, l3, l3 + length, said_by(kModule, AnswerKind::path, w->kind), w->rest);
    if (answered == Answered::none) return why::error_withheld;
    if (answered == Answered::limited) return why::error_limited;
    env.step(Step::answered, u32(AnswerKind::path), w->kind, w->rest);
    const u32 most = kLongestError6, whole = length + u32(sizeof(Ip6) + sizeof(Icmp));
    reread();
    return send_error(env, w, l3 + (whole < most ? whole : most));
  }
};

}  // namespace waymark::path
