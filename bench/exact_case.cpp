#include "bench/exact_case.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "bench/exact_tables.h"
#include "engine/xdp/kernel_facts.h"

extern "C" {
extern const waymark::u8 wm_bench_exact_begin[], wm_bench_exact_end[];
}

namespace waymark::bench {

namespace {

constexpr u32 kXdpDrop = 1, kRunOnce = 500'000, kLater = 100;
constexpr u32 kNewcomers = 0x40000000;  // flows from this number on were never in a table

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
struct Unmap {
  std::size_t bytes;
  void operator()(void* memory) const { munmap(memory, bytes); }
};

template <class Record>
class ExactCase : public Case {
 public:
  explicit ExactCase(const ExactSpec& spec) : spec_(spec) {}

  Status prepare() override {
    WM_TRY(load());
    const bool full = spec_.way == ExactWay::full, known = spec_.way == ExactWay::hit;
    const u32 flows = spec_.way == ExactWay::insert ? kPins / 2 : known ? spec_.flows : kPins;
    const u32 in = tables_.fill(setup_, 0, flows);
    if (in < flows - flows / 10'000)
      return Error{std::to_string(in) + " of " + std::to_string(flows) + " flows have room"};
    // The last ways, by as many more flows as it takes.
    if (full)
      for (u32 first = flows; tables_.fill(setup_, first, kPins / 10) > 0;) first += kPins / 10;
    if (known) {  // each once, in turn
      WM_TRY(plan(flows, true));
      WM_TRY(run_packets(flows, false));
      const auto after = plan_now();
      if (!after) return after.error();
      if (after->found != in)
        return Error{std::to_string(after->found) + " of " + std::to_string(in) + " flows are found"};
    }
    WM_TRY(plan(flows, !known, known ? 0 : kNewcomers));
    // No embryo's place is free when the measuring begins.
    if (spec_.way == ExactWay::fresh) WM_TRY(run_packets(4 * setup_.limits.embryo_buckets * kExactEmbryoWays, false));
    return Done{};
  }

  Result<double> run(bool null) override {
    const u32 packets = spec_.way == ExactWay::insert ? kPins / 100 : kRunOnce;
    const auto before = plan_now();
    if (!before) return before.error();
    const auto ns = run_packets(packets, null);
    if (!ns) return ns;
    const auto after = plan_now();
    if (!after) return after.error();
    const bool found = null || spec_.way == ExactWay::hit;
    const u64 went = found                            ? after->found - before->found
                     : spec_.way == ExactWay::full    ? after->refused - before->refused
                     : spec_.way == ExactWay::unknown ? after->missed - before->missed
                                                      : after->inserted - before->inserted;
    if (went < packets - packets / 1000)  // a flow in 100,000 may find no room
      return Error{std::to_string(went) + " of " + std::to_string(packets) + " packets went as they should"};
    return ns;
  }

  Result<u64> check() override {
    if (spec_.way != ExactWay::hit) {
      for (u32 n = 0; n < 1000; ++n)  // the old flows are all there
        WM_TRY(still_there(n * 499));
      return u64(kPins);
    }
    // A later stamp: each flow that has a packet is marked.
    const u32 draws = 4 * std::max(spec_.flows, 1000u);
    WM_TRY(plan(spec_.flows, false, 0, kLater));
    WM_TRY(run_packets(draws, false));
    u64 touched = 0;
    for (const ExactBucket& bucket : tables_.index)
      for (const u64 word : bucket.way) touched += u32(word) && (u32(word >> kPinStampShift) & kStampMask) >= kLater;
    const double wanted = spec_.flows * (1 - std::exp(-double(draws) / spec_.flows));
    if (double(touched) < wanted * 0.97 || touched > spec_.flows)
      return Error{std::to_string(touched) + " distinct flows were seen instead of " + std::to_string(spec_.flows)};
    return touched;
  }

 private:
  Status still_there(u32 n) {
    const ExactKey<kKeyWords<Record>> key = flow_key<kKeyWords<Record>>(n);
    const PinPlace place = place_in(hash_key(setup_.secret, key), setup_.limits.buckets);
    const auto flow = find_exact<Flows<Record>>(tables_, setup_.limits, place, key);
    if (flow.word && flow.user == n) return Done{};
    return Error{"a flow was lost to newcomers"};
  }

  static std::string name(const char* table) { return std::string(table) + (kKeyWords<Record> == 2 ? "4" : "6"); }

  template <class V>
  Status map(const char* table, std::span<V>& out) {
    const bpf_map* map = bpf_object__find_map_by_name(object_.get(), name(table).c_str());
    const std::size_t bytes = std::size_t(bpf_map__max_entries(map)) * sizeof(V);
    void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
    if (start == MAP_FAILED) return Error{bpf_sentence("cannot map the table " + name(table), errno)};
    memory_.push_back({start, Unmap{bytes}});
    out = {static_cast<V*>(start), bpf_map__max_entries(map)};
    return Done{};
  }

  Status load() {
    WM_TRY(bpf_usable());
    setup_ = setup_for(kPins);
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "waymark_exact");
    object_.reset(
        bpf_object__open_mem(wm_bench_exact_begin, std::size_t(wm_bench_exact_end - wm_bench_exact_begin), &options));
    if (!object_) return Error{"the BPF object of the exact cases cannot be read"};
    const ExactLimits& l = setup_.limits;
    const auto size = [&](const char* table, u32 entries) {
      bpf_map__set_max_entries(bpf_object__find_map_by_name(object_.get(), name(table).c_str()), entries);
    };
    size("index", l.buckets);
    size("records", l.buckets * kExactWays);
    size("embryo_index", l.embryo_buckets);
    size("embryo_records", l.embryo_buckets * kExactEmbryoWays);
    bpf_map* constants = bpf_object__find_map_by_name(object_.get(), ".rodata.exact");
    if (bpf_map__set_initial_value(constants, &setup_, sizeof setup_))
      return Error{"the exact cases' setup cannot be set"};
    if (const int error = -bpf_object__load(object_.get()))
      return Error{bpf_sentence("cannot load the exact cases", error)};
    WM_TRY(map("index", tables_.index));
    WM_TRY(map("records", tables_.records));
    WM_TRY(map("embryo_index", tables_.embryo_index));
    return map("embryo_records", tables_.embryo_records);
  }

