// Whoever is killed while the set is made or removed, and whatever file somebody takes away: the next start finds the
// whole set or begins anew, serves packets, and says what it did.
#include "engine/xdp/pinned_set.h"

#include <bpf/bpf.h>

#include <filesystem>
#include <random>

#include "engine/xdp/rights_test.h"
#include "engine/xdp/veth_test.h"

namespace waymark {
namespace {

constexpr u64 kPin = 0x123456789abcdef0;

class Pinned : public Veths {
 protected:
  // A set in use, with a pin in it. What serves packets stays when this returns.
  void make() {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    fill_meta(*engine);
    engine->live().pins[3].pin[2] = kPin;
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  }
  void take_away(const std::string& name) const { ASSERT_EQ(unlink((directory() + "/" + name).c_str()), 0) << name; }
  void take_link() const {
    const std::string file = directory() + "/links/if" + std::to_string(if_nametoindex("wm-one"));
    const Fd link(bpf_obj_get(file.c_str()));
    ASSERT_EQ(bpf_link_detach(link.get()), 0);
    ASSERT_EQ(unlink(file.c_str()), 0);
  }
  std::string path(const std::string& table) const { return directory() + "/" + pinned_name(table); }

  // A start: all of the set, or none of it; and either serves packets.
  void start(bool expect_kept, const std::string& expect_said) {
    auto engine = XdpEngine::open(options(program_again()));
    WM_ASSERT_OK(engine);
    const bool kept = engine->live().pins[3].pin[2] == kPin;
    EXPECT_EQ(kept, expect_kept);
    EXPECT_EQ(engine->fresh(), !kept) << "half a set";
    EXPECT_EQ(engine->found().empty(), expect_said.empty()) << engine->found();
    EXPECT_NE(engine->found().find(expect_said), std::string::npos) << engine->found();
    if (engine->fresh()) fill_meta(*engine);
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
    EXPECT_EQ(program_on("wm-one"), engine->load()->program.id);
    EXPECT_TRUE(std::filesystem::exists(path("seal")));
    const auto again = PinnedSet::find(directory());
    WM_ASSERT_OK(again);
    EXPECT_EQ(again->found(), "") << "not whole after a start";
  }
};

TEST_F(Pinned, AFailedFirstStartLeavesNothing) {
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    fill_meta(*engine);
    EXPECT_FALSE(std::filesystem::exists(root_)) << "opening pins nothing";
    EXPECT_FALSE(engine->apply(image(), {on("wm-one"), {9999, "eth7", XdpMode::automatic}}));
    EXPECT_FALSE(std::filesystem::exists(root_));
    EXPECT_FALSE(engine->apply(image(), {on("wm-one"), on("lo", XdpMode::native)})) << "fails behind a link";
    EXPECT_FALSE(std::filesystem::exists(root_));
    EXPECT_EQ(program_on("wm-one"), 0u);
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  }
  const auto set = PinnedSet::find(directory());
  WM_ASSERT_OK(set);
  EXPECT_FALSE(set->empty());
  EXPECT_EQ(set->found(), "");
}

TEST_F(Pinned, AFailedLaterLoadLeavesTheSet) {
  make();
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  EXPECT_FALSE(engine->apply(image(), {on("wm-one"), {9999, "eth7", XdpMode::automatic}}));
  EXPECT_EQ(engine->live().pins[3].pin[2], kPin);
  EXPECT_NE(program_on("wm-one"), 0u);
  start(true, "");
}

// `down` killed behind each of its first steps, and before and after the last.
TEST_F(Pinned, ARemovalThatWasCutOff) {
  std::vector<std::string> tables;
  for (const std::string& name : PinnedSet::table_names()) tables.push_back(pinned_name(name));
  std::sort(tables.begin(), tables.end());
  std::vector<std::pair<std::string, bool>> steps = {{pinned_name("seal"), true}, {"link", true}, {"program", false}};
  for (const std::string& table : tables) steps.push_back({table, false});
  for (const std::size_t done :
       {std::size_t(1), std::size_t(2), std::size_t(3), std::size_t(4), steps.size() - 1, steps.size()}) {
    SCOPED_TRACE(steps[done - 1].first);
    make();
    for (std::size_t i = 0; i < done; ++i) steps[i].first == "link" ? take_link() : take_away(steps[i].first);
    const bool nothing_left = done == steps.size();
    start(steps[done - 1].second, nothing_left || steps[done - 1].second ? "" : "were given up");
    WM_ASSERT_OK(XdpEngine::remove("test", root_));
    if (HasFatalFailure()) return;
  }
}

TEST_F(Pinned, ASetWithoutSealIsAdoptedWhereItIsInUse) {
  make();
  take_away(pinned_name("seal"));
  start(true, "");
}

TEST_F(Pinned, UnsealedAndIncompleteIsGivenUpAndPacketsAreServedMeanwhile) {
  make();
  take_away(pinned_name("seal"));
  take_away(pinned_name("targets"));
  const u32 before = program_on("wm-one");
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    fill_meta(*engine);
    EXPECT_FALSE(engine->apply(image(), {on("wm-one"), {9999, "eth7", XdpMode::automatic}}));
  }
  EXPECT_EQ(program_on("wm-one"), before) << "no start succeeded yet";
  ASSERT_EQ(bpf_obj_pin(bpf_map_create(BPF_MAP_TYPE_ARRAY, "pins", 4, 64, 1, nullptr), path("pins").c_str()), 0);
  start(false, "and not sealed");
}

