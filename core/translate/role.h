// What a translation asks of the role that it serves.
#pragma once

#include "core/prefix.h"
#include "core/translate/records.h"
#include "core/way.h"

namespace waymark::translate {

struct Opened;
struct Quoted;
struct Inside;

// The role's type. An object of it stands in Scratch, where its role fills it before pass() and steps of their own find
// it again: what it keeps there, like the packet's tenant, holds for the packet. Addresses of IPv4 are mapped ones.
template <class T, class E>
concept RoleOf = requires(T role, E env, const AddressBits& bits, const Address& address, Address& out, bool ip6,
                          const Onward& onward, const Opened& opened, const Inside& in, Quoted& quoted) {
  T::kModule;          // u32: of its reasons, and by whose own address its ICMP errors are sent
  T::kLimit;           // AnswerKind: what its ICMP errors count against
  role.settings(env);  // const translate::Settings&
  // const Mapping*: of a packet's destination; kMapNone, or null: the packet is not the role's to translate. `ip6` is
  // the version of the packet that comes.
  role.target(env, bits, ip6);
  role.source(env, bits, ip6);  // const Mapping*: of its source; null: it has no translation
  // bool: whether an address of the packet inside an ICMP error has a translation, and which; of its source, or of its
  // destination. `ip6`: the version that it is in.
  role.map_inside(env, ip6, true, address, out);
  role.find_way(env, address, address);  // Onward: from and to the addresses of the packet once it is translated
  // u32: what a packet that IPv4 routers may fragment becomes at most, in bytes of IPv6; `way` is find_way()'s.
  role.longest_cut(env, onward);
  // Address: what an ICMP error comes from whose sender, `address`, has no translation (RFC 6791); `ip6`: the version
  // that it came in. All zeros: there is none.
  role.error_source(env, ip6, address);
  // Verdict: kGoOn, or how an ICMP error ends that may not pass. The packet inside is known, and no byte was written;
  // what its addresses will be may be changed.
  role.admit_error(env, ip6, in, quoted);
  role.is_hairpin(env, opened);  // bool: a packet from IPv6 goes to another IPv6 host: the role does the rest
};

}  // namespace waymark::translate
