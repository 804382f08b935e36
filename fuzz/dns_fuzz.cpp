// Messages to the name server: a byte says who sends them and how, then the message. Each answer can be read, belongs
// to its question, and is no more than three times as large where its source proved nothing.
#include <cstring>

#include "fuzz/seeds.h"
#include "tests/dns/site.h"

using namespace waymark;
using namespace waymark::dns;

namespace {

const std::string kSources[] = {kAnn, kBob, "2001:db8:9::1", "2001:db8:a::1", "192.0.2.9", "198.51.100.7"};

struct Fuzzed {
  Site site;
  std::vector<std::string> seeds;

  Fuzzed() {
    const auto seed = [&](u32 source, const Ask& ask) { seeds.push_back(char(source << 1) + message(ask)); };
    for (const u32 type : {1u, 2u, 6u, 16u, 28u, 65u, 252u, 255u}) seed(0, {.type = type});
    seed(2, {.options = subnet(kAnn + "/128")});
    seed(2, {.options = subnet("198.51.100.0/24") + option(10, "12345678")});
    seed(3, {.name = "no.svc.example", .options = option(10, std::string(24, 'c')), .dnssec_ok = true});
    seed(4, {.name = "svc.example", .type = 6, .edns = true, .payload = 0, .version = 3});
    seed(5, {.name = "WwW.sVc.ExAmPle", .questions = 2});
    seeds.push_back('\0' + message({}).substr(0, 12) + "\xc0\x0c" + std::string("\0\x1c\0\1", 4));
  }

  void run(std::span<const u8> wire, const std::string& from, Transport by) {
    const u64 proofs = site.counts.cookies[std::size_t(Cookies::good)];
    const auto answer = site.responder.answer({wire, ip(from), by, site.now, site.seconds});
    const bool proven = by == Transport::tcp || site.counts.cookies[std::size_t(Cookies::good)] != proofs;
    if (answer.empty()) return;
    if (!proven && answer.size() > 3 * wire.size()) fuzz::fail("an answer is more than three times its question");
    if (by == Transport::udp && answer.size() > kUdpPayload) fuzz::fail("an answer is too large for UDP");
    const Reply r = read_reply(answer);
    if (!r.fault.empty()) fuzz::fail("an answer's fault: " + r.fault);
    if (std::memcmp(answer.data(), wire.data(), 2) != 0) fuzz::fail("an answer has another id than its question");
    if (r.truncated && r.answers) fuzz::fail("a part of an answer was sent");
    // What is for one client alone is kept for nobody else.
    if (r.type == 28 && r.answers && r.data.substr(0, 5) == std::string("\x3f\xff\x0a\0\0", 5) &&
        (r.ttl > 20 || (r.scope >= 0 && r.scope < 128 && from == "2001:db8:9::1")))
      fuzz::fail("a client's own answer may be kept for others");
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
  if (!size || size > kMostMessage) return 0;
  Fuzzed& f = fuzzed();
  f.site.now += std::chrono::milliseconds(20);  // the rate's limit is met by bursts alone
  f.run({data + 1, size - 1}, kSources[(data[0] >> 1) % std::size(kSources)],
        data[0] & 1 ? Transport::tcp : Transport::udp);
  return 0;
}
