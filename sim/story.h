// A story that is written down, not drawn: what befalls a site, and what that breaks, beside the same site with one
// thing switched off. For who may not be root, and so sees no lab.
#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace waymark::sim {

struct Seen {
  u32 spanning = 0, broken = 0;         // connections that were open before the event
  u32 fresh = 0, fresh_at_drained = 0;  // and that were opened after it
  std::string wrong = {};               // what must never be, if it was
};

struct Told {
  std::string title, without;  // of the control
  Seen real, control;
  bool drains = false;
  bool passed() const;
};

// Each event befalls sites of its own, with so many connections. Deterministic.
std::vector<Told> tell(u32 connections);

}  // namespace waymark::sim
