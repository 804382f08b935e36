// The packet core's Env in the kernel: the optimiser removes all of it.
#pragma once

#include "dataplane/pipeline.h"
#include "dataplane/programs.h"
#include "engine/xdp/bpf.h"

namespace waymark {

// Filled by the loader before the program is verified, then frozen.
extern "C" {
WM_SECTION(".rodata.cfg") extern const Settings wm_settings = {};
}

// Written in place by the daemon (core/prefix_records.h).
extern "C" {
WM_SECTION(".data.prefixes") extern Prefixes wm_prefixes = {};
}

extern "C" {
volatile u32 wm_zero = 0;  // core/view.h: never written; unlike settings, the verifier must not know that
}

namespace maps {
constexpr u32 kArray = 2, kProgArray = 3, kPerfEventArray = 4, kPercpuArray = 6, kMmapable = 1u << 10;
#define WM_KIND_config kArray
#define WM_KIND_halved kArray
#define WM_KIND_live kArray
#define WM_KIND_state kArray
#define WM_KIND_counter kPercpuArray
#define WM_FLAGS_config 0
#define WM_FLAGS_halved kMmapable
#define WM_FLAGS_live kMmapable
#define WM_FLAGS_state kMmapable
#define WM_FLAGS_counter 0
// The kernel spaces an array's values 8 bytes apart at least: smaller ones share a word, so that user space, which
// maps the memory, sees them side by side.
template <class V>
constexpr u32 kShared = sizeof(V) < 8 ? 8 / sizeof(V) : 1;
template <class V, u32 Shared>
struct Stored {
  using Word = V[Shared];
};
template <class V>
struct Stored<V, 1> {
  using Word = V;
};
constexpr TableSizes sizes;  // the loader says which
#define WM_MAP(NAME, VALUE, ENTRIES, CLASS)                                                      \
  struct map_of_##NAME {                                                                         \
    WM_MAP_UINT(type, WM_KIND_##CLASS);                                                          \
    WM_MAP_UINT(max_entries, (ENTRIES) ? ((ENTRIES) + kShared<VALUE> - 1) / kShared<VALUE> : 1); \
    WM_MAP_UINT(map_flags, WM_FLAGS_##CLASS);                                                    \
    WM_MAP_TYPE(key, unsigned int);                                                              \
    WM_MAP_TYPE(value, Stored<VALUE, kShared<VALUE>>::Word);                                     \
  };                                                                                             \
  extern "C" {                                                                                   \
  WM_SECTION(".maps") map_of_##NAME NAME;                                                        \
  }                                                                                              \
  WM_INLINE void* map_for(decltype(table::NAME)) { return &NAME; }
WM_TABLES(WM_MAP)
}  // namespace maps

// What only the kernel can do, in functions of their own: rare, and the verifier need not carry what is known of the
// packet through them.
extern "C" {
unsigned int wm_owner(xdp_md* ctx, unsigned int l3, unsigned int l4, unsigned int kind, unsigned int protocol);
unsigned int wm_route(xdp_md* ctx, unsigned long long from_high, unsigned long long from_low, unsigned long long high,
                      unsigned long long low);
int wm_hand_over(unsigned long long id);
}

// A step of its own is the function wm_NAMESPACE_NAME; one that needs tables alone is not given the context.
template <class S>
struct StepCall;
#define WM_STEP_WORDS unsigned long long a, unsigned long long b, unsigned long long c, unsigned long long d
#define WM_STEP_GIVEN_tables
#define WM_STEP_GIVEN_reads xdp_md *ctx,
#define WM_STEP_GIVEN_writes xdp_md *ctx,
#define WM_STEP_GIVES_tables
#define WM_STEP_GIVES_reads ctx,
#define WM_STEP_GIVES_writes ctx,
#define WM_STEP(NAMESPACE, NAME, NEEDS)                                                       \
  extern "C" unsigned long long wm_##NAMESPACE##_##NAME(WM_STEP_GIVEN_##NEEDS WM_STEP_WORDS); \
  template <>                                                                                 \
  struct StepCall<NAMESPACE::NAME##_step> {                                                   \
    static constexpr StepNeeds kNeeds = StepNeeds::NEEDS;                                     \
    static WM_INLINE u64 call([[maybe_unused]] xdp_md* ctx, u64 a, u64 b, u64 c, u64 d) {     \
      return wm_##NAMESPACE##_##NAME(WM_STEP_GIVES_##NEEDS a, b, c, d);                       \
    }                                                                                         \
  };
#include "dataplane/steps.h"

// Memory of the CPU's own that outlives a call, for what the stack has no room for.
struct ScratchWords {
  u64 word[kScratchBytes / 8];
};
struct map_of_scratch {
  WM_MAP_UINT(type, maps::kPercpuArray);
  WM_MAP_UINT(max_entries, 2);
  WM_MAP_TYPE(key, unsigned int);
  WM_MAP_TYPE(value, ScratchWords);
};
extern "C" {
WM_SECTION(".maps") map_of_scratch scratch;
}

// Where a further program stands in the table of jumps.
template <class P>
constexpr u32 kPlaceOf = kMostPrograms;
#define WM_PROGRAM(ROLE, NAME) \
  template <>                  \
  constexpr u32 kPlaceOf<ROLE::NAME##_program> = place_of(Further::ROLE##_##NAME);
#include "dataplane/further.h"

// The programs, each in its place (dataplane/programs.h). One table for each load: it is filled before a packet meets
// it.
struct map_of_jumps {
  WM_MAP_UINT(type, maps::kProgArray);
  WM_MAP_UINT(max_entries, kMostPrograms);
  WM_MAP_TYPE(key, unsigned int);
  WM_MAP_TYPE(value, unsigned int);
};
extern "C" {
WM_SECTION(".maps") map_of_jumps jumps;
}

// What needs no packet.
class KernelTables {
 public:
  WM_INLINE const Settings& settings() const {
    const Settings* s = &wm_settings;
    asm("" : "+r"(s));  // else the compiler folds the zeros it sees
    return *s;
  }
  WM_INLINE const Prefixes& prefixes() const {
    const Prefixes* p = &wm_prefixes;
    asm("" : "+r"(p));  // likewise
    return *p;
  }
  WM_INLINE u32 now() const { return u32(bpf::jiffies64()); }
  WM_INLINE void note(Note n) {
    if (u64* count = at(table::notes, u32(n))) *count += 1;
  }
  WM_INLINE void step(Step, u64, u64, u64) {}
  template <class S>
  WM_INLINE u64 call(u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0) {
    static_assert(StepCall<S>::kNeeds == StepNeeds::tables);
    return StepCall<S>::call(nullptr, a, b, c, d);
  }

