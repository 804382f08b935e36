// What the packet core needs from where it runs: the packet, tables, time, and ways to tell. One implementation per
// build: KernelEnv (engine/xdp) and UserspaceEnv (engine/replay). The core is a template over it; nothing is virtual.
#pragma once

#include "core/address.h"
#include "core/step.h"
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
  tunnel_accepted,  // kind of tunnel, inner offset
  answered,         // AnswerKind
  passed_on,        // target slot
  mapped,           // kind of the destination's mapping, of the source's; 0: none
  onward,           // WayKind, interface, MTU
};

constexpr u32 kScratchBytes = 512;  // of Env::scratch()

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

// What an ICMP error quotes, as far as it says whose flow it is (core/quoted.h). Ports in host order.
struct Quoted {
  u32 l4;  // where the quoted transport header begins; 0: it is none that a flow could be told from
  u8 protocol;
  u16 source_port, destination_port;  // 0 for all but TCP and UDP
};

struct Packet;
namespace core {
struct sum_step;
}

template <class E>
concept Env = requires(E env, u32 n, const Packet& packet, const Address& address) {
  env.view();          // View: valid until the next resize()
  env.length();        // u32: bytes of the frame
  env.resize(int(n));  // bool: adds (positive) or removes bytes at the front; false leaves the packet as it was
  env.trim(n);         // bool: cuts the frame to so many bytes; false leaves it as it was
  env.extend(n);       // bool: adds so many bytes at the end, zeros; false leaves the packet as it was
  env.settings();      // const Settings&: constants of this load
  env.prefixes();      // const Prefixes&: their lengths, and the half in force
  env.now();           // u32 ticks (settings().ticks_per_second), wrapping
  env.interface();     // u32: where the packet came in
  env.leave(n);        // the interface that a `forward` verdict leaves by; not in a step, which has an Env of its own
  env.left_by();       // u32: what leave() was last given; else 0
  // Owner of the TCP or UDP packet that `packet` describes, or of the flow that an ICMP error quotes a packet of ours
  // of.
  env.owner(packet, Quoted{});
  env.note(Note::pin_adopted);
  env.step(Step::received, n, n, n);
  // Hands the packet, untouched, to the role of that number (dataplane/roles.h), whose program begins anew: it does not
  // return. Where it does, there is no such program. Never called where all roles are in one.
  env.template jump<0>();
  // env.go_on<P>(): Verdict: the same packet in a further program of the role's (dataplane/programs.h), which finds in
  // scratch() what this one left there. Where it returns, its verdict is the packet's end.
  env.whole();      // bool: the packet may leave in more pieces than one: what XDP punts is done here
  env.split(n, n);  // the longest piece of this packet, and its identification; where whole()
  env.wrapped(n);   // so many bytes of a tunnel stand in front of it now, which each piece gets
  // Where whole(): the packet is a fragment that came before its datagram's first; whose share of those that are held
  // it takes, its datagram, and from where to where in that it reaches.
  env.early(u64(n), u64(n), n, n);
  // u64: a step of its own (core/step.h), by its type and at most four words.
  env.template call<core::sum_step>(u64(n), u64(n));
  env.template scratch<u64>();  // T*: kScratchBytes of this CPU's own, as the steps of one packet left them; or null
  env.route(address, address);  // u32: core/way.h
};

}  // namespace waymark
