#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "engine/xdp/test_run.h"
#include "tests/kit/build.h"
#include "tests/kit/fixture.h"

namespace waymark {

namespace {

[[noreturn]] void give_up(const std::string& sentence) {  // the machine, not the code under test, is at fault
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::abort();
}

class XdpBuild : public Build {
 public:
  XdpBuild(std::span<const u8> elf, const Image& image) {
    auto loaded = Object::load(elf, image);
    if (!loaded) give_up(loaded.error().sentence);
    object_.emplace(std::move(*loaded));
    run_.emplace(*object_);
  }

  Live live() override { return object_->live(); }
  u32 now() override {
    const auto moment = object_->now();
    if (!moment) give_up(moment.error().sentence);
    return moment->ticks;
  }

  Ended run(const packets::Bytes& frame, u32 head_room, u16 expected) override {
    auto o = run_->run(frame, fixture::kInterface, expected, in_kernel(head_room));
    if (!o) give_up(o.error().sentence + "\n" + packets::hexdump(frame));
    const u32 out = o->action == 3 ? fixture::kInterface : o->action == 4 ? fixture::kOtherInterface : 0;
    return {{o->reason, o->verdict}, out, o->frame};
  }

  Counters counters() override { return object_->counters(); }
  TargetCounters traffic(u32 slot) override { return object_->target_traffic(slot + 1)[slot]; }
  bool makes(u32 head_room) override { return in_kernel(head_room) >= TestRun::least_head_room(); }
  u32 verified_instructions() override { return program_facts(object_->program()).verified_instructions; }

 private:
  // The kernel keeps 40 bytes of the head room for itself.
  static u32 in_kernel(u32 head_room) { return head_room == 256 ? 256 : head_room + 40; }

  std::optional<Object> object_;
  std::optional<TestRun> run_;
};

}  // namespace

std::unique_ptr<Build> xdp_build(std::span<const u8> elf, const Image& image) {
  (void)!unshare(CLONE_NEWNET);  // refused, the machine's sockets are asked: most have none that matters
  return xdp_build_here(elf, image);
}
std::unique_ptr<Build> xdp_build_here(std::span<const u8> elf, const Image& image) {
  return std::make_unique<XdpBuild>(elf, image);
}

}  // namespace waymark