// Any files taken from a sealed set: a program holds the tables, so nothing is lost.
TEST_F(Pinned, TakenTablesComeBackOutOfTheKernel) {
  std::mt19937 random(7);
  for (int round = 0; round < 2; ++round) {
    make();
    std::vector<std::string> names = PinnedSet::table_names();
    // No program uses these, and tables come back out of programs.
    for (const char* unused : {"slot_names", "meta", "holdings", "revocations"}) std::erase(names, unused);
    std::shuffle(names.begin(), names.end(), random);
    names.resize(1 + random() % names.size());
    for (const std::string& name : names) take_away(pinned_name(name));
    start(true, "were pinned again");
    WM_ASSERT_OK(XdpEngine::remove("test", root_));
    if (HasFatalFailure()) return;
  }
}

TEST_F(Pinned, AnotherTableUnderATablesNameIsNotBelieved) {
  make();
  take_away(pinned_name("targets"));
  const Fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "targets", 4, 64, 1, nullptr));
  ASSERT_EQ(bpf_obj_pin(map.get(), path("targets").c_str()), 0);
  start(true, "were pinned again: targets");
}

TEST_F(Pinned, TablesThatNobodyHoldsAreLostAndAllBeginsAnew) {
  make();
  take_away(pinned_name("slot_names"));  // no program uses them
  start(false, "were given up, and with them every flow's target: these are lost: slot_names (number ");
}

TEST_F(Pinned, WithoutTheRightToLookThemUpPacketsAreServedOnAndTheStartIsRefused) {
  make();
  take_away(pinned_name("targets"));
  const u32 before = program_on("wm-one");
  const std::string said = in_child([&]() -> std::string {
    if (!keep_only({CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON})) return "capset failed";
    const auto engine = XdpEngine::open(options());
    return engine ? "opened" : engine.error().sentence;
  });
  EXPECT_NE(said.find("tables were removed from " + directory() + " while packets are served with them: targets"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("waymark down"), std::string::npos) << said;
  EXPECT_EQ(program_on("wm-one"), before);
  start(true, "were pinned again: targets");
}

TEST_F(Pinned, WithoutTheRightAndServingNobodyAllBeginsAnew) {
  make();
  take_link();
  take_away(pinned_name("targets"));
  const std::string said = in_child([&]() -> std::string {
    if (!keep_only({CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON})) return "capset failed";
    const auto engine = XdpEngine::open(options());
    return engine ? engine->found() : engine.error().sentence;
  });
  EXPECT_NE(said.find("were given up"), std::string::npos) << said;
}

}  // namespace
}  // namespace waymark
