// Frames through a gateway, one at a time: a byte says by which interface, and whether of one with links, then the
// frame. What leaves is judged by who it may be for (tests/gateway/judge.h).
#include "fuzz/seeds.h"
#include "tests/gateway/judge.h"
#include "tests/gateway/link_cases.h"
#include "tests/translator/site.h"

using namespace waymark;
using namespace waymark::gateway_cases;

namespace {

translator_cases::TranslatorSite& gateway_site() {
  static translator_cases::TranslatorSite s(site());
  return s;
}

translator_cases::TranslatorSite& site_of_links() {
  static translator_cases::TranslatorSite s(link_site());
  return s;
}
constexpr u8 kAtLinks = 2;

void judge(const std::string& wrong, const Bytes& frame, const Bytes& left) {
  if (!wrong.empty())
    fuzz::fail(wrong + "\ncame in:\n" + packets::hexdump(frame) + "went out:\n" + packets::hexdump(left));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  std::vector<std::string> seeds;
  const auto add = [&](const Bytes& packet) {
    const Bytes frame = gateway_site().frame(packet);
    seeds.push_back(std::string(1, char(gateway_site().index_for(packet))) + std::string(frame.begin(), frame.end()));
  };
  for (const GatewayCase& c : all_gateway_cases())
    if (c.site == site()) add(c.in);
  for (const OverlayCase& c : overlay_cases())
    for (const OverlayStep& step : c.steps) add(step.in);
  for (const LinkCase& c : link_cases())
    for (const LinkStep& step : c.steps)
      seeds.push_back(std::string(1, char(kAtLinks + !step.by_link)) + std::string(step.in.begin(), step.in.end()));
  fuzz::plant(*argc, *argv, seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  if (!size) return 0;
  const u32 in = 1 + (data[0] & 1);
  const Bytes frame(data + 1, data + size);
  const bool at_links = data[0] & kAtLinks;
  Scene& scene = (at_links ? site_of_links() : gateway_site()).scene();
  scene.advance(std::chrono::milliseconds(2));
  const Outcome o = scene.receive(frame, in);
  static unsigned count = 0;
  if (++count % 4'096 == 0)
    if (const std::string wrong = wrongly_known(scene.engine().live(), at_links ? kLinkMac : kOverlayMac);
        !wrong.empty())
      fuzz::fail(wrong);
  if (o.action != Action::forward) return 0;
  const std::vector<Bytes> out = translator_cases::left(o);
  if (!at_links) {
    judge(mixed_up(frame, out), frame, out.empty() ? Bytes() : out[0]);
    return 0;
  }
  for (const Bytes& left : out) judge(mixed_up_at_links(frame, in == 1, left, o.out_interface == 1), frame, left);
  return 0;
}
