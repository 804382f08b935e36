// Questions for names whose addresses are made for each client (DNS, RFC 1035), answered where they come in: one
// question for an AAAA record of such a name, with a good cookie (RFC 9018) and a client's whole address (RFC 7871) at
// most besides. Everything else goes on to the name server as it came. Both answer alike (dns/responder.h).
#pragma once

#include "roles/path/packet_ask_answer.h"
#include "roles/path/packet_ask_choose.h"
#include "roles/path/packet_ask_name.h"
#include "roles/path/packet_ask_options.h"

namespace waymark::path {

// Of an own address's front: questions are answered there; and no tunnel ends there.
constexpr u32 kAnswersHere = 1, kAnswersAlone = 2;

// `p`: from parse_ip(), to an address where questions are answered. Only headers without options count.
template <class E>
WM_INLINE bool is_question(const E& env, const Packet& p) {
  if (p.protocol != kProtoUdp) return false;
  const auto* udp = env.view().template at<Udp>(p.l4);
  return udp && number(udp->destination) == env.settings().role.path.asked.port;
}

struct ask_program {
  template <Env E>
  static WM_INLINE Verdict run(E& env) {
    const Verdict end = answer(env);
    if (end.reason == why::answered.reason) env.leave(env.interface());
    return end;
  }

 private:
  // Its headers are as a question's must be that is answered here, and lengths are true.
  template <class E>
  static WM_INLINE bool has_headers(E& env, const Ask& a) {
    const View v = env.view();
    if (a.ip6) {
      if (a.l4 != a.l3 + sizeof(Ip6) || is_martian_source6(a.source)) return false;
    } else {
      const auto* ip = v.template at<Ip4>(a.l3);
      if (!ip || a.l4 != a.l3 + sizeof(Ip4) || number(ip->fragment) & 0x3fff) return false;
      if (is_martian_source4(ip4_of(a.source))) return false;
    }
    if (a.source == a.destination || a.end != env.length() || a.end < a.l4) return false;
    const auto* udp = v.template at<Udp>(a.l4);
    return udp && udp->checksum.raw && udp->source.raw && number(udp->length) == a.end - a.l4;
  }

  // Where the checksum is wrong the kernel judges: a veth's peer that leaves checksums to hardware sends no right one.
  template <class E>
  static WM_INLINE bool has_sum(E& env, const Ask& a) {
    const u64 sum = env.template call<ask_sum_step>(a.l4, a.end);
    return sum && fold(sum + pseudo_sum(a.source, a.destination, a.ip6, a.end - a.l4, kProtoUdp)) == 0xffff;
  }

  template <class E>
  static WM_INLINE Verdict answer(E& env) {
    Ask* a = env.template scratch<Ask>();
    if (!a || !env.settings().role.path.asked.layout) return why::ask_tables;
    if (!has_headers(env, *a)) return why::ask_form;
    const auto* head = env.view().template at<DnsHeader>(a->l4 + u32(sizeof(Udp)));
    if (!head) return why::ask_form;
    const u16 flags = number(head->flags), additional = number(head->additional);
    if (flags & ~kDnsMayAsk || number(head->questions) != 1 || head->answers.raw | head->authority.raw ||
        additional > 1)
      return why::ask_form;
    a->flags = flags & kDnsKept;
    a->has_options = u8(additional);
    const u64 found = env.template call<ask_name_step>(a->l4 + kDnsName, a->end);
    const u32 at = a->l4 + kDnsName + u32(found >> 32);
    const auto* asked = env.view().template at<DnsAsked>(at);
    if (!u32(found)) return why::ask_name;
    if (!asked || at + sizeof(DnsAsked) > a->end) return why::ask_form;
    if (asked->type.raw != kDnsAaaa.raw || asked->in.raw != kDnsIn.raw) return why::ask_form;
    a->name = u32(found) - 1;
    a->at = forget(at + u32(sizeof(DnsAsked)));
    if (!additional && a->at != a->end) return why::ask_form;
    if (additional)
      if (const Verdict end = read_options(env); ended(end)) return end;
    if (!has_sum(env, *a)) return why::ask_form;
    if (const Verdict end = choose_address(env); ended(end)) return end;
    return write_reply(env);
  }
};

template <Env E>
WM_INLINE Verdict ask(E& env, const Packet& p) {
  Ask* a = env.template scratch<Ask>();
  if (!a) return why::ask_room;
  a->l3 = p.l3;
  a->l4 = p.l4;
  a->end = p.end;
  a->ip6 = p.ip6;
  a->has_subnet = a->has_cookie = 0;
  a->source = p.source;
  a->destination = p.destination;
  return env.template go_on<ask_program>();
}

}  // namespace waymark::path
