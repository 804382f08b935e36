// Whatever XDP program is on an interface, whoever put it there; and how it goes.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "core/types.h"

namespace waymark {

struct Holder {
  u32 program = 0;       // id
  bool generic = false;  // in generic mode
  u32 link = 0;          // id of the BPF link that holds it there; 0: none, or it is not known
  std::string node;      // Waymark's instance that it belongs to; empty: somebody else's
};

// The one on the interface of that index, in the current network namespace; none: it is free.
std::optional<Holder> holder_of(u32 interface, const std::string& root);
std::string text(const Holder& holder);  // "program 12 (xdp_filter)", "the program of node paris-1"

// The command that takes it off: "waymark xdp off eth0", "waymark down --node paris-1".
std::string removal(const Holder& holder, const std::string& interface);

// Takes it off, by the way it was put on. Refused for Waymark's own, which `waymark down` takes off with all that
// belongs to it. Links of others want CAP_SYS_ADMIN.
Status take_off(u32 interface, const std::string& name, const std::string& root);

// Puts a program there that passes all packets, in native mode: a veth takes frames by XDP only while it has one.
// It stays until it is taken off.
Status put_pass(u32 interface, const std::string& name);

}  // namespace waymark
