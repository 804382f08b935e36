// An engine's life on real interfaces: adopt, swap, roll back, refuse, go.
#include "engine/xdp/engine.h"

#include <bpf/bpf.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "engine/xdp/veth_test.h"

namespace waymark {
namespace {

using Engine = Veths;

TEST_F(Engine, AdoptsWhatTheLastOneLeft) {
  u32 link = 0, first = 0;
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    EXPECT_TRUE(engine->fresh());
    fill_meta(*engine);
    engine->live().pins[3].pin[2] = 0x123456789abcdef0;
    engine->live().choices[kMaxChoices + 5] = 77;
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
    link = engine->load()->interfaces.at(0).link;
    first = program_on("wm-one");
    EXPECT_EQ(engine->load()->program.id, first);
    EXPECT_EQ(engine->load()->interfaces.at(0).mode, XdpMode::native);
  }
  EXPECT_EQ(program_on("wm-one"), first) << "the program went with its engine";
  auto engine = XdpEngine::open(options(program_again()));
  WM_ASSERT_OK(engine);
  EXPECT_FALSE(engine->fresh());
  EXPECT_EQ(engine->live().pins[3].pin[2], 0x123456789abcdef0u);
  EXPECT_EQ(engine->live().choices[kMaxChoices + 5], 77);
  EXPECT_EQ(program_on("wm-one"), first) << "opening changes nothing";
  const std::string tag = program_facts(bpf_prog_get_fd_by_id(first)).tag;
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  EXPECT_EQ(engine->load()->interfaces.at(0).link, link) << "the link was made anew, not moved";
  EXPECT_NE(engine->load()->program.tag, tag);
  EXPECT_EQ(program_on("wm-one"), engine->load()->program.id);
}

TEST_F(Engine, KeepsAllInterfacesOrNone) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one"), on("lo", XdpMode::generic)}));
  const u32 before = program_on("wm-one");
  EXPECT_EQ(program_on("lo"), before);
  // The loopback cannot go native; by then wm-one has been moved, and wm-two attached.
  const Status status = engine->apply(image(), {on("wm-one"), on("wm-two"), on("lo", XdpMode::native)});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().sentence.find("interface lo in native mode"), std::string::npos) << status.error().sentence;
  EXPECT_EQ(program_on("wm-one"), before);
  EXPECT_EQ(program_on("lo"), before);
  EXPECT_EQ(program_on("wm-two"), 0u);
  EXPECT_EQ(list(directory() + "/links").size(), 2u);
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one"), on("wm-two")}));
  EXPECT_NE(program_on("wm-one"), before);
  EXPECT_EQ(program_on("wm-two"), program_on("wm-one"));
  EXPECT_EQ(program_on("lo"), 0u) << "no longer wanted";
}

TEST_F(Engine, RefusesAnInterfaceThatHoldsAnotherProgram) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  const u32 before = program_on("wm-one");
  const auto other = Object::load(program(), image());
  WM_ASSERT_OK(other);
  Attached how;
  const auto link = attach(on("wm-two"), other->program("wm_clock"), how);
  WM_ASSERT_OK(link);
  const Status status = engine->apply(image(), {on("wm-one"), on("wm-two")});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().sentence.find("interface wm-two already holds another XDP program"), std::string::npos);
  EXPECT_NE(status.error().sentence.find("wm_clock"), std::string::npos) << status.error().sentence;
  EXPECT_EQ(program_on("wm-one"), before);
}

