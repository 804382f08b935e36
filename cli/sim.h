// `waymark sim`: worlds of clients, routers, directors and servers, and what goes wrong in them, from seeds.
#pragma once

#include <string>

#include "core/types.h"

namespace waymark::cli {

struct SimOptions {
  u64 seed = 1;       // the first
  u64 seeds = 0;      // how many; 0: this one, told in full
  u32 threads = 0;    // 0: as many as there are processors
  std::string plant;  // a bug to be found
  bool json = false;
  bool story = false;  // instead of all that: what is written down, with a control
};

int sim_command(const SimOptions& options);

}  // namespace waymark::cli
