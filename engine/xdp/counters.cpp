// Reading what packets counted and what time they see, from a loaded object.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/xdp/kernel_facts.h"
#include "engine/xdp/object.h"

namespace waymark {

namespace {

u32 cpus() {
  static const int count = libbpf_num_possible_cpus();
  return count > 0 ? u32(count) : 1;
}

// The first `count` values of a per-CPU table, each summed over CPUs by `add(index, value of one CPU)`.
template <class V, class Add>
void sum(int fd, u32 count, Add add) {
  if (fd < 0 || count == 0) return;
  static_assert(sizeof(V) % 8 == 0);
  std::vector<V> values(size_t(count) * cpus());
  std::vector<u32> keys(count);
  u32 next = 0, got = count;
  if (bpf_map_lookup_batch(fd, nullptr, &next, keys.data(), values.data(), &got, nullptr) && errno != ENOENT) return;
  for (u32 i = 0; i < got; ++i)
    for (u32 cpu = 0; cpu < cpus(); ++cpu) add(i, values[size_t(i) * cpus() + cpu]);
}

Time boot_time() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

Counters Object::counters() const {
  Counters counters;
  sum<u64>(map("reasons"), kReasons, [&](u32 i, u64 n) { counters.reasons[i] += n; });
  sum<u64>(map("notes"), kNotes, [&](u32 i, u64 n) { counters.notes[i] += n; });
  return counters;
}

std::vector<TargetCounters> Object::target_traffic(u32 count) const {
  std::vector<TargetCounters> traffic(count);
  sum<TargetCounters>(map("target_traffic"), u32(traffic.size()), [&](u32 i, const TargetCounters& n) {
    traffic[i].packets += n.packets;
    traffic[i].bytes += n.bytes;
    traffic[i].flows += n.flows;
  });
  return traffic;
}

std::vector<PathTraffic> Object::path_traffic() const {
  std::vector<PathTraffic> traffic(2 * kMaxPathPolicies);
  sum<PathTraffic>(map("path_traffic"), u32(traffic.size()), [&](u32 i, const PathTraffic& n) {
    traffic[i].credit += n.credit;
    traffic[i].packets += n.packets;
    traffic[i].bytes += n.bytes;
    traffic[i].over += n.over;
  });
  return traffic;
}

std::vector<u64> Object::tag_uses() const {
  std::vector<u64> uses(kTagUses);
  sum<u64>(map("tag_uses"), kTagUses, [&](u32 i, u64 n) { uses[i] += n; });
  return uses;
}

void Object::reset_target_traffic(u32 slot) const {
  const std::vector<TargetCounters> zeros(cpus());
  bpf_map_update_elem(map("target_traffic"), &slot, zeros.data(), BPF_ANY);
}

Result<Moment> Object::now() const {
  u8 frame[64] = {};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof frame, .repeat = 1);
  const Time before = boot_time();
  if (bpf_prog_test_run_opts(program("wm_clock"), &options))
    return Error{bpf_sentence("cannot read the packets' clock", errno)};
  return Moment{before, options.retval};
}

Result<u32> measure_ticks_per_second(const Object& object) {
  const Result<Moment> first = object.now();
  if (!first) return first.error();
  const timespec pause{0, 100'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
  const Result<Moment> last = object.now();
  if (!last) return last.error();
  const double rate =
      double(u32(last->ticks - first->ticks)) / std::chrono::duration<double>(last->at - first->at).count();
  u32 best = 100;  // the rates that kernels are built with (CONFIG_HZ)
  for (u32 hz : {100u, 250u, 300u, 1000u})
    if (std::abs(rate - hz) < std::abs(rate - best)) best = hz;
  return best;
}

ProgramFacts program_facts(int program) {
  bpf_prog_info info{};
  u32 size = sizeof info;
  ProgramFacts facts;
  if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &size)) return facts;
  facts.id = info.id;
  facts.name.assign(info.name, strnlen(info.name, sizeof info.name));
  for (const u8 byte : info.tag) {
    constexpr const char* digits = "0123456789abcdef";
    facts.tag += digits[byte >> 4];
    facts.tag += digits[byte & 15];
  }
  facts.verified_instructions = info.verified_insns;
  facts.jited_bytes = info.jited_prog_len;
  return facts;
}

}  // namespace waymark