TEST_F(Engine, WhatIsNotRequiredIsLeftOut) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  const auto other = Object::load(program(), image());
  WM_ASSERT_OK(other);
  Attached how;
  auto stranger = attach(on("wm-two"), other->program("wm_clock"), how);
  WM_ASSERT_OK(stranger);
  const auto wish = [](Attachment to) {
    to.required = false;
    return to;
  };
  WM_ASSERT_OK(engine->apply(
      image(), {wish({9999, "eth7"}), wish(on("wm-two")), wish(on("wm-one")), wish(on("lo", XdpMode::native))}));
  EXPECT_EQ(program_on("wm-one"), engine->load()->program.id);
  ASSERT_EQ(engine->load()->left_out.size(), 3u);
  EXPECT_EQ(engine->load()->left_out[0], "interface eth7 does not exist");
  EXPECT_NE(engine->load()->left_out[1].find("wm-two already holds"), std::string::npos);
  EXPECT_NE(engine->load()->left_out[2].find("interface lo in native mode"), std::string::npos);
  EXPECT_EQ(engine->load()->interfaces.size(), 1u);

  EXPECT_FALSE(engine->serve(on("wm-two"))) << "it is still held";
  *stranger = Fd();
  WM_ASSERT_OK(engine->serve(on("wm-two")));
  EXPECT_EQ(program_on("wm-two"), engine->load()->program.id);
  EXPECT_EQ(engine->load()->interfaces.size(), 2u);
  WM_ASSERT_OK(engine->serve(on("wm-two"))) << "twice is once";
  EXPECT_EQ(engine->load()->interfaces.size(), 2u);
  EXPECT_EQ(list(directory() + "/links").size(), 2u) << "it lasts as the others";
}

TEST_F(Engine, ServesAgainWhatLostItsLink) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  EXPECT_FALSE(engine->serve(on("wm-one"))) << "nothing is loaded yet";
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  const int link = bpf_link_get_fd_by_id(engine->load()->interfaces.at(0).link);
  ASSERT_EQ(bpf_link_detach(link), 0);
  close(link);
  EXPECT_EQ(program_on("wm-one"), 0u);
  WM_ASSERT_OK(engine->serve(on("wm-one")));
  EXPECT_EQ(program_on("wm-one"), engine->load()->program.id);
  EXPECT_EQ(engine->load()->interfaces.size(), 1u);
  auto next = XdpEngine::open(options());
  WM_ASSERT_OK(next);
  WM_ASSERT_OK(next->apply(image(), {on("wm-one")})) << "whoever comes next finds its link";
}

// The kernel lets go of programs that jump to each other a moment after their last descriptor.
bool gone(u32 program) {
  for (int i = 0; i < 1000; ++i) {
    const Fd fd(bpf_prog_get_fd_by_id(program));
    if (!fd) return true;
    usleep(5000);
  }
  return false;
}

u32 program_at(int jumps, Role role) {
  const u32 key = u32(role);
  u32 id = 0;
  return bpf_map_lookup_elem(jumps, &key, &id) ? 0 : id;
}

TEST_F(Engine, JumpsOutliveTheProcessAndOldOnesTheSwapForAMoment) {
  const std::string file = directory() + "/" + pinned_name(kJumps);
  u32 host = 0;
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    fill_meta(*engine);
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
    host = program_at(engine->object()->map(kJumps), Role::host);
    EXPECT_NE(host, 0u);
    EXPECT_EQ(program_at(engine->object()->map(kJumps), Role::director), engine->load()->program.id);
    EXPECT_EQ(engine->load()->programs.size(), std::size(kPrograms));
  }
  EXPECT_EQ(program_at(Fd(bpf_obj_get(file.c_str())).get(), Role::host), host) << "nobody holds it but the file";
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  EXPECT_NE(program_at(Fd(bpf_obj_get(file.c_str())).get(), Role::host), host);
  EXPECT_TRUE(Fd(bpf_prog_get_fd_by_id(host))) << "packets may be on their way through it";
  engine->take_retired();
  EXPECT_TRUE(gone(host));
  EXPECT_FALSE(std::filesystem::exists(directory() + "/" + pinned_name(kJumpsNext)));
  WM_ASSERT_OK(XdpEngine::remove("test", root_));
  EXPECT_FALSE(std::filesystem::exists(root_));
}

// Only the roles that there are cost a load; the first is attached.
TEST_F(Engine, LoadsTheProgramsOfTheImagesRoles) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  Image some = image();
  some.roles = role_bit(Role::host);
  some.first = Role::host;
  WM_ASSERT_OK(engine->apply(some, {on("wm-one")}));
  ASSERT_EQ(engine->load()->programs.size(), 1u);
  EXPECT_EQ(engine->load()->program.name, "wm_host");
  EXPECT_EQ(program_at(engine->object()->map(kJumps), Role::director), 0u);
}

