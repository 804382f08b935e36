#include <algorithm>
#include <cmath>
#include <cstring>

#include "bench/case.h"
#include "bench/plan.h"
#include "bench/site.h"
#include "dataplane/pipeline.h"

namespace waymark::bench {

std::unique_ptr<Case> make_userspace(u32 flows);

namespace {

constexpr u32 kHeadRoom = 256, kPackets = 200'000;
constexpr u32 kSourceEnd = sizeof(Ethernet) + 20;  // the last 32 bits of an IPv6 source

// The user-space engine in a loop of its own: restore the packet, vary its flow, run.
class UserspaceCase : public Case {
 public:
  explicit UserspaceCase(u32 flows)
      : flows_(flows), frame_(client_packet(false, kTcpAck)), buffer_(kHeadRoom + frame_.size()) {}

  Status prepare() override {
    auto site = UserspaceSite::make({.pins = flows_ / 9 * 10 + kPins / 10});
    if (!site) return site.error();
    site_ = std::move(*site);
    for (u32 flow = 0; flow < flows_; ++flow)
      for (int packet = 0; packet < 2; ++packet) {
        restore(flow);
        u32 offset = kHeadRoom;
        (void)site_->engine.run_in_place(buffer_, offset, kInterface, kUserspaceTicks);
      }
    own_all(site_->engine.live());
    before_ = site_->engine.counters();
    traffic_before_ = new_flows();
    return Done{};
  }

  Result<double> run(bool null) override {
    const double start = thread_seconds();
    Verdict verdict = forward::why::sent;
    for (u32 i = 0; i < kPackets; ++i) {
      restore(next_flow());
      u32 offset = kHeadRoom;
      if (!null) verdict = site_->engine.run_in_place(buffer_, offset, kInterface, kUserspaceTicks);
      asm volatile("" ::: "memory");  // the null's loop writes what nobody reads
    }
    const double ns = (thread_seconds() - start) * 1e9 / kPackets;
    if (verdict.reason != forward::why::sent.reason) return Error{"the last packet was not sent"};
    if (!null) sent_ += kPackets;
    return ns;
  }

  Result<u64> check() override {
    const Counters& after = site_->engine.counters();
    const u16 reason = forward::why::sent.reason;
    if (after.reasons[reason] - before_.reasons[reason] != sent_) return Error{"packets were lost"};
    if (new_flows() != traffic_before_) return Error{"packets were taken for new flows"};
    u64 pinned = 0;
    for (const PinBucket& bucket : site_->engine.live().pins)
      pinned += u64(std::count_if(std::begin(bucket.pin), std::end(bucket.pin), [](u64 word) { return word != 0; }));
    if (pinned != flows_)
      return Error{std::to_string(pinned) + " flows are pinned instead of " + std::to_string(flows_)};
    restore(0);
    const Outcome out = site_->engine.run(std::span<const u8>(buffer_).subspan(kHeadRoom), kInterface, kUserspaceTicks);
    u32 offset = kHeadRoom;
    (void)site_->engine.run_in_place(buffer_, offset, kInterface, kUserspaceTicks);
    if (!std::equal(out.frame.begin(), out.frame.end(), buffer_.begin() + offset, buffer_.end()))
      return Error{"the bytes of the last packet differ from those that a single run gives"};
    return pinned;
  }

 private:
  u64 new_flows() const {
    u64 sum = 0;
    for (const TargetCounters& t : site_->engine.target_traffic()) sum += t.flows;
    return sum;
  }
  u32 next_flow() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return reduce(u32(state_ >> 32), flows_);
  }
  void restore(u32 flow) {
    std::memcpy(buffer_.data() + kHeadRoom, frame_.data(), frame_.size());
    std::memcpy(buffer_.data() + kHeadRoom + kSourceEnd, &flow, sizeof flow);
  }

  u32 flows_;
  std::vector<u8> frame_, buffer_;
  std::unique_ptr<UserspaceSite> site_;
  u64 state_ = 0x9e3779b97f4a7c15, sent_ = 0, traffic_before_ = 0;
  Counters before_;
};

}  // namespace

std::unique_ptr<Case> make_userspace(u32 flows) { return std::make_unique<UserspaceCase>(flows); }

}  // namespace waymark::bench
