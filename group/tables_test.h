// Tables of one director for tests of the group: flows are numbers, pinned as packets pin them.
#pragma once

#include <cstring>
#include <optional>

#include "core/outer.h"
#include "group/mirror.h"

namespace waymark::group {

constexpr u32 kStale = 400, kIdle = 220, kIdleDatagram = 8, kIdleClosing = 4;

inline u32 idle(u32, PinState state) {
  return state == PinState::datagram ? kIdleDatagram : state == PinState::closing ? kIdleClosing : kIdle;
}

inline Address ip4(u32 address) { return {0, u64(swap32(address)) << 32 | 0xffff0000}; }

struct Tables {
  std::vector<PinBucket> pins;
  std::vector<Target> targets = std::vector<Target>(32);
  std::vector<SlotName> names = std::vector<SlotName>(32);
  std::vector<Meta> meta = std::vector<Meta>(1);
  std::vector<ExactBucket> flows = std::vector<ExactBucket>(64);  // of the firewall's
  std::vector<ExactRecord4> flow_records = std::vector<ExactRecord4>(64 * kExactWays);
  std::vector<ExactEmbryoBucket> flow_embryos = std::vector<ExactEmbryoBucket>(8);
  std::vector<ExactRecord4> flow_embryo_records = std::vector<ExactRecord4>(8 * kExactEmbryoWays);
  Live live{};
  Settings constants{};
  u64 moved = 0;

  explicit Tables(u32 count) : pins(pin_buckets_for(count)) {
    live.pins = pins;
    live.targets = targets;
    live.slot_names = names;
    live.meta = meta;
    live.flows = flows;
    live.flow_records = flow_records;
    live.flow_embryos = flow_embryos;
    live.flow_embryo_records = flow_embryo_records;
    constants.pin_buckets = u32(pins.size());
    constants.stale_stamps = kStale;
  }
  Tables(const Tables&) = delete;

  void target(u32 slot, const char* service, u32 address) {
    targets[slot] = {};
    set_outer(targets[slot], ip4(10 << 24), ip4(10 << 24 | address), {kTunnelIp});
    targets[slot].in_use = 1;
    names[slot].incarnation = ++meta[0].next_incarnation;
    names[slot].scope = zone_of(service, u32(std::strlen(service)));
  }

  // What the core's functions want.
  const Settings& settings() const { return constants; }
  void note(Note note) { moved += note == Note::pin_moved; }
  PinBucket* at(decltype(table::pins), u32 i) { return i < pins.size() ? &pins[i] : nullptr; }

  PinPlace place(u64 flow) { return place_of(*this, mix(flow)); }
  bool insert(u64 flow, u32 slot, u32 stamp, PinState state = PinState::proven, bool adopted = false) {
    const PinPlace p = place(flow);
    return insert_pin(*this, p, pack({p.fingerprint, slot, stamp, state, false, adopted}), stamp);
  }
  std::optional<u64> word(u64 flow) {
    const Found found = find_pin(*this, place(flow));
    return found.word ? std::optional(found.value) : std::nullopt;
  }
  std::optional<Pin> pin(u64 flow) {
    const auto found = word(flow);
    return found ? std::optional(unpack(*found)) : std::nullopt;
  }
  template <class F>
  void change(u64 flow, F how) {
    const Found found = find_pin(*this, place(flow));
    Pin pin = unpack(found.value);
    how(pin);
    *found.word = pack(pin);
  }
  void erase(u64 flow) { *find_pin(*this, place(flow)).word = 0; }
};

}  // namespace waymark::group
