// The wrapper programs of the cases `xdp.exact`: each makes the key of its packet's flow and does with it what a role
// would. The null makes the key alone. There is no packet to parse: what is measured is the table.
//
// An object of its own, with tables of its own: nothing of it is in the program.
#include "bench/exact_plan.h"
#include "engine/xdp/bpf.h"

namespace waymark {

extern "C" {
WM_SECTION("license") extern const char wm_license[] = "Dual MIT/GPL";
volatile u32 wm_zero = 0;  // core/view.h
}

namespace bench {

extern "C" {
WM_SECTION(".rodata.exact") extern const ExactSetup wm_exact_setup = {};
WM_SECTION(".data.exact") extern ExactPlan wm_exact_plan = {};
}

#define WM_EXACT_MAP(NAME, VALUE, TAG)                                 \
  struct map_of_##NAME {                                               \
    WM_MAP_UINT(type, 2);             /* array */                      \
    WM_MAP_UINT(max_entries, 1);      /* user space says how many */   \
    WM_MAP_UINT(map_flags, 1u << 10); /* user space maps its memory */ \
    WM_MAP_TYPE(key, unsigned int);                                    \
    WM_MAP_TYPE(value, VALUE);                                         \
  };                                                                   \
  extern "C" {                                                         \
  WM_SECTION(".maps") map_of_##NAME NAME;                              \
  }                                                                    \
  WM_INLINE void* map_for(TAG) { return &NAME; }

WM_EXACT_MAP(index4, ExactBucket, exact_table::Index<ExactRecord4>)
WM_EXACT_MAP(records4, ExactRecord4, exact_table::Records<ExactRecord4>)
WM_EXACT_MAP(embryo_index4, ExactEmbryoBucket, exact_table::EmbryoIndex<ExactRecord4>)
WM_EXACT_MAP(embryo_records4, ExactRecord4, exact_table::EmbryoRecords<ExactRecord4>)
WM_EXACT_MAP(index6, ExactBucket, exact_table::Index<ExactRecord6>)
WM_EXACT_MAP(records6, ExactRecord6, exact_table::Records<ExactRecord6>)
WM_EXACT_MAP(embryo_index6, ExactEmbryoBucket, exact_table::EmbryoIndex<ExactRecord6>)
WM_EXACT_MAP(embryo_records6, ExactRecord6, exact_table::EmbryoRecords<ExactRecord6>)

struct ExactEnv {
  template <class Tag>
  WM_INLINE typename Tag::Value* at(Tag tag, u32 index) {
    return static_cast<typename Tag::Value*>(bpf::map_lookup_elem(map_for(tag), &index));
  }
};

WM_INLINE ExactPlan& plan() {
  ExactPlan* p = &wm_exact_plan;
  asm("" : "+r"(p));
  return *p;
}

WM_INLINE u32 next_flow() {
  ExactPlan& p = plan();
  const u64 n = p.packets++;
  return p.first + (p.in_turn ? u32(n) : reduce(u32(n * 0x9e3779b97f4a7c15 >> 32), p.flows));
}

template <class Record>
WM_INLINE int null() {
  const ExactKey<kKeyWords<Record>> key = flow_key<kKeyWords<Record>>(next_flow());
  for (u32 i = 0; i < kKeyWords<Record>; ++i) asm volatile("" : : "r"(key.word[i]));
  ++plan().found;
  return bpf::xdp_drop;
}

// A packet's own part, the same in all: its key, its place, and the time.
template <class Record>
struct Arrived {
  ExactEnv env;
  const ExactLimits& limits;
  ExactKey<kKeyWords<Record>> key;
  PinPlace place;
  u32 stamp;
};
template <class Record>
WM_INLINE Arrived<Record> arrived() {
  const ExactSetup* setup = &wm_exact_setup;
  asm("" : "+r"(setup));
  const ExactKey<kKeyWords<Record>> key = flow_key<kKeyWords<Record>>(next_flow());
  return {{},
          setup->limits,
          key,
          place_in(hash_key(setup->secret, key), setup->limits.buckets),
          u32(bpf::jiffies64() >> plan().clock_shift) + plan().stamp};
}

// A packet of a known flow: found, marked as used, judged by its state.
template <class Record>
WM_INLINE int hit() {
  auto a = arrived<Record>();
  bool embryonic = false;
  auto flow = find_flow<Flows<Record>, Embryos<Record>>(a.env, a.limits, a.place, a.key, embryonic);
  if (WM_UNLIKELY(!flow.word)) return ++plan().missed, bpf::xdp_aborted;
  if (WM_UNLIKELY(!touch(flow, a.stamp))) return bpf::xdp_aborted;
  ++plan().found;
  return flow.owners_state() == 1 ? bpf::xdp_drop : bpf::xdp_aborted;
}

// A packet of an unknown flow, which becomes an embryo.
template <class Record>
WM_INLINE int fresh() {
  auto a = arrived<Record>();
  bool embryonic = false;
  auto flow = find_flow<Flows<Record>, Embryos<Record>>(a.env, a.limits, a.place, a.key, embryonic);
  if (flow.word) return ++plan().found, bpf::xdp_aborted;
  const Inserted how = insert_exact_embryo<Embryos<Record>>(a.env, a.limits, a.place, a.key, 1, 2, a.stamp);
  ++(is_in(how) ? plan().inserted : plan().refused);
  return is_in(how) ? bpf::xdp_drop : bpf::xdp_aborted;
}

// A packet of an unknown flow that nothing is kept of.
template <class Record>
WM_INLINE int unknown() {
  auto a = arrived<Record>();
  bool embryonic = false;
  auto flow = find_flow<Flows<Record>, Embryos<Record>>(a.env, a.limits, a.place, a.key, embryonic);
  if (flow.word) return ++plan().found, bpf::xdp_aborted;
  ++plan().missed;
  return bpf::xdp_drop;
}

// A packet of an unknown flow that is to be a flow at once.
template <class Record>
WM_INLINE int insert() {
  auto a = arrived<Record>();
  auto flow = find_exact<Flows<Record>>(a.env, a.limits, a.place, a.key);
  if (flow.word) return ++plan().found, bpf::xdp_aborted;
  const Inserted how = insert_exact<Flows<Record>>(a.env, a.limits, a.place, a.key, 1, 2, a.stamp);
  ++(is_in(how) ? plan().inserted : plan().refused);
  return bpf::xdp_drop;
}

// The second packet of an embryo.
template <class Record>
WM_INLINE int proven() {
  auto a = arrived<Record>();
  auto flow = find_exact_embryo<Embryos<Record>>(a.env, a.limits, a.place, a.key);
  if (!flow.word) return ++plan().missed, bpf::xdp_aborted;
  const Inserted how = promote<Flows<Record>>(a.env, a.limits, a.place, a.key, flow, a.stamp);
  ++(is_in(how) ? plan().inserted : plan().refused);
  return bpf::xdp_drop;
}

#define WM_EXACT_CASE(NAME, RECORD, BODY)                                                                   \
  extern "C" WM_SECTION("xdp") __attribute__((flatten)) int wm_exact_##NAME([[maybe_unused]] xdp_md* ctx) { \
    return BODY<RECORD>();                                                                                  \
  }
WM_EXACT_CASE(null4, ExactRecord4, null)
WM_EXACT_CASE(null6, ExactRecord6, null)
WM_EXACT_CASE(hit4, ExactRecord4, hit)
WM_EXACT_CASE(hit6, ExactRecord6, hit)
WM_EXACT_CASE(new4, ExactRecord4, fresh)
WM_EXACT_CASE(new6, ExactRecord6, fresh)
WM_EXACT_CASE(unknown4, ExactRecord4, unknown)
WM_EXACT_CASE(insert4, ExactRecord4, insert)
WM_EXACT_CASE(insert6, ExactRecord6, insert)
WM_EXACT_CASE(proven4, ExactRecord4, proven)
WM_EXACT_CASE(proven6, ExactRecord6, proven)

}  // namespace bench
}  // namespace waymark
