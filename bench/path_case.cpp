#include "bench/path_case.h"

#include <algorithm>
#include <cstring>

#include "bench/xdp_case.h"
#include "dataplane/pipeline.h"

namespace waymark::bench {

namespace {

SiteSpec site_of(PathWay way) {
  SiteSpec site;
  site.pins = 0;
  site.path = way;
  return site;
}

class PathCase : public WrapperCase {
 public:
  explicit PathCase(PathWay way) : way_(way) {}

  Status prepare() override {
    auto made = Wrapper::make(site_of(way_), way_ == PathWay::tunnel ? "wm_bench_path_tunnel" : "wm_bench_path",
                              path_packet(way_), 0);
    if (!made) return made.error();
    wrapper_ = std::move(*made);
    WM_TRY(wrapper_->plan_as_is());
    return measure_from_here();
  }

  Result<u64> check() override {
    WM_TRY(all_ended_as(path::why::onward.reason, sent_, sent_, before_, object().counters()));
    const auto made = wrapper_->made_of(path_packet(way_));
    if (!made) return made.error();
    if (*made == path_packet(way_) || *made != last_.frame)
      return Error{"the last packet's bytes are not those that the user-space engine makes of it"};
    return 1;
  }

 private:
  PathWay way_;
};

// The user-space engine in a loop of its own: restore the packet, run.
class UserspacePath : public Case {
 public:
  Status prepare() override {
    auto site = UserspaceSite::make(site_of(PathWay::forward));
    if (!site) return site.error();
    site_ = std::move(*site);
    return Done{};
  }

  Result<double> run(bool null) override {
    const double start = thread_seconds();
    for (u32 i = 0; i < kPackets; ++i) {
      restore();
      u32 offset = kHeadRoom;
      if (!null)
        lost_ +=
            site_->engine.run_in_place(buffer_, offset, kInterface, kUserspaceTicks).reason != path::why::onward.reason;
      asm volatile("" ::: "memory");  // the null's loop writes what nobody reads
    }
    return (thread_seconds() - start) * 1e9 / kPackets;
  }

  Result<u64> check() override {
    if (lost_) return Error{std::to_string(lost_) + " packets were lost"};
    const Outcome out = site_->engine.run(frame_, kInterface, kUserspaceTicks);
    restore();
    u32 offset = kHeadRoom;
    (void)site_->engine.run_in_place(buffer_, offset, kInterface, kUserspaceTicks);
    if (out.frame == frame_ || !std::equal(out.frame.begin(), out.frame.end(), buffer_.begin() + offset, buffer_.end()))
      return Error{"the bytes of the last packet differ from those that a single run gives"};
    return 1;
  }

 private:
  static constexpr u32 kHeadRoom = 256, kPackets = 200'000;

  // In words that the program's reads lie within, as the kernel's wrapper does.
  template <class W>
  void restore(u32 from, u32 to) {
    u8* out = buffer_.data() + kHeadRoom;
    for (; from < to; from += sizeof(W)) std::memcpy(out + from, frame_.data() + from, sizeof(W));
  }
  void restore() {
    constexpr u32 l3 = sizeof(Ethernet), l4 = l3 + sizeof(Ip6);
    restore<u64>(0, 8);
    restore<u32>(8, 12);
    restore<u16>(12, l3);
    restore<u32>(l3, l3 + 4);
    restore<u16>(l3 + 4, l3 + 8);
    restore<u64>(l3 + 8, l4 + 16);
    restore<u32>(l4 + 16, l4 + 20);
  }

  const std::vector<u8> frame_ = path_packet(PathWay::forward);
  std::vector<u8> buffer_ = std::vector<u8>(kHeadRoom + frame_.size());
  std::unique_ptr<UserspaceSite> site_;
  u64 lost_ = 0;
};

}  // namespace

std::unique_ptr<Case> make_path(PathWay way) { return std::make_unique<PathCase>(way); }
std::unique_ptr<Case> make_userspace_path() { return std::make_unique<UserspacePath>(); }

}  // namespace waymark::bench
