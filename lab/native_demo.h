// The lab's main story without a kernel: a director and its servers as native builds of the packet core in one process,
// 2,000 simulated connections, and every event that the lab `site` plays. For machines where nobody may be root.
#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace waymark::lab {

struct NativeWindow {  // one event, seen from one of the two runs
  u32 spanning = 0, broken = 0;
  u64 messages = 0, lost = 0;
  u32 fresh = 0, fresh_at_drained = 0;
};

struct NativeEvent {
  std::string title, switched_off;  // in the control
  NativeWindow real, control;
  bool drains = false;
  bool passed() const;
};

// Plays all events with this many connections. Deterministic.
std::vector<NativeEvent> play_native(u32 connections);

// `waymark lab demo site --native`: plays, and prints a table and what it does not show. The exit status.
int native_demo();

}  // namespace waymark::lab
