// What may go wrong in a world.
#pragma once

#include <string>

#include "base/time.h"
#include "core/types.h"

namespace waymark::sim {

enum class Fault : u8 {
  loss,             // of frames, on some machine's links
  reorder,          //
  duplicate,        //
  delay,            //
  crash,            // of a director's machine, with its tables; it returns
  daemon_crash,     // the tables stay and forward; the daemon returns
  restart,          // of a daemon, in order
  group_partition,  // directors do not hear each other
  path_partition,   // a director is cut off from a router, or for less than a check's patience from a host
  pool_change,      // targets added, removed, weighted, drained; on one director first or on all
  regroup,          // the zone, services and targets get other names, a service becomes several or one again
  server_death,     // its program or its machine; it returns
  route_flap,       // a router loses its route to a director, and has it again
  clock_jump,       // of a machine
  new_next_hop,     // a host's network card, and so its MAC address, is another
  held_up,          // a daemon does not run for up to several checks' patience: what comes waits in its sockets
  bursts,           // likewise, again and again for shorter times: slow guests, a starved machine
  lost_questions,   // checks end without that anything is known
  no_files,         // a daemon can neither ask, nor dial, nor take connections
  wrong_secret,     // a director's machine starts anew beside the others, with another key of the group
  strangers,        // connections by the hundred at the group's port, while a daemon is restarted
  count
};
constexpr u32 kFaults = u32(Fault::count);
const char* text(Fault fault);

// One that happened.
struct Happening {
  Fault fault;
  Time begin, end;
  std::string what;
};

// Bugs as one would plant them, brought about from outside: tables and frames are as the bug would leave them.
enum class Plant : u8 {
  none,
  slot_reuse,         // a removed target's slot is another target's while pins name it
  lost_flip,          // choices are installed, but packets go on reading the old half
  stale_adjacency,    // a next hop that changes is not followed
  mirror_gap,         // some pins that a member lent are dropped, though it was told that all is well
  candidate_loop,     // what a host passes on names a second candidate again
  unknown_is_down,    // a check of which nothing is known counts as one that failed
  late_is_down,       // an answer that waited for a daemon which was held up counts as none
  unable_is_absent,   // who cannot dial a member takes it for absent
  refused_is_absent,  // likewise who is refused by it
  lost_heirs,         // pins of ports that became another service's are not inherited
  shared_places,      // strangers' connections leave no place for members'
  count
};
const char* text(Plant plant);
Plant plant_called(const std::string& name);  // count: no such

}  // namespace waymark::sim