// Whoever is killed in the middle of a swap leaves two tables of jumps: the links' program says which one is in use.
TEST_F(Engine, ASwapThatWasInterruptedIsFinishedWithItsJumps) {
  const std::string file = directory() + "/" + pinned_name(kJumps), next = directory() + "/" + pinned_name(kJumpsNext);
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    fill_meta(*engine);
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one"), on("wm-two")}));
  }
  u32 host = 0;
  {
    auto killed = Object::load(program_again(), image());
    WM_ASSERT_OK(killed);
    host = program_at(killed->map(kJumps), Role::host);
    const Fd link(bpf_obj_get((directory() + "/links/if" + std::to_string(if_nametoindex("wm-one"))).c_str()));
    ASSERT_EQ(bpf_obj_pin(killed->map(kJumps), next.c_str()), 0);
    ASSERT_EQ(bpf_obj_pin(killed->program(), (directory() + "/program_next").c_str()), 0);
    ASSERT_EQ(bpf_link_update(link.get(), killed->program(), nullptr), 0);
  }
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  EXPECT_EQ(program_on("wm-one"), program_on("wm-two"));
  EXPECT_EQ(program_at(Fd(bpf_obj_get(file.c_str())).get(), Role::host), host);
  EXPECT_FALSE(std::filesystem::exists(next));
  // Killed once more, between the two names: what is in use has its name already.
  ASSERT_EQ(rename((directory() + "/program").c_str(), (directory() + "/program_next").c_str()), 0);
  engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  EXPECT_TRUE(std::filesystem::exists(directory() + "/program"));
  EXPECT_EQ(program_at(Fd(bpf_obj_get(file.c_str())).get(), Role::host), host);
}

// A load is made beside the engine, and leaves nothing where nobody puts it.
TEST_F(Engine, ALoadThatIsAbandonedLeavesNothing) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  const u32 running = program_on("wm-one");
  const auto pinned = list(directory());
  u32 abandoned = 0;
  {
    std::optional<Result<Loaded>> loaded;
    std::thread([&, load = engine->loader()] { loaded.emplace(load(image())); }).join();
    WM_ASSERT_OK(*loaded);
    abandoned = program_facts((*loaded)->object.program()).id;
    EXPECT_NE(abandoned, 0u);
    EXPECT_EQ(program_on("wm-one"), running);
    EXPECT_EQ(list(directory()), pinned);
  }
  EXPECT_TRUE(gone(abandoned));
  Loader last = engine->loader();
  engine = Error{"gone"};
  WM_ASSERT_OK(last(image())) << "of use when its engine is gone";
}

TEST_F(Engine, RefusesAnInterfaceThatIsNotThere) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  const Status status = engine->apply(image(), {on("wm-one"), {9999, "eth7", XdpMode::automatic}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().sentence, "interface eth7 does not exist");
  EXPECT_EQ(program_on("wm-one"), 0u);
}

TEST_F(Engine, RefusesTablesOfAnotherLayoutAndForeignFiles) {
  WM_ASSERT_OK(make_directory(directory()));
  const int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pins", 4, 64, 1, nullptr);
  const std::string newer = directory() + "/pins_v7", foreign = directory() + "/cilium_calls";
  ASSERT_EQ(bpf_obj_pin(map, newer.c_str()), 0);
  auto engine = XdpEngine::open(options());
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().sentence.find("are of layout 7, and this build knows layout " +
                                         std::to_string(kLayoutVersion) + " only"),
            std::string::npos)
      << engine.error().sentence;
  unlink(newer.c_str());
  ASSERT_EQ(bpf_obj_pin(map, foreign.c_str()), 0);
  engine = XdpEngine::open(options());
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().sentence.find("cilium_calls is not Waymark's"), std::string::npos);
  unlink(foreign.c_str());
  close(map);
}

TEST_F(Engine, RefusesTablesThatSayTheyAreNewer) {
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    fill_meta(*engine);
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
    engine->live().meta[0].layout = kLayoutVersion + 1;
  }
  const auto engine = XdpEngine::open(options());
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().sentence.find("hold layout " + std::to_string(kLayoutVersion + 1)), std::string::npos)
      << engine.error().sentence;
}