  // `place` tells apart what lives at the same time.
  template <class T, u32 place = 0>
  WM_INLINE T* scratch() {
    static_assert(sizeof(T) <= sizeof(ScratchWords));
    const u32 key = place;
    return static_cast<T*>(bpf::map_lookup_elem(&waymark::scratch, &key));
  }

  template <class Tag>
  WM_INLINE typename Tag::Value* at(Tag tag, u32 index) {
    using V = typename Tag::Value;
    constexpr u32 shared = maps::kShared<V>;
    const u32 word = index / shared;
    V* first = static_cast<V*>(bpf::map_lookup_elem(maps::map_for(tag), &word));
    if constexpr (shared == 1) return first;
    return first ? first + index % shared : nullptr;
  }
};

class KernelEnv : public KernelTables {
 public:
  WM_INLINE explicit KernelEnv(xdp_md* ctx) : ctx_(ctx) { reload(); }

  WM_INLINE const View& view() const { return view_; }
  WM_INLINE u32 length() const { return ctx_->data_end - ctx_->data; }
  WM_INLINE bool resize(int front) {
    const bool ok = bpf::adjust_head(ctx_, -front) == 0;
    reload();  // also after a failure: the verifier forgets the packet's pointers either way
    return ok;
  }
  WM_INLINE bool trim(u32 length) {
    const u32 now = ctx_->data_end - ctx_->data;
    const bool ok = length <= now && bpf::adjust_tail(ctx_, -int(now - length)) == 0;
    reload();
    return ok;
  }
  WM_INLINE bool extend(u32 bytes) {
    const bool ok = bpf::adjust_tail(ctx_, int(bytes)) == 0;
    reload();
    return ok;
  }
  WM_INLINE Owner owner(const Packet& p, const Quoted& q) {
    const bool quoted = q.l4;
    const u32 owner = wm_owner(ctx_, quoted ? quoted_l3(p) : p.l3, quoted ? q.l4 : p.l4, p.ip6 | u32(quoted) << 1,
                               quoted ? q.protocol : p.protocol);
    reload();
    return Owner(owner);
  }
  template <class S>
  WM_INLINE u64 call(u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0) {
    const u64 word = StepCall<S>::call(ctx_, a, b, c, d);
    if constexpr (StepCall<S>::kNeeds == StepNeeds::writes) reload();
    return word;
  }
  WM_INLINE u32 route(const Address& from, const Address& to) {
    const u32 routed = wm_route(ctx_, from.high, from.low, to.high, to.low);
    reload();
    return routed;
  }
  WM_INLINE bool whole() const { return false; }
  WM_INLINE void split(u32, u32) {}
  WM_INLINE void wrapped(u32) {}
  WM_INLINE void early(u64, u64, u32, u32) {}
  WM_INLINE xdp_md* context() const { return ctx_; }
  WM_INLINE u32 interface() const { return ctx_->ingress_ifindex; }
  WM_INLINE void leave(u32 interface) { out_ = interface; }
  WM_INLINE u32 left_by() const { return out_; }

  // In assembly, so that the place stays a constant: the JIT makes a direct jump of it then, else 11 ns of a look-up.
  template <u32 place>
  WM_INLINE void jump() {
    if (settings().capture) wm_hand_over(id_);
    asm volatile(
        "r1 = %[context]\n\t"
        "r2 = %[table]\n\t"
        "r3 = %[place]\n\t"
        "call 12"
        :
        : [context] "r"(ctx_), [table] "r"(&waymark::jumps), [place] "i"(place)
        : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
  }
  template <class P>
  WM_INLINE Verdict go_on() {
    static_assert(kPlaceOf<P> < kMostPrograms);
    jump<kPlaceOf<P>>();
    return steer::why::no_program;
  }
  WM_INLINE void set_id(u64 id) { id_ = id; }  // of the captured packet

 private:
  WM_INLINE void reload() {
    view_ = {reinterpret_cast<u8*>(long(ctx_->data)), reinterpret_cast<u8*>(long(ctx_->data_end))};
  }

  xdp_md* ctx_;
  View view_{};
  // In memory: a register would be carried, and set, along each of the many ways out.
  volatile u32 out_ = 0;
  u64 id_ = 0;
};

// A step's own: what is given to leave() would be lost with it, unless the step tells it to its caller.
class KernelStepEnv : public KernelEnv {
 public:
  using KernelEnv::KernelEnv;
  void leave(u32 interface) = delete;
};
template <class S>
struct EnvOfStepOf {
  using type = KernelStepEnv;
};
template <class S>
requires(S::kTellsInterface) struct EnvOfStepOf<S> {
  using type = KernelEnv;
};
template <class S>
using EnvOfStep = typename EnvOfStepOf<S>::type;

}  // namespace waymark
