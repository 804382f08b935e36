#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "bench/translator_site.h"
#include "bench/xdp_case.h"

extern "C" {
extern const waymark::u8 wm_bench_program_begin[], wm_bench_program_end[];
}

namespace waymark::bench {

namespace {

constexpr double kRunNs = 25e6;  // a run's length

}  // namespace

std::span<const u8> bench_program() { return {wm_bench_program_begin, wm_bench_program_end}; }

Result<double> WrapperCase::run(bool null) {
  auto ran = wrapper_->run(packets_, null);
  if (!ran) return ran.error();
  if (ran->verdict != verdict())
    return Error{"the last verdict was " + std::to_string(ran->verdict) + " instead of " + std::to_string(verdict())};
  if (null) return ran->ns;
  sent_ += packets_;
  last_ = *ran;
  return ran->ns;
}

Status WrapperCase::measure_from_here() {
  const auto packets = wrapper_->length_of_run();
  if (!packets) return packets.error();
  packets_ = *packets;
  before_ = object().counters();
  return Done{};
}

Result<u64> as_drawn(u64 seen, u32 draws, u32 flows) {
  const double wanted = flows * (1 - std::exp(-double(draws) / flows));
  if (double(seen) < wanted * 0.99 || seen > flows)
    return Error{std::to_string(seen) + " distinct flows were seen instead of " + std::to_string(flows)};
  return seen;
}

Status all_ended_as(u16 reason, u64 wanted, u64 packets, const Counters& before, const Counters& after) {
  for (u32 i = 0; i < kReasons; ++i) {
    const u64 count = after.reasons[i] - before.reasons[i], right = i == reason ? wanted : 0;
    if (count == right) continue;
    const ReasonText* text = reason_text(u16(i));
    return Error{std::to_string(count) + " of " + std::to_string(packets) + " packets ended as " +
                 (text ? text->name : std::to_string(i)) + ", and " + std::to_string(right) + " should have"};
  }
  return Done{};
}

Result<std::unique_ptr<Wrapper>> Wrapper::make(const SiteSpec& spec, const std::string& program, std::vector<u8> frame,
                                               int overhead, const std::string& another) {
  auto wrapper = std::make_unique<Wrapper>();
  std::vector<std::string> programs = {program, program + "_null"};
  if (!another.empty()) programs.push_back(another);
  auto site = KernelSite::make(spec, bench_program(), programs);
  if (!site) return site.error();
  wrapper->site_ = std::move(*site);
  wrapper->set(program, std::move(frame), overhead);
  return wrapper;
}

std::unique_ptr<Wrapper> Wrapper::beside(const std::string& program, std::vector<u8> frame, int overhead) const {
  auto wrapper = std::make_unique<Wrapper>();
  wrapper->site_ = site_;
  wrapper->set(program, std::move(frame), overhead);
  return wrapper;
}

void Wrapper::set(const std::string& program, std::vector<u8> frame, int overhead) {
  program_ = program;
  arriving_ = std::move(frame);
  overhead_ = overhead;
}

Result<Plan> Wrapper::plan_of(u32 order, u32 flows) const {
  Plan plan{};
  plan.order = order;
  plan.flows = flows;
  plan.overhead = u32(std::abs(overhead_));
  if (arriving_.size() > kRoom) return Error{"the frame is too long for the wrapper program"};
  std::copy(arriving_.begin(), arriving_.end(), plan.frame + kFrameOffset);
  return plan;
}

Status Wrapper::plan(u32 order, u32 flows, u8 tcp_flags, u64 first) {
  Result<Plan> plan = plan_of(order, flows);
  if (!plan) return plan.error();
  plan->packets = first;
  plan->frame[kFrameOffset + arriving_.size() - 7] = tcp_flags;
  return write(".data.plan", &*plan);
}

Status Wrapper::plan_as_is(u32 destinations) {
  const Result<Plan> plan = plan_of(kAmong, destinations);
  if (!plan) return plan.error();
  return write(".data.plan", &*plan);
}

Status Wrapper::write(const char* section, const void* bytes) {
  const u32 key = 0;
  if (bpf_map_update_elem(site_->object->map(section), &key, bytes, BPF_ANY))
    return Error{std::string("the wrapper's ") + section + " cannot be written: " + strerror(errno)};
  return Done{};
}

Result<RunResult> Wrapper::run(u32 packets, bool null) {
  // The first repeat, too, begins with what the one before it would have left: a packet of the length that leaves.
  std::vector<u8> in(arriving_.size() + std::size_t(overhead_)), out(in.size() + 64);
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in.data(), .data_out = out.data(), .data_size_in = u32(in.size()),
              .data_size_out = u32(out.size()), .repeat = int(packets));
  const int fd = site_->object->program((program_ + (null ? "_null" : "")).c_str());
  if (bpf_prog_test_run_opts(fd, &options)) return Error{std::string("the program cannot be run: ") + strerror(errno)};
  out.resize(options.data_size_out);
  return RunResult{double(options.duration), options.retval, std::move(out)};
}

