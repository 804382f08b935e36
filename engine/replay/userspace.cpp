#include "engine/replay/userspace.h"

#include <cstddef>
#include <cstring>

#include "dataplane/halves.h"
#include "dataplane/pipeline.h"
#include "roles/translator/punted.h"

namespace waymark {

namespace {
template <class V>
auto* get(V& values, u32 i) {
  return i < values.size() ? &values[i] : nullptr;
}
}  // namespace

// The core's Env over plain memory. Without `kTrace`, telling costs nothing, as in the kernel.
template <bool kTrace>
class UserspaceEnv {
 public:
  UserspaceEnv(UserspaceEngine& engine, u8* start, u8* begin, u8* end, u32 interface, u32 ticks,
               std::vector<StepSeen>* trace)
      : engine_(engine),
        live_(engine.live_),
        start_(start),
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
    return S::run(*this, a, b, c, d);
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

 private:
  UserspaceEngine& engine_;
  const Live& live_;
  u8* start_;
  View view_;
  u32 interface_, ticks_, out_ = 0, longest_ = 0, id_ = 0, wrapped_ = 0;
  bool whole_ = false;
  EarlyFragment early_ = {};
  static constexpr u32 kLine = 64;  // as records are aligned at most
  alignas(kLine) std::byte scratch_[kScratchBytes];
  std::vector<StepSeen>* trace_;
};

UserspaceEngine::UserspaceEngine(const TableSizes& sizes)
    :
#define WM_MAKE(NAME, RECORD, ENTRIES, CLASS) NAME##_store_(ENTRIES),
      WM_LIVE_TABLES(WM_MAKE) WM_STATE_TABLES(WM_MAKE)
#undef WM_MAKE
          target_traffic_(sizes.targets),
      live_{
#define WM_SEE(NAME, RECORD, ENTRIES, CLASS) NAME##_store_,
          WM_LIVE_TABLES(WM_SEE) WM_STATE_TABLES(WM_SEE)
#undef WM_SEE
      },
      traffic_(target_traffic_) {
}

void UserspaceEngine::load(Image image) {
  image_ = std::move(image);
#define WM_SEE(NAME, RECORD, ENTRIES, CLASS) NAME##_ = image_.NAME;
  WM_CONFIG_TABLES(WM_SEE)
#undef WM_SEE
}

void UserspaceEngine::flip(const Image& image) {
  waymark::flip({image_.prefixes, image_.mappings, &image_.lengths}, image);
}

// Where the error begins whose extensions must move, as whoever translates left it in Scratch; 0: it is none. Where it
// is not to be punted, it ends for its lengths.
template <class E>
u32 error_at(E& env, Verdict verdict) {
  const auto is = [&](Verdict v) { return verdict.reason == v.reason; };
  if (is(translator::why::realigned) || is(translator::why::icmp_length))
    return env.template scratch<translator::Scratch>()->o.p.l3;
  if (is(gateway::why::realigned) || is(gateway::why::icmp_length))
    return env.template scratch<gateway::Scratch>()->o.p.l3;
  return 0;
}

Outcome UserspaceEngine::run(std::span<const u8> frame, u32 interface, u32 ticks, std::vector<StepSeen>* trace,
                             u32 head_room) {
  std::vector<u8> buffer(head_room);
  buffer.insert(buffer.end(), frame.begin(), frame.end());
  u8* begin = buffer.data() + head_room;
  UserspaceEnv<true> env(*this, buffer.data(), begin, begin + frame.size(), interface, ticks, trace);
  const Verdict verdict = process<kAllRoles>(env);
  ++counters_.reasons[verdict.reason];
  Outcome outcome = {
      verdict, verdict.action == Action::forward ? env.left_by() : 0, {env.view().begin, env.view().end}};
  if (verdict.action == Action::punt) finish(frame, interface, ticks, outcome, error_at(env, verdict));
  return outcome;
}

Outcome UserspaceEngine::complete(std::span<const u8> frame, u32 interface, u32 ticks, Verdict punted) {
  Outcome outcome = {punted, 0, {}};
  const u16 reason = punted.reason;
  const bool moves = reason == translator::why::realigned.reason || reason == gateway::why::realigned.reason;
  finish(frame, interface, ticks, outcome, moves ? error_in(frame, interface, ticks) : 0);
  return outcome;
}

// What another engine's program knew of an error that it punted.
u32 UserspaceEngine::error_in(std::span<const u8> frame, u32 interface, u32 ticks) {
  std::vector<u8> buffer(256);
  buffer.insert(buffer.end(), frame.begin(), frame.end());
  u8* begin = buffer.data() + 256;
  UserspaceEnv<false> env(*this, buffer.data(), begin, begin + frame.size(), interface, ticks, nullptr);
  env.set_whole();
  return error_at(env, process<kAllRoles>(env));
}

void UserspaceEngine::share(const Live& of) {
  live_.neighbours = of.neighbours;
  live_.flows = of.flows;
  live_.flow_records = of.flow_records;
  live_.flow_embryos = of.flow_embryos;
  live_.flow_embryo_records = of.flow_embryo_records;
  live_.fragments = of.fragments;
  live_.targets = of.targets;
  live_.adjacencies = of.adjacencies;
}

// What was punted once more, in whole.
void UserspaceEngine::finish(std::span<const u8> frame, u32 interface, u32 ticks, Outcome& outcome, u32 error) {
  const std::span<const u8> came = frame;
  const auto realigned = error ? translator::realign_inside(frame, error) : std::nullopt;
  if (realigned) frame = *realigned;
  std::vector<u8> buffer(256);
  buffer.insert(buffer.end(), frame.begin(), frame.end());
  u8* begin = buffer.data() + 256;
  UserspaceEnv<false> env(*this, buffer.data(), begin, begin + frame.size(), interface, ticks, nullptr);
  env.set_whole();
  outcome.end = process<kAllRoles>(env);
  outcome.action = outcome.end.action;
  outcome.out_interface = env.left_by();
  if (outcome.action == Action::punt) {
    outcome.early = env.held();
    outcome.action = Action::drop;
  }
  if (outcome.action == Action::drop) return;
  const std::span<const u8> out(env.view().begin, env.view().end);
  if (env.longest())
    outcome.frames = translator::split_inside(out, env.in_front(), env.longest(), env.id());
  else
    outcome.frames = {{out.begin(), out.end()}};
  if (realigned && outcome.frames.size() == 1 && !env.in_front()) translator::tighten(came, outcome.frames[0]);
}

Verdict UserspaceEngine::run_in_place(std::span<u8> buffer, u32& offset, u32 interface, u32 ticks) {
  UserspaceEnv<false> env(*this, buffer.data(), buffer.data() + offset, buffer.data() + buffer.size(), interface, ticks,
                          nullptr);
  const Verdict verdict = process<kAllRoles>(env);
  ++counters_.reasons[verdict.reason];
  offset = u32(env.view().begin - buffer.data());
  return verdict;
}

}  // namespace waymark
