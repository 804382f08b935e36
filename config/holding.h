// What members of a group hold in turn (group/holdings.h), as a file has it.
#pragma once

#include <map>
#include <string>

#include "core/types.h"

namespace waymark {

// A thing that a node may hold.
struct Holding {
  std::string name;        // two names: "gateway 2"
  bool own = false;        // it is this node's
  bool stands_in = false;  // it is where those are lost whose it is
  bool operator==(const Holding&) const = default;
};

enum class Hold : u8 {
  no,
  leaving,  // still done, for packets that are on their way, and not announced
  yes
};
using Holds = std::map<std::string, Hold>;  // by name

}  // namespace waymark
