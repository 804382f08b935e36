#include "engine/xdp/test_run.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cerrno>

#include "engine/xdp/kernel_facts.h"

namespace waymark {

namespace {
constexpr u32 kHeadRoom = 256;  // as much as the kernel gives, metadata and its own 40 bytes included
}

TestRun::TestRun(const Object& object)
    : object_(object), program_(object.program()), reasons_(object.map("reasons")), before_(object.counters()) {}

// Whether this reason's counter moved by one.
bool TestRun::counted(u16 reason) {
  u32 key = reason;
  u64 sum = 0;
  std::vector<u64> values(size_t(std::max(1, libbpf_num_possible_cpus())));
  if (bpf_map_lookup_elem(reasons_, &key, values.data())) return false;
  for (u64 n : values) sum += n;
  if (sum != before_.reasons[reason] + 1) return false;
  before_.reasons[reason] = sum;
  return true;
}

u32 TestRun::least_head_room() { return kHeadRoom - (kernel_before(6, 3) ? 32 : 252); }

Result<KernelOutcome> TestRun::run(std::span<const u8> frame, u32 interface, u16 expected, u32 head_room) {
  KernelOutcome outcome;
  const u32 metadata = kHeadRoom - head_room;
  std::vector<u8> in(metadata);
  in.insert(in.end(), frame.begin(), frame.end());
  outcome.frame.resize(in.size() + kHeadRoom);
  xdp_md context{};
  context.data = metadata;
  context.data_end = u32(in.size());
  context.ingress_ifindex = interface;
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in.data(), .data_out = outcome.frame.data(),
              .data_size_in = u32(in.size()), .data_size_out = u32(outcome.frame.size()), .ctx_in = &context,
              .ctx_size_in = sizeof context, .repeat = 1);
  if (bpf_prog_test_run_opts(program_, &options))
    return Error{
        bpf_sentence("cannot run a packet of " + std::to_string(frame.size()) + " bytes through the program", errno)};
  outcome.frame.resize(options.data_size_out);
  outcome.frame.erase(outcome.frame.begin(), outcome.frame.begin() + metadata);
  outcome.action = options.retval;
  outcome.verdict = options.retval == XDP_PASS   ? Action::pass
                    : options.retval == XDP_DROP ? Action::drop
                                                 : Action::forward;
  if (counted(expected)) {
    outcome.reason = expected;
    return outcome;
  }
  const Counters after = object_.counters();
  u32 moved = 0;
  for (u32 i = 0; i < kReasons; ++i) {
    if (after.reasons[i] == before_.reasons[i]) continue;
    moved += u32(after.reasons[i] - before_.reasons[i]);
    outcome.reason = u16(i);
  }
  before_ = after;
  if (moved != 1) return Error{"the packet was counted under " + std::to_string(moved) + " reasons instead of one"};
  return outcome;
}

}  // namespace waymark
