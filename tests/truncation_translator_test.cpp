// Every translated packet cut at every byte: refused for a fitting reason and left as it came, in both builds.
#include <gtest/gtest.h>

#include <set>

#include "core/parse.h"
#include "engine/xdp/program.h"
#include "tests/kit/kernel_translator.h"
#include "tests/kit/need.h"
#include "tests/kit/packet_reader.h"
#include "tests/translator/site.h"
#include "tests/translator/states.h"

namespace waymark::translator_cases {
namespace {

const std::set<std::string> kFitting = {"parse.ethernet_short", "parse.ip_short", "parse.ip_length"};

// Calls run(frame, interface), which gives reason and frame.
template <class F>
void cut_everywhere(TranslatorSite& s, size_t shortest, F run) {
  u32 cuts = 0;
  for (const TranslatorCase& c : all_translator_cases()) {
    if (c.out.empty() || c.site != site() || c.in.size() > kLongestRun) continue;
    const Bytes whole = s.frame(c.in);
    const size_t end = 14 + reader::read(c.in)->end;
    for (size_t length = shortest; length < end; length += length < 250 || length + 20 > end ? 1 : 37, ++cuts) {
      const Bytes frame = packets::cut(whole, length);
      const Ended ended = run(frame, s.index_for(c.in));
      const std::string reason = reason_text(ended.verdict.reason)->name;
      ASSERT_TRUE(kFitting.contains(reason)) << c.name << " cut to " << length << " ends as " << reason;
      ASSERT_EQ(packets::difference(frame, ended.frame), "") << c.name << " cut to " << length;
    }
  }
  EXPECT_GT(cuts, 10'000u);
}

TEST(TruncationTranslator, Userspace) {
  TranslatorSite s(site());
  cut_everywhere(s, 0, [&](const Bytes& frame, u32 in) {
    const Outcome o = s.scene().receive(frame, in);
    return Ended{o.verdict, o.out_interface, o.frame};
  });
}

TEST(TruncationTranslator, Bpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  ASSERT_TRUE(enter_namespace_of_two());
  TranslatorSite s(site());
  KernelTranslator kernel(program(), s.scene().engine().image());
  u16 guess = parse::why::ip_length.reason;
  cut_everywhere(s, 14, [&](const Bytes& frame, u32 in) {
    const Ended ended = kernel.run(frame, in, 256, guess);
    guess = ended.verdict.reason;
    return ended;
  });
}

}  // namespace
}  // namespace waymark::translator_cases
