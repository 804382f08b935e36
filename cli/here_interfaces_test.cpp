// What is on interfaces, and what a start would refuse.
#include <net/if.h>

#include "cli/here_test.h"
#include "engine/xdp/engine.h"
#include "engine/xdp/links.h"
#include "engine/xdp/program.h"

namespace waymark::cli {

// Each command as it is printed, and its finding is gone.
TEST_F(HereTest, WhatAVethsOtherEndDoes) {
  WM_NEED(Cap::bpf);
  const auto with = [](const char* mode) {
    return findings(std::string("[engine]\nmode = \"") + mode + "\"\ninterfaces = { \"wm-here:7\" = \"public\" }\n" +
                    "[translator]\naddress = \"198.51.100.1\"\nprefix = [{ prefix = \"2001:db8:64::/96\" }]\n");
  };
  const std::string whose = "wm-peer, the other end of wm-here, ";
  for (const std::string& finding :
       {whose + "leaves checksums", whose + "hides VLAN tags", whose + "takes nothing that XDP sends"}) {
    const std::string command = mend(with("auto"), finding);
    EXPECT_TRUE(command.starts_with(enter())) << command;
    expect_none(with("auto"), finding);
  }
  expect_none(with("auto"), whose);
  here(enter() + "waymark xdp off wm-peer");
  expect(with("auto"), whose + "takes nothing that XDP sends");
  expect_none(with("generic"), whose);  // there the stack sends
  expect_none(findings(kHost), whose);  // to nobody
  expect(findings(std::string(kHost) + "hosts = \"10.77.0.3\"\n"), whose + "takes nothing that XDP sends");
  here("ethtool -K wm-here gro on");
  EXPECT_EQ(mend(with("generic"), "interface wm-here joins segments"), "ethtool -K wm-here gro off");
  expect_none(with("generic"), "joins segments");
}

TEST_F(HereTest, AnotherProgramOnAnInterface) {
  WM_NEED(Cap::bpf);
  const std::string held = "interface wm-here already holds another XDP program, program ";
  here("waymark xdp pass wm-here");
  EXPECT_EQ(mend(findings(kPlain), held), "waymark xdp off wm-here");
  expect_none(findings(kPlain), held);
  const auto other = Object::load(program(), Image());
  ASSERT_TRUE(other) << other.error().sentence;
  for (const XdpMode mode : {XdpMode::native, XdpMode::generic}) {
    Attached how;
    const auto link = attach({if_nametoindex("wm-here"), "wm-here", mode}, other->program("wm_clock"), how);
    ASSERT_TRUE(link) << link.error().sentence;
    expect(findings(kPlain), "(wm_clock): waymark xdp off wm-here\n");
    EXPECT_EQ(mend(findings(kPlain), held), "waymark xdp off wm-here");
    expect_none(findings(kPlain), held);
  }
}

// Another instance, and the own one with other sizes.
TEST_F(HereTest, WhatRunsAlready) {
  WM_NEED(Cap::bpf);
  const std::string node = "wm-here-" + std::to_string(getpid());
  const auto with = [&](const std::string& name, const char* pins) {
    std::string file = kPlain;
    file.insert(file.find("interfaces"), std::string("pins = ") + pins + "\n");
    return findings("[node]\nname = \"" + name + "\"" + file);
  };
  const auto run = [&] {
    XdpEngine::Options options;
    options.instance = node;
    options.program = program();
    options.sizes = sizes_for(1000);
    auto engine = XdpEngine::open(options);
    ASSERT_TRUE(engine) << engine.error().sentence;
    Meta& meta = engine->live().meta[0];
    meta.pin_buckets = pin_buckets_for(1000);
    meta.embryo_buckets = embryo_buckets_for(1000);
    meta.ticks_per_second = engine->ticks_per_second();
    meta.layout = kLayoutVersion;
    Image image;
    image.settings.pin_buckets = meta.pin_buckets;
    image.settings.embryo_buckets = meta.embryo_buckets;
    const Status done = engine->apply(image, {{if_nametoindex("wm-here"), "wm-here", XdpMode::automatic}});
    ASSERT_TRUE(done) << done.error().sentence;
  };
  run();
  const std::string down = "waymark down --node " + node,
                    held = "interface wm-here already holds another XDP program, ",
                    other = "the pinned flow table is made for ";
  expect_none(with(node, "1000"), held);
  expect_none(with(node, "1000"), other);
  EXPECT_EQ(mend(with(node, "100000"), other), down);
  expect_none(with(node, "100000"), other);
  run();
  expect(with("another", "1000"), held + "the program of node " + node + ": " + down + "\n");
  EXPECT_EQ(mend(with("another", "1000"), held), down);
  expect_none(with("another", "1000"), held);
}

TEST_F(HereTest, TheGroupsKey) {
  const std::string key = "/tmp/wm-here-key-" + std::to_string(getpid());
  const std::string file = std::string(kPlain) + "[group]\nname = \"g\"\nkey = \"" + key +
                           "\"\nlisten = \"10.77.0.1:6090\"\n[[group.member]]\nname = \"two\"\naddress = "
                           "\"10.77.0.2:6090\"\n";
  const std::string make = "head -c 32 /dev/urandom | base64 | install -m 600 /dev/stdin " + key;
  EXPECT_EQ(mend(findings(file), "[group] key: "), make);
  expect_none(findings(file), "[group] key");
  here("chmod 640 " + key);
  EXPECT_EQ(mend(findings(file), "[group] key: "), "chmod 600 " + key);
  expect_none(findings(file), "[group] key");
  here("echo short >" + key);
  EXPECT_EQ(mend(findings(file), "[group] key: "), make);
  expect_none(findings(file), "[group] key");
  here("rm " + key);
}

}  // namespace waymark::cli
