// What the packet core needs from where it runs: the packet, tables, time, and ways to tell. One implementation per
// build: KernelEnv (engine/xdp) and UserspaceEnv (engine/replay). The core is a template over it; nothing is virtual.
#pragma once

#include "core/address.h"
#include "core/verdict.h"
#include "core/view.h"

namespace waymark {

// A table is named by a tag object; Env::at(tag, index) gives a Value*, or null outside the table.
template <class V>
struct Table {
  using Value = V;
};

// Decisions worth telling a person who asks for a trace. The kernel's Env forgets them at compile time.
enum class Step : u8 {
  received,         // interface, outer VLAN, inner VLAN
  steered,          // role, zone, how: 0 by an address, 1 by a prefix, 2 by an address without ports
  matched,          // service
  pin_found,        // target slot, state, which bucket
  pin_missing,      //
  chosen,           // target slot, half of the choice table
  pinned,           // target slot, state
  tunnel,           // target slot, outer length, adjacency
  tunnel_accepted,  // protocol, inner offset
  answered,         // AnswerKind
  passed_on,        // target slot
  mapped,           // kind of the destination's mapping, of the source's; 0: none
  onward,           // WayKind, interface, MTU
};

constexpr u64 kNoSum = ~u64(0);  // Env::sum() of bytes that are not there

// Whose a packet is on this machine, as its sockets tell.
enum class Owner : u8 {
  nobody,    // no socket at all, or a TCP listener alone, for a packet in the middle of a flow
  listener,  // a listener or unconnected socket that this packet may be for
  flow,      // a socket of this very flow; or, with SYN cookies, a listener that will know it
};

// Where a flow's pin may stand (core/pins.h).
struct PinPlace {
  u32 fingerprint;  // never 0, so that no pin's word is 0
  u32 bucket;
  u32 upper;  // of the hash: what the embryo's bucket is drawn from
};

// A packet of a service's, as far as its flow is concerned (roles/director/packet_flow.h).
struct Arrival {
  u64 hash;         // of the flow
  u64 choice_hash;  // of what the choice goes by: the flow, or the client
  u32 service;
  u8 protocol, tcp_flags;  // no flags for all but TCP
  u8 looks_only = 0;       // 1: not a packet of the flow, but about it: its pin is found and left as it is
};

// What an ICMP error quotes, as far as it says whose flow it is (core/quoted.h). Ports in host order.
struct Quoted {
  u32 l4;  // where the quoted transport header begins; 0: it is none that a flow could be told from
  u8 protocol;
  u16 source_port, destination_port;  // 0 for all but TCP and UDP
};

// Into whose tunnel a packet goes, by slots of targets.
struct Through {
  u32 slot;
  u32 candidate;  // who else may know its flow; 0: nobody
  u32 entropy;    // 24 bits, as in struct Outer
};

enum class AnswerKind : u8;
struct Packet;
struct Mapping;
struct AddressBits;

template <class E>
concept Env = requires(E env, u32 n, Verdict verdict, const Packet& packet, const Address& address,
                       const Mapping* mapping, const AddressBits& bits) {
  env.view();          // View: valid until the next resize()
  env.length();        // u32: bytes of the frame
  env.resize(int(n));  // bool: adds (positive) or removes bytes at the front; false leaves the packet as it was
  env.trim(n);         // bool: cuts the frame to so many bytes; false leaves it as it was
  env.settings();      // const Settings&: constants of this load
  env.prefixes();      // const Prefixes&: their lengths, and the half in force
  env.now();           // u32 ticks (settings().ticks_per_second), wrapping
  env.interface();     // u32: where the packet came in
  env.leave(n);        // the interface that a `forward` verdict leaves by
  // Owner of the TCP or UDP packet that `packet` describes, or of the flow that an ICMP error quotes a packet of ours
  // of.
  env.owner(packet, Quoted{});
  env.note(Note::pin_adopted);
  env.step(Step::received, n, n, n);
  // Hands the packet, untouched, to the role of that number (dataplane/roles.h), whose program begins anew: it does not
  // return. Where it does, there is no such program. Never called where all roles are in one.
  env.template jump<0>();
  env.whole();      // bool: the packet may leave in more pieces than one: what XDP punts is done here
  env.split(n, n);  // the longest piece of this packet, and its identification; where whole()
  // translate::Passed: translator::pass(). It and its steps share scratch<T>(), of this CPU.
  env.translate(packet, mapping);
  // Steps that are rare and large, by the functions of the same names: in the kernel each is a function of its own,
  // which the verifier proves once instead of in every state that a packet can reach it in.
  env.reset(packet, AnswerKind{});  // Answered (core/answer.h)
  env.echo(packet, AnswerKind{});   // Answered (core/echo.h)
  env.quoted(packet);               // Quoted (core/quoted.h)
  env.tunnel(packet, Through{});    // Verdict: send_by_slot() (core/forward.h)
  env.place(Arrival{});             // u64: where the flow belongs, packed
  env.search_rules(n, n, n);
  env.prove(u64(n));                      // the flow's hash
  env.mapping_of(u64(n), bits, true, n);  // const Mapping*: waymark::mapping_of() (core/prefix.h), and its parts
  env.find_far_prefix(u64(n), bits, n);
  env.find_any_prefix(u64(n), bits, n);
  env.has_source_route(n, n);   // bool: an IPv4 header from l3 to l4 holds one that has not come to its end
  env.skip_headers(n, n, n);    // u64: translate::Skipped of (l4, end, protocol), packed
  env.route(address, address);  // u32: core/way.h
  env.sum(n, n);                // u64: the folded sum of the packet's bytes, or kNoSum
  env.complain(n, n, n, n);     // Answered (core/complain.h)
  env.look_at_error();          // translate::Passed, as of all that follow
  env.prepare_error6(n);
  env.write_error6();
  env.error_to_ip4(n);
  env.hairpin();
};

}  // namespace waymark
