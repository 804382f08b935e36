// Frames through an edge, one at a time: a byte says from which side, then the frame. What leaves is judged by the
// addresses that left before (tests/edge/judge.h).
#include "fuzz/seeds.h"
#include "tests/edge/judge.h"

using namespace waymark;
using namespace waymark::edge_cases;

namespace {

struct Fuzzed {
  EdgeSite site{edge_cases::site("quota = 0\nnew_flows = 0")};
  Judge judge;
  std::vector<std::string> seeds;

  Fuzzed() {
    for (const auto& [frame, from_client] : conversation(site)) {
      run(frame, from_client);
      seeds.push_back(std::string(1, char(from_client)) + std::string(frame.begin(), frame.end()));
    }
  }

  void advance(Duration by) {
    site.scene().advance(by);
    judge.advance(by);
  }
  void run(const Bytes& frame, bool from_client) {
    const u32 in = site.index(from_client ? "eth0" : "eth1");
    const Outcome o = site.scene().receive(frame, in);
    if (o.action != Action::forward) return;
    if (const std::string wrong = judge.wrongly(frame, from_client, o.frame, o.out_interface == in); !wrong.empty())
      fuzz::fail(wrong + "\ncame in:\n" + hexdump(frame) + "went out:\n" + hexdump(o.frame));
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
  f.advance(std::chrono::milliseconds(2));
  f.run(Bytes(data + 1, data + size), data[0] & 1);
  return 0;
}
