// Frames through the packet core, several in a row so that flows live: each as two bytes of length (the upper four
// bits: how far time moves), then the frame.
#include "fuzz/seeds.h"
#include "tests/cases/cases.h"
#include "tests/kit/invariants.h"

using namespace waymark;

namespace {

void append(std::string& input, const packets::Bytes& frame) {
  input += char(frame.size() & 0xff);
  input += char(frame.size() >> 8 & 0xf);
  input.append(frame.begin(), frame.end());
}

constexpr u32 kBuckets = 4, kEmbryos = 4;  // few, so that they fill, and are emptied quickly

UserspaceEngine& engine() {
  static UserspaceEngine engine(fixture::kPins);
  return engine;
}

void reset(u32 now) {
  Live live = engine().live();
  live.pins = live.pins.first(kBuckets);
  live.embryos = live.embryos.first(kEmbryos);
  fixture::fill(live, now);
  for (u32 slot : {u32(fixture::by_ip4), u32(fixture::by_gue6), 22u, 43u}) live.targets[slot].route |= kTargetDown;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  Image image = fixture::image();
  image.settings.pin_buckets = kBuckets;
  image.settings.embryo_buckets = kEmbryos;
  engine().load(image);
  engine().set_owner(
      [](std::span<const u8>, const Packet& p) { return p.source_port & 1 ? Owner::flow : Owner::nobody; });
  std::vector<std::string> seeds;
  for (const cases::Case& c : cases::all_cases()) {
    std::string input;
    for (const auto& frame : c.before) append(input, frame);
    append(input, c.in);
    seeds.push_back(input);
  }
  fuzz::plant(*argc, *argv, seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  u32 now = 1'000'000;
  reset(now);
  while (size >= 2) {
    const size_t length = std::min<size_t>(size - 2, data[0] | (data[1] & 0xf) << 8);
    now += u32(data[1] >> 4) << 12;
    const packets::Bytes frame(data + 2, data + 2 + length);
    data += 2 + length;
    size -= 2 + length;
    std::vector<StepSeen> trace;
    const Outcome o = engine().run(frame, fixture::kInterface, now, &trace);
    if (const std::string broken = fixture::broken_promise(frame, {o.verdict, o.out_interface, o.frame});
        !broken.empty())
      fuzz::fail(broken + "\n" + packets::hexdump(frame) + packets::difference(frame, o.frame));
  }
  return 0;
}
