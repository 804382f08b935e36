#include <cstdlib>

#include "tests/build.h"
#include "tests/fixture.h"

namespace waymark {

namespace {

class NativeBuild : public Build {
 public:
  explicit NativeBuild(const Image& image) : engine_(image.settings.pin_buckets ? fixture::kPins : 0) {
    if (engine_.live().pins.size() != image.settings.pin_buckets) std::abort();
    engine_.load(image);
  }
  Live live() override { return engine_.live(); }
  u32 now() override { return 0x7fff'fff0; }  // near where signed arithmetic would go wrong

  Ended run(const packets::Bytes& frame, u32 head_room, u16) override {
    if (head_room == 256) {
      const Outcome o = engine_.run(frame, fixture::kInterface, now());
      return {o.verdict, o.out_interface, o.frame};
    }
    packets::Bytes buffer(head_room, 0xaa);
    buffer.insert(buffer.end(), frame.begin(), frame.end());
    u32 at = head_room;
    const Verdict verdict = engine_.run_in_place(buffer, at, fixture::kInterface, now());
    const u32 out = verdict.action == Action::forward ? fixture::kInterface : 0;  // not told here
    return {verdict, out, packets::Bytes(buffer.begin() + at, buffer.end())};
  }

  Counters counters() override { return engine_.counters(); }
  TargetCounters traffic(u32 slot) override { return engine_.target_traffic()[slot]; }

 private:
  NativeEngine engine_;
};

}  // namespace

std::unique_ptr<Build> native_build(const Image& image) { return std::make_unique<NativeBuild>(image); }

}  // namespace waymark