TEST_F(Engine, RefusesAnotherNumberOfPins) {
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    Image larger = image();
    larger.settings.pin_buckets = pin_buckets_for(2000);
    EXPECT_FALSE(engine->apply(larger, {on("wm-one")}));
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  }
  XdpEngine::Options larger = options();
  larger.sizes = sizes_for(2000);
  auto engine = XdpEngine::open(larger);
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().sentence.find("run `waymark down` first"), std::string::npos) << engine.error().sentence;
  larger.sizes = sizes_for(0);
  engine = XdpEngine::open(larger);
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().sentence.find("the configuration wants no pins"), std::string::npos);
}

TEST_F(Engine, RefusesAnotherTableOfFlows) {
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  }
  XdpEngine::Options with = options();
  with.sizes = sizes_for(1000, kUsualTargets, 5'000);
  const auto engine = XdpEngine::open(with);
  ASSERT_FALSE(engine);
  EXPECT_EQ(
      engine.error().sentence,
      "the pinned table of the firewall's flows is made for no flows, and the configuration wants 4999 flows (841 "
      "buckets): set `flows` in [engine] back, or run `waymark down` first, which forgets every flow");
}

TEST_F(Engine, RefusesAnotherNumberOfTargets) {
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    Image fewer = image();
    fewer.targets = 2048;
    EXPECT_FALSE(engine->apply(fewer, {on("wm-one")}));
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  }
  XdpEngine::Options more = options();
  more.sizes.targets = 2 * kUsualTargets;
  const auto engine = XdpEngine::open(more);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().sentence,
            "the pinned tables are made for 65536 targets, and the configuration wants 131072: set `targets` in "
            "[engine] back, or run `waymark down` first, which forgets every flow's target");
}

TEST_F(Engine, RemoveLeavesNothing) {
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one"), on("wm-two")}));
  }
  EXPECT_TRUE(XdpEngine::exists("test", root_));
  WM_ASSERT_OK(XdpEngine::remove("test", root_));
  EXPECT_EQ(program_on("wm-one"), 0u);
  EXPECT_EQ(program_on("wm-two"), 0u);
  EXPECT_FALSE(std::filesystem::exists(root_));
  WM_ASSERT_OK(XdpEngine::remove("test", root_));
}

TEST_F(Engine, FallsBackToGenericAndSaysSo) {
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  WM_ASSERT_OK(engine->apply(image(), {on("lo")}));
  const Attached& how = engine->load()->interfaces.at(0);
  EXPECT_EQ(how.mode, XdpMode::generic);
  EXPECT_EQ(how.fallback, "its driver has no native XDP");
  EXPECT_TRUE(on_interface(1).generic);
}

TEST_F(Engine, ReplacesTheLinkOfAnInterfaceMadeAnew) {
  {
    auto engine = XdpEngine::open(options());
    WM_ASSERT_OK(engine);
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
    shell("ip link del wm-one");
    add_veth("wm-one", "wm-far", "10.78.1");
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
    EXPECT_NE(program_on("wm-one"), 0u);
    shell("ip link del wm-one");
  }
  add_veth("wm-one", "wm-far", "10.78.1");
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  EXPECT_EQ(program_on("wm-one"), engine->load()->program.id);
  EXPECT_EQ(list(directory() + "/links").size(), 1u);
}

TEST_F(Engine, WithoutPersistencePacketsLoseItWithItsProcess) {
  {
    auto engine = XdpEngine::open(options(program(), false));
    WM_ASSERT_OK(engine);
    fill_meta(*engine);
    engine->live().pins[1].pin[1] = 42;
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
    WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
    EXPECT_NE(program_on("wm-one"), 0u);
    EXPECT_TRUE(list(directory() + "/links").empty());
  }
  EXPECT_EQ(program_on("wm-one"), 0u);
  auto engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  EXPECT_EQ(engine->live().pins[1].pin[1], 42u) << "tables stay";
}

}  // namespace
}  // namespace waymark