  int plan_map() const { return bpf_object__find_map_fd_by_name(object_.get(), ".data.exact"); }
  Status plan(u32 flows, bool in_turn, u32 first = 0, u32 stamp = 0) {
    ExactPlan next{};
    next.flows = flows;
    next.first = first;
    next.in_turn = in_turn;
    next.stamp = stamp;
    next.clock_shift = 40;  // the clock is read, and stands
    const u32 key = 0;
    if (bpf_map_update_elem(plan_map(), &key, &next, BPF_ANY))
      return Error{bpf_sentence("cannot write the plan", errno)};
    return Done{};
  }
  Result<ExactPlan> plan_now() const {
    ExactPlan now;
    const u32 key = 0;
    if (bpf_map_lookup_elem(plan_map(), &key, &now)) return Error{bpf_sentence("cannot read the plan", errno)};
    return now;
  }

  const char* program() const {
    switch (spec_.way) {
      case ExactWay::hit:
        return "wm_exact_hit";
      case ExactWay::unknown:
        return "wm_exact_unknown";
      case ExactWay::fresh:
        return "wm_exact_new";
      default:
        return "wm_exact_insert";
    }
  }

  Result<double> run_packets(u32 packets, bool null) {
    u8 in[64] = {}, out[256];
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in, .data_out = out, .data_size_in = sizeof in,
                .data_size_out = sizeof out, .repeat = int(packets));
    const bpf_program* p =
        bpf_object__find_program_by_name(object_.get(), name(null ? "wm_exact_null" : program()).c_str());
    if (bpf_prog_test_run_opts(bpf_program__fd(p), &options))
      return Error{bpf_sentence("cannot run the program", errno)};
    if (options.retval != kXdpDrop) return Error{"the last verdict was " + std::to_string(options.retval)};
    return double(options.duration);
  }

  ExactSpec spec_;
  ExactSetup setup_{};
  std::unique_ptr<bpf_object, CloseObject> object_;
  std::vector<std::unique_ptr<void, Unmap>> memory_;
  Tables<Record> tables_;
};

}  // namespace

std::unique_ptr<Case> make_exact(const ExactSpec& spec) {
  if (spec.ip6) return std::make_unique<ExactCase<ExactRecord6>>(spec);
  return std::make_unique<ExactCase<ExactRecord4>>(spec);
}

}  // namespace waymark::bench
