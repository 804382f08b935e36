// The core's Env over plain memory, and the whole pipeline in it: heavy to compile, for the engine's own files alone.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "dataplane/pipeline.h"
#include "engine/replay/userspace.h"

namespace waymark {

// Without `kTrace`, telling costs nothing, as in the kernel.
template <bool kTrace>
class UserspaceEnv {
 public:
  // `start` and `limit`: of the room around the frame.
  UserspaceEnv(UserspaceEngine& engine, u8* start, u8* begin, u8* end, u8* limit, u32 interface, u32 ticks,
               std::vector<StepSeen>* trace)
      : engine_(engine),
        live_(engine.live_),
        start_(start),
        limit_(limit),
        view_{begin, end},
        interface_(interface),
        ticks_(ticks),
        trace_(trace) {}

  const View& view() const { return view_; }
  u32 length() const { return u32(view_.end - view_.begin); }
  bool resize(int front) {
    u8* begin = view_.begin - front;
    // As bpf_xdp_adjust_head: not before the head room, and an Ethernet header must remain.
    if (begin < start_ || begin > view_.end - sizeof(Ethernet)) return false;
    view_.begin = begin;
    return true;
  }
  bool trim(u32 bytes) {
    if (bytes > length()) return false;
    view_.end = view_.begin + bytes;
    return true;
  }
  bool extend(u32 bytes) {
    if (bytes > u64(limit_ - view_.end)) return false;
    std::memset(view_.end, 0, bytes);
    view_.end += bytes;
    return true;
  }
  Owner owner(const Packet& p, const Quoted& q) const {
    if (!engine_.owner_of_) return Owner::flow;
    return engine_.owner_of_({view_.begin, view_.end}, q.l4 ? answered_by(view_, p, q) : p);
  }
  const Settings& settings() const { return engine_.image_.settings; }
  const Prefixes& prefixes() const { return engine_.image_.lengths; }
  u32 now() const { return ticks_; }
  u32 interface() const { return interface_; }
  void leave(u32 interface) { out_ = interface; }
  u32 left_by() const { return out_; }
  void note(Note n) { ++engine_.counters_.notes[u32(n)]; }
  void step(Step step, u64 a, u64 b, u64 c) {
    if constexpr (kTrace)
      if (trace_) trace_->push_back({step, a, b, c});
  }
  // Apart, as in the kernel's build: rare, and long.
  template <class S>
  [[gnu::noinline]] u64 call(u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0) {
    const u32 out = out_;
    const u64 word = S::run(*this, a, b, c, d);
    out_ = out;  // a step has an Env of its own
    return word;
  }
  template <class T>
  T* scratch() {
    static_assert(sizeof(T) <= sizeof scratch_ && alignof(T) <= kLine);
    return reinterpret_cast<T*>(scratch_);
  }
  [[gnu::noinline]] u32 route(const Address& from, const Address& to) {
    if (!engine_.route_to_) return u32(WayKind::kernel);
    const Routed r = engine_.route_to_(from, to);
    const Ethernet link = {r.next_hop, r.source, {}};
    keep_way(*this, to, r.kind, r.interface, load_link(&link), r.mtu, engine_.image_.settings.way_ticks);
    return u32(r.kind) | u32(r.mtu) << 8;
  }
  template <u32>
  void jump() {}  // all roles are here
  template <class P>
  Verdict go_on() {
    return P::run(*this);
  }
  bool whole() const { return whole_; }
  void set_whole() { whole_ = true; }
  void split(u32 longest, u32 id) { longest_ = longest, id_ = id; }
  void wrapped(u32 added) { wrapped_ += added; }
  void early(u64 owner, u64 datagram, u32 from, u32 to) { early_ = {owner, datagram, from, to}; }
  u32 longest() const { return longest_; }  // of the pieces; 0: it is one
  u32 id() const { return id_; }
  u32 in_front() const { return wrapped_; }
  const EarlyFragment& held() const { return early_; }

#define WM_AT_CONFIG(NAME, RECORD, ENTRIES, CLASS) \
  const RECORD* at(decltype(table::NAME), u32 i) { return get(engine_.NAME##_, i); }
#define WM_AT_LIVE(NAME, RECORD, ENTRIES, CLASS) \
  RECORD* at(decltype(table::NAME), u32 i) { return get(live_.NAME, i); }
  WM_CONFIG_TABLES(WM_AT_CONFIG)
  WM_LIVE_TABLES(WM_AT_LIVE)
  WM_STATE_TABLES(WM_AT_LIVE)
#undef WM_AT_CONFIG
#undef WM_AT_LIVE
  TargetCounters* at(decltype(table::target_traffic), u32 i) { return get(engine_.traffic_, i); }
  PathTraffic* at(decltype(table::path_traffic), u32 i) { return get(engine_.path_traffic_, i); }
  u64* at(decltype(table::tag_uses), u32 i) { return get(engine_.tag_uses_, i); }

 private:
  template <class V>
  static auto* get(V& values, u32 i) {
    return i < values.size() ? &values[i] : nullptr;
  }

  UserspaceEngine& engine_;
  const Live& live_;
  u8 *start_, *limit_;
  View view_;
  u32 interface_, ticks_, out_ = 0, longest_ = 0, id_ = 0, wrapped_ = 0;
  bool whole_ = false;
  EarlyFragment early_ = {};
  static constexpr u32 kLine = 64;  // as records are aligned at most
  alignas(kLine) std::byte scratch_[kScratchBytes];
  std::vector<StepSeen>* trace_;
};

}  // namespace waymark
