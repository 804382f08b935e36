// What the engine says and does with less than everything: few capabilities, no BPF file system.
#include <bpf/bpf.h>
#include <sys/mount.h>

#include <filesystem>

#include "engine/xdp/rights_test.h"
#include "engine/xdp/veth_test.h"

namespace waymark {
namespace {

using Rights = Veths;

TEST_F(Rights, ThreeCapabilitiesSuffice) {
  const std::string said = in_child([&]() -> std::string {
    if (!keep_only({CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON})) return "capset failed";
    {
      auto engine = XdpEngine::open(options());
      if (!engine) return engine.error().sentence;
      if (const Status s = engine->apply(image(), {on("wm-one"), on("lo")}); !s) return s.error().sentence;
    }
    auto next = XdpEngine::open(options(program_again()));
    if (!next) return next.error().sentence;
    if (const Status s = next->apply(image(), {on("wm-one")}); !s) return s.error().sentence;
    if (next->target_traffic(10).size() != 10) return "no counters";
    if (const Status s = XdpEngine::remove("test", root_); !s) return s.error().sentence;
    return "well";
  });
  EXPECT_EQ(said, "well");
}

// A program without a pin is lost to all who may not look it up by its number.
TEST_F(Rights, ThreeCapabilitiesSufficeAfterAKillInTheMiddleOfASwap) {
  const std::string said = in_child([&]() -> std::string {
    if (!keep_only({CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON})) return "capset failed";
    {
      auto engine = XdpEngine::open(options());
      if (!engine) return engine.error().sentence;
      fill_meta(*engine);
      if (const Status s = engine->apply(image(), {on("wm-one"), on("wm-two")}); !s) return s.error().sentence;
    }
    {
      auto killed = Object::load(program_again(), image());
      if (!killed) return killed.error().sentence;
      const Fd link(bpf_obj_get((directory() + "/links/if" + std::to_string(if_nametoindex("wm-one"))).c_str()));
      if (bpf_obj_pin(killed->map(kJumps), (directory() + "/" + pinned_name(kJumpsNext)).c_str())) return "not pinned";
      if (bpf_obj_pin(killed->program(), (directory() + "/program_next").c_str())) return "not pinned";
      if (bpf_link_update(link.get(), killed->program(), nullptr)) return "not moved";
    }
    if (program_on("wm-one") == program_on("wm-two")) return "both run one program";
    auto next = XdpEngine::open(options());
    if (!next) return next.error().sentence;
    if (program_on("wm-one") != program_on("wm-two")) return "the swap was not finished";
    if (const Status s = next->apply(image(), {on("wm-one"), on("wm-two")}); !s) return s.error().sentence;
    return std::filesystem::exists(directory() + "/program_next") ? "program_next is still there" : "well";
  });
  EXPECT_EQ(said, "well");
}

TEST_F(Rights, WithoutAnyOfTheThreeASentenceNamesThem) {
  using Set = std::initializer_list<u32>;
  for (const Set& set :
       {Set{}, Set{CAP_NET_ADMIN, CAP_PERFMON}, Set{CAP_BPF, CAP_PERFMON}, Set{CAP_BPF, CAP_NET_ADMIN}}) {
    const std::string said = in_child([&]() -> std::string {
      if (!keep_only(set)) return "capset failed";
      auto engine = XdpEngine::open(options());
      if (!engine) return engine.error().sentence;
      const Status s = engine->apply(image(), {on("wm-one")});
      return s ? "well" : s.error().sentence;
    });
    EXPECT_NE(said.find("CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"), std::string::npos) << said;
  }
}

TEST_F(Rights, MountsTheBpfFileSystemWhereItIsMissing) {
  const std::string said = in_child([&]() -> std::string {
    if (unshare(CLONE_NEWNS) || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr)) return "no mount namespace";
    if (umount2("/sys/fs/bpf", MNT_DETACH)) return "not mounted to begin with";
    while (umount2("/sys/fs/bpf", MNT_DETACH) == 0) {
    }
    const auto engine = XdpEngine::open(options());
    return engine ? "well" : engine.error().sentence;
  });
  EXPECT_EQ(said, "well");
}

TEST_F(Rights, ADirectoryElsewhereIsRefusedInASentence) {
  XdpEngine::Options elsewhere = options();
  elsewhere.root = "/tmp/wm-xdp-nowhere";
  const auto engine = XdpEngine::open(elsewhere);
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().sentence.find("is not in a BPF file system"), std::string::npos) << engine.error().sentence;
}

}  // namespace
}  // namespace waymark
