// HACKING.md's example of a role, built as it stands there: this folder's roles/tally/, and one name more in the list.
#include <gtest/gtest.h>

#include "config/parse.h"
#include "engine/replay/userspace.h"
#include "engine/xdp/kernel_facts.h"
#include "engine/xdp/program.h"
#include "engine/xdp/test_run.h"
#include "node/compile.h"
#include "roles/role.h"
#include "roles/tally/packet.h"
#include "tests/kit/need.h"
#include "tests/kit/packets.h"

namespace waymark {

namespace {

using packets::frame;

const std::string kEngine = "[engine]\ninterfaces = { lo = \"public\" }\n";
const std::string kTally = kEngine + "[tally]\naddress = [\"198.51.100.7\", \"2001:db8::7\"]\n";

std::string first_problem(const std::string& toml) {
  const Parsed parsed = parse_config(toml, "f");
  return parsed.problems.empty() ? "" : render(parsed.problems[0]);
}

Image image_of(const std::string& toml) {
  const Parsed parsed = parse_config(toml, "f");
  Meta meta{};
  meta.ticks_per_second = 250;
  meta.stamp_shift = stamp_shift_for(250);
  meta.targets = kUsualTargets;
  const InterfaceFacts lo = {"lo", 1, {{2, 0, 0, 0, 0, 1}}, 1500};
  const Services none;
  return *compile(
      {.config = parsed.config.value(), .serves = none, .indices = {}, .interfaces = {&lo, 1}, .meta = meta});
}

const packets::Bytes kMine = frame(packets::ip4({"203.0.113.7", "198.51.100.7"}, packets::tcp(4000, 80, "S")));
const packets::Bytes kMine6 = frame(packets::ip6({"2001:db8:c::7", "2001:db8::7"}, packets::udp(4000, 53)));
const packets::Bytes kMapped = frame(packets::ip6({"2001:db8:c::7", "::ffff:198.51.100.7"}, packets::udp(4000, 53)));
const packets::Bytes kOther = frame(packets::ip4({"203.0.113.7", "198.51.100.8"}, packets::tcp(4000, 80, "S")));

}  // namespace

TEST(ExampleRole, CountsAndPasses) {
  UserspaceEngine engine(0);
  engine.load(image_of(kTally));
  EXPECT_EQ(engine.image().roles, role_bit(Role::tally));
  EXPECT_EQ(engine.image().first, Role::tally);
  for (const auto& [packet, reason] :
       {std::pair(&kMine, "tally.counted"), std::pair(&kMine6, "tally.counted"),
        std::pair(&kMapped, "tally.wrong_family"), std::pair(&kOther, "steer.not_ours")}) {
    const Outcome o = engine.run(*packet, 1, 0);
    EXPECT_STREQ(reason_text(o.verdict.reason)->name, reason);
    EXPECT_EQ(o.action, Action::pass);
    EXPECT_EQ(o.frame, *packet);
  }
  EXPECT_EQ(engine.counters().reasons[tally::why::counted.reason], 2u);
}

TEST(ExampleRole, IsAProgramOfTheKernels) {
  WM_NEED(Cap::bpf);
  const Result<Object> object = Object::load(program(), image_of(kTally));
  ASSERT_TRUE(object) << object.error().sentence;
  EXPECT_EQ(program_facts(object->program()).name, "wm_tally");
  TestRun run(*object);
  for (const packets::Bytes* packet : {&kMine, &kMine6}) {
    const auto o = run.run(*packet);
    ASSERT_TRUE(o) << o.error().sentence;
    EXPECT_EQ(o->reason, tally::why::counted.reason);
    EXPECT_EQ(o->frame, *packet);
  }
}

TEST(ExampleRole, IsCheckedAndSummedUp) {
  EXPECT_EQ(first_problem(kTally), "");
  EXPECT_EQ(descriptor_of(Role::tally).summary(parse_config(kTally, "f").config.value()),
            "counts packets to 2 addresses");
  EXPECT_EQ(first_problem(kEngine + "[tally]\nzone = \"other\"\naddress = \"192.0.2.1\"\n"),
            "f:4:8: [tally] is in zone \"other\", but no interface in [engine] is");
  EXPECT_EQ(first_problem(kEngine + "[tally]\n"), "f:3:1: \"address\" in [tally] is missing");
  EXPECT_EQ(first_problem(kEngine + "[translator]\naddress = \"192.0.2.1\"\nprefix = [{ prefix = \"64:ff9b::/96\" }]\n"
                                    "[tally]\naddress = \"192.0.2.1\"\n"),
            "f:7:11: 192.0.2.1 is both an address of [tally] and the address of [translator]");
  EXPECT_EQ(first_problem(kEngine),
            "f:1:1: the file has neither a [[service]] nor a [host] nor a [translator] nor a [gateway] nor an [edge] "
            "nor a [path] nor a "
            "[tally]: the node has nothing to do");
}

}  // namespace waymark
