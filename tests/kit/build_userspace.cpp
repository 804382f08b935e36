#include <cstdlib>

#include "tests/kit/build.h"
#include "tests/kit/fixture.h"

namespace waymark {

namespace {

class UserspaceBuild : public Build {
 public:
  explicit UserspaceBuild(const Image& image) : engine_(image.settings.pin_buckets ? fixture::kPins : 0) {
    if (engine_.live().pins.size() != image.settings.pin_buckets) std::abort();
    engine_.load(image);
    engine_.set_owner([](std::span<const u8>, const Packet&) { return Owner::nobody; });  // as in the kernel's build
  }
  Live live() override { return engine_.live(); }
  u32 now() override { return 0x7fff'fff0; }  // near where signed arithmetic would go wrong

  Ended run(const packets::Bytes& frame, u32 head_room, u16) override {
    const Outcome o = engine_.run(frame, fixture::kInterface, now(), nullptr, head_room);
    return {o.verdict, o.out_interface, o.frame};
  }

  Counters counters() override { return engine_.counters(); }
  TargetCounters traffic(u32 slot) override { return engine_.target_traffic()[slot]; }

 private:
  UserspaceEngine engine_;
};

}  // namespace

std::unique_ptr<Build> userspace_build(const Image& image) { return std::make_unique<UserspaceBuild>(image); }

}  // namespace waymark
