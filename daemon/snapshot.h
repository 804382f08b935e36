// All that a running daemon can tell at one moment, gathered on its loop; `show` and the metrics are made from it
// alone.
#pragma once

#include "daemon/command.h"
#include "daemon/rows.h"
#include "kernel/facts.h"
#include "node/node.h"

namespace waymark {

struct AttachedInterface {
  std::string name;
  u32 index;
  bool native;       // else generic
  std::string note;  // why generic; empty where nothing is to be said
};

struct AdjacencyView {
  Address target;
  bool usable;            // by XDP; else the kernel routes
  std::string interface;  // when usable
  Mac source{}, destination{};
  u16 mtu = 0;
  std::string why;  // when not usable
};

struct Snapshot {
  std::string version, program_tag;
  u32 pid = 0;
  Duration uptime{};
  u64 generation = 0;  // of the choices in force: one more with each change of weights, targets or drains
  bool standing_by = false;
  u32 pin_buckets = 0, embryo_buckets = 0;
  Config config;
  std::vector<AttachedInterface> interfaces;
  std::vector<TargetView> targets;
  std::vector<TargetCounters> traffic;  // by slot
  std::vector<AdjacencyView> adjacencies;
  Counters counters;
  SweepResult swept;
  std::vector<std::string> warnings;
};

u64 pin_capacity(const Snapshot& s);  // proven pins
std::string text(const PortRange& range);
std::string text(const Mac& mac);
TargetCounters traffic_of(const Snapshot& s, const TargetView& target);

// Fails where `show.service` names no service.
Result<Rows> show(const Snapshot& s, const Show& show);

// A flow's pin, as found in the tables just now.
Rows show_pin(const Snapshot& s, const std::optional<Pin>& pin);

// The text exposition format, version 0.0.4.
std::string metrics_text(const Snapshot& s);

}  // namespace waymark
