#include <cstring>

#include "bench/gateway_case.h"
#include "bench/translator_site.h"
#include "core/checksum.h"

namespace waymark::bench {

namespace {

constexpr u32 kHeadRoom = 256, kPackets = 200'000;

// The user-space engine in a loop of its own: restore the packet, vary its flow, run.
class UserspaceGateway : public Case {
 public:
  UserspaceGateway(GatewayWay way, u32 flows)
      : way_(way), flows_(flows), frame_(gateway_packet(way, Tunnel::ip)), buffer_(kHeadRoom + frame_.size()) {}

  Status prepare() override {
    auto site = UserspaceSite::make(gateway_site(flows_, Tunnel::ip));
    if (!site) return site.error();
    site_ = std::move(*site);
    Live live = engine().live();
    keep_ways(live, engine().image().settings, kUserspaceTicks, gateway_destinations());
    const u32 in = open_flows(live, engine().image().settings, kUserspaceTicks, flows_);
    if (in == flows_) return Done{};
    return Error{std::to_string(in) + " of " + std::to_string(flows_) + " flows have room"};
  }

  Result<double> run(bool null) override {
    const double start = thread_seconds();
    for (u32 i = 0; i < kPackets; ++i) {
      restore(next_flow());
      u32 offset = kHeadRoom;
      if (!null)
        lost_ += engine().run_in_place(buffer_, offset, kInterface, kUserspaceTicks).reason != gateway_reason(way_);
      asm volatile("" ::: "memory");  // the null's loop writes what nobody reads
    }
    return (thread_seconds() - start) * 1e9 / kPackets;
  }

  Result<u64> check() override {
    if (lost_) return Error{std::to_string(lost_) + " packets were lost"};
    restore(flows_ - 1);
    const std::vector<u8> arriving(buffer_.begin() + kHeadRoom, buffer_.end());
    const Outcome out = engine().run(arriving, kInterface, kUserspaceTicks);
    u32 offset = kHeadRoom;
    (void)engine().run_in_place(buffer_, offset, kInterface, kUserspaceTicks);
    if (out.frame == arriving ||
        !std::equal(out.frame.begin(), out.frame.end(), buffer_.begin() + offset, buffer_.end()))
      return Error{"the bytes of the last packet differ from those that a single run gives"};
    return u64(flows_);
  }

 private:
  UserspaceEngine& engine() { return site_->engine; }

  u32 next_flow() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return reduce(u32(state_ >> 32), flows_);
  }

  // In words that the program's reads lie within, as the kernel's wrapper does.
  template <class W>
  void restore(u32 from, u32 to) {
    u8* out = buffer_.data() + kHeadRoom;
    for (; from < to; from += sizeof(W)) std::memcpy(out + from, frame_.data() + from, sizeof(W));
  }
  template <class W>
  W& in(u32 at) {
    return *reinterpret_cast<W*>(buffer_.data() + kHeadRoom + at);
  }
  void restore(u32 flow) {
    constexpr u32 l3 = sizeof(Ethernet), behind = l3 + sizeof(Ip6);
    restore<u64>(0, 8);
    restore<u32>(8, 12);
    restore<u16>(12, l3);
    restore<u64>(l3, behind);
    if (way_ == GatewayWay::back) {
      in<u64>(l3 + 32) += u64(flow << 8) << 32;
    } else {
      restore<u32>(behind, behind + sizeof(Ip4));
      const u32 client = client_word(flow), rest = in<u32>(behind + 8);
      const u64 sum = u64(u16(~(rest >> 16))) + taken(in<u32>(behind + 12)) + client;
      in<u32>(behind + 8) = (rest & 0xffff) | u32(u16(~fold(sum))) << 16;
      in<u32>(behind + 12) = client;
    }
    const u32 l4 = u32(frame_.size() - sizeof(Tcp));
    restore<u64>(l4, l4 + 16);
    restore<u32>(l4 + 16, l4 + 20);
  }

  GatewayWay way_;
  u32 flows_;
  std::vector<u8> frame_, buffer_;
  std::unique_ptr<UserspaceSite> site_;
  u64 state_ = 0x9e3779b97f4a7c15, lost_ = 0;
};

}  // namespace

std::unique_ptr<Case> make_userspace_gateway(GatewayWay way, u32 flows) {
  return std::make_unique<UserspaceGateway>(way, flows);
}

}  // namespace waymark::bench