Result<u32> Wrapper::length_of_run() {
  const auto first = run(1000);
  if (!first) return first.error();
  return u32(std::clamp(kRunNs / std::max(first->ns, 10.0), 1000.0, 2e6));
}

Result<u32> Wrapper::ticks() const {
  const auto moment = site_->object->now();
  if (!moment) return moment.error();
  return moment->ticks;
}

Status Wrapper::keep_ways(std::span<const Address> destinations) {
  const auto now = ticks();
  if (!now) return now.error();
  bench::keep_ways(site_->object->live(), site_->image.settings, *now, destinations);
  return Done{};
}

Status Wrapper::pin(u32 flows) {
  WM_TRY(plan(kTwice, flows));
  const auto ran = run(2 * flows);
  if (!ran) return ran.error();
  if (pins_in_use() != flows)
    return Error{std::to_string(pins_in_use()) + " of " + std::to_string(flows) + " flows were pinned"};
  own_all(site_->object->live());
  return Done{};
}

u64 Wrapper::pins_in_use() const {
  u64 count = 0;
  for (const PinBucket& bucket : site_->object->live().pins)
    count += u64(std::count_if(std::begin(bucket.pin), std::end(bucket.pin), [](u64 word) { return word != 0; }));
  return count;
}

Result<u64> Wrapper::pins_touched(u32 packets) {
  const auto now = ticks();
  if (!now) return now.error();
  const u32 shift = site_->image.settings.stamp_shift, stale = ((*now >> shift) - 5) & kStampMask;
  const Live& live = site_->object->live();
  for (PinBucket& bucket : live.pins)
    for (u64& word : bucket.pin)
      if (word) {
        Pin pin = unpack(word);
        pin.stamp = stale;
        word = pack(pin);
      }
  const auto ran = run(packets);
  if (!ran) return ran.error();
  u64 count = 0;
  for (const PinBucket& bucket : live.pins)
    for (const u64 word : bucket.pin) count += word && unpack(word).stamp != stale;
  return count;
}

Result<u64> Wrapper::flows_touched(std::span<ExactBucket> index, u32 packets) {
  const auto now = ticks();
  if (!now) return now.error();
  constexpr u64 stamps = u64(kStampMask) << kPinStampShift;
  const u64 stale = u64((*now >> site_->image.settings.stamp_shift) - 5) << kPinStampShift & stamps;
  for (ExactBucket& bucket : index)
    for (u64& word : bucket.way)
      if (u32(word)) word = (word & ~stamps) | stale;
  const auto ran = run(packets);
  if (!ran) return ran.error();
  u64 count = 0;
  for (const ExactBucket& bucket : index)
    for (const u64 word : bucket.way) count += u32(word) && (word & stamps) != stale;
  return count;
}

Result<std::vector<u8>> Wrapper::expected(const std::vector<u8>& frame, bool rewritten) const {
  if (frame.size() != arriving_.size() + std::size_t(overhead_)) return Error{"the last packet's length is wrong"};
  // What varies stands in the inner packet's addresses and behind them, which nothing on the way changes; of one that
  // was rewritten, in the source. There, what left is what arrived.
  std::vector<u8> arrived = arriving_;
  const std::ptrdiff_t address = number(be16{u16(arrived[12] | arrived[13] << 8)}) == kEtherIp4 ? 4 : 16;
  const std::ptrdiff_t rest = 2 * address + std::ptrdiff_t(sizeof(Tcp));
  std::copy_n(frame.end() - rest, rewritten ? address : rest, arrived.end() - rest);
  return made_of(arrived);
}

Result<std::vector<u8>> Wrapper::made_of(std::span<const u8> arriving) const {
  const auto now = ticks();
  if (!now) return now.error();
  return site_->twin()->run(arriving, kInterface, *now).frame;
}

}  // namespace waymark::bench
