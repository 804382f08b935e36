// What happens to interfaces from outside, and that the daemon says what is and mends it: an interface that is made
// anew, held, missing, renamed, without its program, one by one and together.
#include <net/if.h>

#include "daemon/processes_test.h"
#include "engine/xdp/links.h"

namespace waymark {

namespace {

class RecoveryTest : public Processes {
 protected:
  static void make(const std::string& name) {
    here("ip link add " + name + " type veth peer name " + name + "-p; ip link set " + name + " up; ip link set " +
         name + "-p up");
  }
  void start(const std::string& interfaces) {
    configure({target("s1", "10.77.0.2")}, "", interfaces);
    ASSERT_TRUE(runs(spawn())) << log();
  }
  bool becomes(const std::string& interface, const std::string& state) {
    return soon([&] { return says(interface) == state; });
  }
  std::string says(const std::string& interface) {
    const Json value = status("interface " + interface);
    return value.is_string() ? value.get<std::string>() : "";
  }
  std::ptrdiff_t lines_with(const std::string& words) const {
    std::istringstream text(log());
    std::ptrdiff_t count = 0;
    for (std::string line; std::getline(text, line);) count += line.find(words) != line.npos;
    return count;
  }
  // So many looks of the daemon later, one a second.
  void after(u64 seconds) {
    const u64 begin = status("uptime_seconds");
    ASSERT_TRUE(soon([&] { return status("uptime_seconds").get<u64>() >= begin + seconds; }));
  }
  std::string metric(const std::string& sample) {
    const auto text = api_get(socket(), "/metrics");
    if (!text) return text.error().sentence;
    const auto at = text->find("\n" + sample + " ");
    return at == text->npos ? "" : text->substr(at + sample.size() + 2, 1);
  }
  // Another program on the interface, as long as this lives.
  struct Stranger {
    Object object;
    Fd link;
  };
  static Stranger hold(const std::string& interface) {
    auto object = Object::load(program(), Image{});
    EXPECT_TRUE(object) << object.error().sentence;
    Attached how;
    auto link = attach({if_nametoindex(interface.c_str()), interface}, object->program("wm_clock"), how);
    EXPECT_TRUE(link) << link.error().sentence;
    return {std::move(*object), std::move(*link)};
  }
};

TEST_F(RecoveryTest, HeldMadeAnewAndMissingAtOnce) {
  make("wm-two");
  make("wm-three");
  start("wm-here = \"public\", wm-two = \"public\", wm-three");
  EXPECT_EQ(says("wm-two"), "native XDP");
  here("ip link del wm-three");
  EXPECT_TRUE(becomes("wm-three", "missing")) << log();

  // Whoever makes it anew puts a program of his own on it before it has its name.
  here("ip link del wm-two; ip link add wm-tmp type veth peer name wm-two-p");
  {
    const Stranger stranger = hold("wm-tmp");
    here("ip link set wm-tmp name wm-two; ip link set wm-two up; ip link set wm-two-p up");
    EXPECT_TRUE(soon([&] { return says("wm-two").find("held by another program ") == 0; })) << says("wm-two");
    EXPECT_NE(says("wm-two").find("wm_clock"), std::string::npos) << says("wm-two");
    EXPECT_TRUE(soon([&] { return lines_with("wm-two already holds another XDP program") == 1; })) << log();
    after(3);
    EXPECT_EQ(lines_with("wm-two already holds another XDP program"), 1) << "one line for one reason\n" << log();
    EXPECT_EQ(says("wm-here"), "native XDP") << "the others go on";
    EXPECT_EQ(says("wm-three"), "missing");
    EXPECT_TRUE(soon([&] { return metric("waymark_interface_attached{interface=\"wm-two\"}") == "0"; }));
    EXPECT_EQ(metric("waymark_interface_attached{interface=\"wm-here\"}"), "1");
  }
  EXPECT_TRUE(becomes("wm-two", "native XDP")) << log();
  EXPECT_TRUE(soon([&] { return lines_with("interface wm-two is served again") == 1; })) << log();
  EXPECT_EQ(says("wm-three"), "missing") << "it is not waited for";
  EXPECT_TRUE(soon([&] { return metric("waymark_interface_attached{interface=\"wm-two\"}") == "1"; }));

  make("wm-three");
  EXPECT_TRUE(becomes("wm-three", "native XDP")) << log();
  EXPECT_TRUE(soon([&] { return !warned("interface "); })) << status("warning");
}

TEST_F(RecoveryTest, AnInterfaceMadeAnew) {
  make("wm-two");
  start("wm-two");
  here("ip link del wm-two");
  EXPECT_TRUE(soon([&] {
    return status("warning") == "interface wm-two is missing; the program will attach when it appears";
  })) << log();
  EXPECT_EQ(says("wm-two"), "missing");
  make("wm-two");
  EXPECT_TRUE(becomes("wm-two", "native XDP")) << log();
  EXPECT_TRUE(soon([&] { return !warned("interface "); }));
}

TEST_F(RecoveryTest, RenamedAndBack) {
  make("wm-two");
  start("wm-here = \"public\", wm-two");
  here("ip link set wm-two down; ip link set wm-two name wm-other; ip link set wm-other up");
  EXPECT_TRUE(becomes("wm-two", "missing")) << log();
  here("ip link set wm-other down; ip link set wm-other name wm-two; ip link set wm-two up");
  EXPECT_TRUE(becomes("wm-two", "native XDP")) << log();
  EXPECT_TRUE(soon([&] { return !warned("interface "); })) << status("warning");

  // And with another one in its place meanwhile.
  here(
      "ip link set wm-two down; ip link set wm-two name wm-other; ip link set wm-two-p down; "
      "ip link set wm-two-p name wm-other-p; ip link set wm-other-p up");
  make("wm-two");
  EXPECT_TRUE(becomes("wm-two", "native XDP")) << log();
  EXPECT_TRUE(soon([&] { return output("ip -d link show wm-other").find("prog/xdp") == std::string::npos; }));
  here("ip link del wm-two; ip link set wm-other name wm-two; ip link set wm-two up");
  EXPECT_TRUE(becomes("wm-two", "native XDP")) << log();
  EXPECT_TRUE(soon([&] { return !warned("interface "); })) << status("warning");
}

TEST_F(RecoveryTest, AnotherMacAndMtuAreFollowed) {
  start("wm-here");
  const std::string before = log();
  here("ip link set wm-here address 02:00:00:00:00:09");
  EXPECT_TRUE(soon([&] { return lines_with("; loaded in ") == 2; })) << log();
  here("ip link set wm-here mtu 1400");
  EXPECT_TRUE(soon([&] { return lines_with("; loaded in ") == 3; })) << log();
  EXPECT_EQ(says("wm-here"), "native XDP");
}

TEST_F(RecoveryTest, StartsWithNoneOfItsInterfacesAndServesWhenTheyCome) {
  configure({target("s1", "10.77.0.2")}, "", "wm-two");
  for (const bool adopts : {false, true}) {
    const pid_t daemon = spawn();
    ASSERT_TRUE(runs(daemon)) << log();
    EXPECT_EQ(says("wm-two"), "missing");
    EXPECT_TRUE(soon([&] {
      return status("warning") == "interface wm-two is missing; the program will attach when it appears";
    })) << log();
    if (!adopts) {
      kill(daemon, SIGKILL);
      (void)end_of(daemon);
    }
  }
  make("wm-two");
  EXPECT_TRUE(becomes("wm-two", "native XDP")) << log();
  EXPECT_TRUE(soon([&] { return !warned("interface "); })) << status("warning");
}

TEST_F(RecoveryTest, StartsAndReloadsWithWhatThereIs) {
  start("wm-here = \"public\", wm-two");
  EXPECT_EQ(says("wm-here"), "native XDP");
  EXPECT_EQ(says("wm-two"), "missing");
  EXPECT_TRUE(soon([&] { return lines_with("interface wm-two is missing") >= 1; })) << log();
  configure({target("s1", "10.77.0.2"), target("s2", "10.77.0.3")}, "", "wm-here = \"public\", wm-two");
  ASSERT_TRUE(post("/v1/reload")) << log();
  EXPECT_EQ(get("/v1/targets").size(), 2u);
  make("wm-two");
  EXPECT_TRUE(becomes("wm-two", "native XDP")) << log();

  // What is asked for anew and held is refused, and nothing changes.
  make("wm-three");
  const Stranger stranger = hold("wm-three");
  configure({target("s1", "10.77.0.2")}, "", "wm-here = \"public\", wm-two = \"public\", wm-three");
  const auto refused = post("/v1/reload");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().sentence.find("wm-three already holds another XDP program"), std::string::npos);
  EXPECT_EQ(get("/v1/targets").size(), 2u);
  EXPECT_EQ(says("wm-two"), "native XDP");
}

}  // namespace

}  // namespace waymark
