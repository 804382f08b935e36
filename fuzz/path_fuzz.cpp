// Frames through three POPs, one at a time: a byte says through which and by which interface, then the frame. What
// reaches a server is a packet that came in, but for its class and hop limit.
#include <algorithm>

#include "fuzz/seeds.h"
#include "tests/path/site.h"

using namespace waymark;
using namespace waymark::path_cases;

namespace {

struct Fuzzed {
  PathSite sites[3] = {PathSite(1), PathSite(2), PathSite(3)};
  std::vector<std::string> seeds;

  Fuzzed() {
    const std::string mine = client(1), to = server("1,2,3", mine);
    const auto seed = [&](u32 site, u32 interface, const Bytes& packet) {
      const Bytes frame = packets::frame(packet, {.destination = "02:57:00:00:00:0" + std::to_string(interface)});
      seeds.push_back(std::string(1, char((site - 1) << 1 | (interface - 1))) +
                      std::string(frame.begin(), frame.end()));
    };
    for (const Payload& p : {syn(), udp(9, 53), echo(true), fragment6(0, true, syn()), extension(60, syn(81))}) {
      seed(1, 2, packet(mine, to, p));
      seed(2, 1, tunnelled(pop(1), pop(2), packet(mine, to, p), 64));
      seed(3, 1, ip6({.source = pop(2), .destination = pop(3)}, gue(50'000, 6080, packet(mine, to, p, 1))));
    }
    seed(3, 1, packet(to, mine, syn_ack()));
    seed(1, 1, tunnelled(pop(2), pop(1), packet(to, mine, syn_ack()), 64));
    seed(1, 1, error(kRouter, mine, 2, 0, 1400, packet(mine, to, syn())));
  }

  void run(const Bytes& frame, u32 site, u32 interface) {
    PathSite& s = sites[site];
    const Outcome o = s.scene().receive(frame, interface);
    if (o.action != Action::forward || reason_text(o.verdict.reason)->name != std::string("path.to_server")) return;
    // The addresses of what is delivered stand in what came in, side by side.
    const size_t at = o.frame.size() > 54 && o.frame[20] == 41 ? 54 + 8 : 14 + 8;
    if (o.frame.size() < at + 32) fuzz::fail("delivered a packet without addresses:\n" + hexdump(o.frame));
    if (std::search(frame.begin(), frame.end(), o.frame.begin() + long(at), o.frame.begin() + long(at) + 32) ==
        frame.end())
      fuzz::fail("delivered what never came in:\n" + hexdump(frame) + "went out:\n" + hexdump(o.frame));
  }
};

Fuzzed& fuzzed() {
  static Fuzzed f;
  return f;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  fuzz::plant(*argc, *argv, fuzzed().seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  if (!size) return 0;
  Fuzzed& f = fuzzed();
  const u32 site = (data[0] >> 1) % 3;
  f.sites[site].scene().advance(std::chrono::milliseconds(2));
  f.run(Bytes(data + 1, data + size), site, 1 + (data[0] & 1));
  return 0;
}
