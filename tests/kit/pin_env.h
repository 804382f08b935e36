// The little that the pin tables want of an Env, with hooks to step in between a read and a write.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "core/pins.h"

namespace waymark {

struct PinTables {
  Settings settings{};
  std::vector<PinBucket> pins;
  std::vector<EmbryoBucket> embryos;

  explicit PinTables(u32 buckets, u32 embryo_buckets = 1024) : pins(buckets), embryos(embryo_buckets) {
    settings.pin_buckets = buckets;
    settings.embryo_buckets = embryo_buckets;
    settings.stale_stamps = 400;
    settings.embryo_stamps = 40;
  }
};

struct PinEnv {  // one for each thread
  PinTables& tables;
  std::array<u64, kNotes> notes{};
  u64 buckets_read = 0;
  std::function<void()> when_settings_are_read{};

  const Settings& settings() {
    if (when_settings_are_read) when_settings_are_read();
    return tables.settings;
  }
  void note(Note n) { ++notes[u32(n)]; }
  PinBucket* at(decltype(table::pins), u32 i) {
    ++buckets_read;
    return i < tables.pins.size() ? &tables.pins[i] : nullptr;
  }
  EmbryoBucket* at(decltype(table::embryos), u32 i) { return i < tables.embryos.size() ? &tables.embryos[i] : nullptr; }
};

}  // namespace waymark
