// Keys changed in the text of a file.
#include "config/rotation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "config/text_test.h"

namespace waymark {
namespace {

using testing::HasSubstr;

const std::string kOld = "000102030405060708090a0b0c0d0e0f", kNew = "f0e0d0c0b0a090807060504030201000";
const std::string kQuotedOld = "\"" + kOld + "\"", kQuotedNew = "\"" + kNew + "\"";
const std::string kLayout = "id:16 path:5x8 policy:4 epoch:2 tag:26";
const std::string kPlan =
    "[plan.servers] # of all POPs\nprefix = \"3fff:a00::/40\"\nlayout = \"" + kLayout + "\"  # bits\n";
const std::string kOther = "[plan.clients]\nprefix = \"3fff:c00::/40\"\nlayout = \"pop:8 policy:8 id:32 zero:40\"\n";

Config config_of(const std::string& text) {
  EXPECT_EQ(problems_of(text), "");
  return parse_config(text, "f").config.value();
}
std::string text_or_error(const Result<std::string>& text) { return text ? *text : "error: " + text.error().sentence; }
std::string done(const std::string& text, const Result<KeyChange>& change) {
  return change ? text_or_error(change_keys(text, *change, "f")) : "error: " + change.error().sentence;
}
std::string added(const std::string& text, std::optional<u32> epoch = {}) {
  return done(text, add_key(config_of(text), "servers", epoch, kNew));
}
std::string used(const std::string& text, u32 epoch) { return done(text, use_key(config_of(text), "servers", epoch)); }
std::string retired(const std::string& text, u32 epoch) {
  return done(text, retire_key(config_of(text), "servers", epoch));
}

TEST(Rotation, AnInlineTableOfKeys) {
  const std::string text =
      "# first\n" + kOther + "\n" + kPlan + "keys = { 1 = " + kQuotedOld + " }   # the first\n# end\n";
  const std::string two = added(text);
  EXPECT_EQ(two, "# first\n" + kOther + "\n" + kPlan + "keys = { 1 = " + kQuotedOld + ", 2 = " + kQuotedNew +
                     " }   # the first\nuse = 1\n# end\n")
      << "what makes new addresses stays so, though the new epoch is higher";
  EXPECT_EQ(making_epoch(config_of(two).plan[1]), 1u);
  const std::string in_use = used(two, 2);
  EXPECT_EQ(in_use, with(two, "use = 1", "use = 2"));
  EXPECT_EQ(retired(in_use, 1), with(in_use, "1 = " + kQuotedOld + ", ", ""));
  EXPECT_EQ(retired(two, 2), with(two, ", 2 = " + kQuotedNew, "")) << "one that was never used";
}

TEST(Rotation, KeysInATableOfTheirOwn) {
  const std::string text =
      kPlan + "\n  [plan.servers.keys]  # secret\n  # the first\n  3 = '" + kOld + "' # made in May\n\n" + kOther;
  const std::string two = added(text);
  EXPECT_EQ(two, with(with(text, "# bits\n", "# bits\nuse = 3\n"), "# made in May\n",
                      "# made in May\n  0 = " + kQuotedNew + "\n"))
      << "epochs begin again from the first";
  EXPECT_EQ(retired(used(two, 0), 3),
            with(with(with(two, "use = 3", "use = 0"), "  3 = '" + kOld + "' # made in May\n", ""), "", ""));
}

TEST(Rotation, DottedKeys) {
  const std::string dotted = kPlan + "keys.1 = " + kQuotedOld + "\n" + kOther;
  EXPECT_EQ(added(dotted, 3), with(with(dotted, "# bits\n", "# bits\nuse = 1\n"), kQuotedOld + "\n",
                                   kQuotedOld + "\nkeys.3 = " + kQuotedNew + "\n"));
  const std::string root = "plan.servers.prefix = \"3fff:a00::/40\"\nplan.servers.layout = \"" + kLayout +
                           "\"\nplan.servers.keys = { 1 = " + kQuotedOld + " }\n";
  const std::string two = added(root);
  EXPECT_EQ(two, with(root, " }\n", ", 2 = " + kQuotedNew + " }\nplan.servers.use = 1\n"));
  EXPECT_EQ(retired(used(two, 2), 1), with(with(two, "use = 1", "use = 2"), "1 = " + kQuotedOld + ", ", ""));
}

TEST(Rotation, APlanThatIsAnInlineTable) {
  const std::string text = "plan.servers = { prefix = \"3fff:a00::/40\", layout = \"" + kLayout +
                           "\", keys = { 1 = " + kQuotedOld + " } } # all\n";
  EXPECT_EQ(added(text), with(text, " } } # all", ", 2 = " + kQuotedNew + " }, use = 1 } # all"));
  const std::string both = "[plan]\nservers = { prefix = \"3fff:a00::/40\", layout = \"" + kLayout +
                           "\", use = 1, keys.1 = " + kQuotedOld + ", keys.2 = " + kQuotedNew + " }\n";
  EXPECT_EQ(used(both, 2), with(both, "use = 1", "use = 2"));
  EXPECT_THAT(retired(both, 2), HasSubstr("written in a way that cannot be changed here"));
}

TEST(Rotation, LineEndsStayAsTheyAre) {
  std::string text = kOther + kPlan + "use = 1\nkeys.1 = " + kQuotedOld;
  EXPECT_EQ(added(text), text + "\nkeys.2 = " + kQuotedNew) << "the last line had no end";
  EXPECT_EQ(retired(added(text), 2), text);
  const std::string in_keys = kPlan + "use = 1\nkeys = { 1 = " + kQuotedOld + " }";
  EXPECT_EQ(retired(added(in_keys), 2), in_keys);
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.replace(at, 1, "\r\n");
  EXPECT_EQ(added(text), text + "\r\nkeys.2 = " + kQuotedNew);
  EXPECT_EQ(retired(added(text), 2), text);
  EXPECT_EQ(added(text + "\r\n"), text + "\r\nkeys.2 = " + kQuotedNew + "\r\n");
}

TEST(Rotation, PlacesAreFoundBehindOtherAlphabets) {
  const std::string text =
      "\xef\xbb\xbf" + kPlan + "keys = { 1 = \"" + "\\u0030" + kOld.substr(1) + "\" } # schl\xc3\xbcssel\n";
  EXPECT_EQ(added(text), with(text, " } #", ", 2 = " + kQuotedNew + " } #").append("use = 1\n"));
  const std::string inline_plan = "plan = { \"\xce\xb1\xe4\xb8\xad\" = 1, servers = 2 }\n";
  EXPECT_THAT(text_or_error(change_keys(inline_plan, {.plan = "servers", .use = 1}, "f")),
              HasSubstr("cannot be changed"));
}

TEST(Rotation, WhatCannotBeIsRefusedInASentence) {
  const auto keys = [](const std::string& epochs) {
    std::string all;
    for (const char epoch : epochs) all += fmt::format("keys.{} = {}\n", epoch, kQuotedOld);
    return kPlan + all;
  };
  EXPECT_EQ(added(keys("0123")),
            "error: plan \"servers\" has 4 keys, as many as it may have; retire one of them first");
  EXPECT_EQ(added(keys("01"), 4),
            "error: plan \"servers\" cannot name epoch 4: the greatest that fits its layout is 3");
  EXPECT_EQ(added(keys("01"), 0), "error: plan \"servers\" has a key of epoch 0 already");
  EXPECT_EQ(used(keys("01"), 2), "error: plan \"servers\" has no key of epoch 2; it has those of 0, 1");
  EXPECT_EQ(retired(keys("01"), 3), "error: plan \"servers\" has no key of epoch 3; it has those of 0, 1");
  EXPECT_EQ(retired(keys("01"), 1),
            "error: the key of epoch 1 makes new addresses of plan \"servers\"; use another one first");
  const Config config = config_of(keys("01") + kOther);
  EXPECT_EQ(add_key(config, "server", {}, kNew).error().sentence,
            "there is no [plan.server] in the configuration; there are servers, clients");
  EXPECT_THAT(add_key(config, "clients", {}, kNew).error().sentence, HasSubstr("has no epoch in its layout"));
  EXPECT_EQ(text_or_error(change_keys("[plan", {.plan = "servers", .use = 1}, "f")).find("error: f:1:"), 0u);
  const std::string bad = text_or_error(change_keys(keys("01"), {.plan = "servers", .add = 2, .key = kNew + "0"}, "f"));
  EXPECT_THAT(bad, HasSubstr("must be 32 hexadecimal digits"));
  EXPECT_EQ(bad.find(kNew), bad.npos);
}

}  // namespace
}  // namespace waymark
