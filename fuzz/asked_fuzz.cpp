// Questions at a POP: a byte says whether a message follows, and who sends it to where, or a whole IP packet. What XDP
// answers is what the name server answers, byte for byte; what it does not goes on as it came.
#include "fuzz/seeds.h"
#include "tests/dns/site.h"
#include "tests/path/asked.h"

using namespace waymark;
using namespace waymark::path_cases;

namespace {

struct Fuzzed {
  PathSite site{1, busy_site()};
  NameServer server{site};
  const std::string sources[4] = {client(1), client(3, 77), kResolver, kResolver4};
  std::vector<std::string> seeds;

  Fuzzed() {
    Questions questions(3, server.seconds());
    for (int i = 0; i < 200; ++i) {
      const Bytes packet = questions.next().packet;
      seeds.push_back(std::string(1, '\1') + std::string(packet.begin(), packet.end()));
    }
    const std::string whole = dns::subnet(client(2) + "/128");
    for (u32 source = 0; source < 4; ++source) {
      seeds.push_back(std::string(1, char(source << 1)) + dns::message({}));
      seeds.push_back(std::string(1, char(source << 1)) + dns::message({.options = whole, .dnssec_ok = true}));
      seeds.push_back(std::string(1, char(source << 1)) +
                      dns::message({.name = "BOTH.svc.example",
                                    .options = whole + cookie_option(sources[source], server.seconds())}));
    }
  }

  void run(const Bytes& packet, u32 interface) {
    const Left left = site.receive(packet, interface);
    if (left.reason != "path.answered" && left.reason.rfind("path.ask_", 0) != 0) return;
    const std::string wrong = server.judge(packet, left);
    if (!wrong.empty()) fuzz::fail(left.reason + ": " + wrong + "\n" + hexdump(packet));
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
  if (size < 2 || size > 1'500) return 0;
  Fuzzed& f = fuzzed();
  const u32 interface = 1 + (data[0] >> 7);
  if (data[0] & 1) {
    f.run(Bytes(data + 1, data + size), interface);
  } else {
    const std::string& from = f.sources[(data[0] >> 1) & 3];
    f.run(question(from, std::string(data + 1, data + size), from == kResolver4 ? kNameServer4 : kNameServer),
          interface);
  }
  return 0;
}
