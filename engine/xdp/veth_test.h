// A place for engines: two network namespaces joined by veths wm-one <-> wm-far and wm-two <-> wm-off, and a directory
// of the test's own in bpffs. The test runs where wm-one and wm-two are; all vanishes with the fixture.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <string>

#include "engine/xdp/bpffs.h"
#include "engine/xdp/engine.h"
#include "engine/xdp/links.h"
#include "engine/xdp/program.h"
#include "tests/kit/need.h"

namespace waymark {

class Veths : public testing::Test {
 protected:
  void SetUp() override {
    WM_NEED(Cap::bpf);
    WM_NEED(Cap::netns);
    root_ = "/sys/fs/bpf/wm-xdp-" + std::to_string(getpid());
    home_ = current();
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    far_ = current();
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    here_ = current();
    shell("ip link set lo up");
    add_veth("wm-one", "wm-far", "10.78.1");
    add_veth("wm-two", "wm-off", "10.78.2");
  }

  void TearDown() override {
    if (home_ < 0) return;
    EXPECT_TRUE(XdpEngine::remove("test", root_));
    EXPECT_TRUE(list(root_).empty());
    EXPECT_EQ(setns(home_, CLONE_NEWNET), 0);
    for (int fd : {here_, far_, home_}) close(fd);
  }

  static void shell(const std::string& commands) {
    ASSERT_EQ(std::system(("set -e; " + commands).c_str()), 0) << commands;
  }

  // `name` here gets the address NET.1, `other` in the far namespace NET.2.
  void add_veth(const std::string& name, const std::string& other, const std::string& net) {
    const std::string there = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(far_);
    shell("ip link add " + name + " type veth peer name " + other + " netns " + there + "; ip addr add " + net +
          ".1/24 dev " + name + "; ip link set " + name + " up");
    far([&] { shell("ip addr add " + net + ".2/24 dev " + other + "; ip link set " + other + " up"); });
  }

  template <class Work>
  void far(Work work) {
    ASSERT_EQ(setns(far_, CLONE_NEWNET), 0);
    work();
    ASSERT_EQ(setns(here_, CLONE_NEWNET), 0);
  }

  XdpEngine::Options options(std::span<const u8> bytes = program(), bool persist = true) const {
    XdpEngine::Options o;
    o.instance = "test";
    o.root = root_;
    o.program = bytes;
    o.sizes = sizes_for(1000);
    o.persist = persist;
    return o;
  }

  // An image that listens nowhere: all packets are the kernel's.
  static Image image() {
    Image image;
    image.settings.pin_buckets = pin_buckets_for(1000);
    image.settings.embryo_buckets = embryo_buckets_for(1000);
    return image;
  }

  static Attachment on(const std::string& name, XdpMode mode = XdpMode::automatic) {
    return {if_nametoindex(name.c_str()), name, mode};
  }
  static u32 program_on(const std::string& name) { return on_interface(if_nametoindex(name.c_str())).program; }

  static void fill_meta(XdpEngine& engine) {
    Meta& meta = engine.live().meta[0];
    meta.pin_buckets = pin_buckets_for(1000);
    meta.embryo_buckets = embryo_buckets_for(1000);
    meta.ticks_per_second = engine.ticks_per_second();
    meta.layout = kLayoutVersion;
  }

  std::string directory() const { return root_ + "/test"; }

  int home_ = -1, far_ = -1, here_ = -1;
  std::string root_;

 private:
  static int current() { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }
};

#define WM_ASSERT_OK(result) ASSERT_TRUE(result) << (result).error().sentence

}  // namespace waymark
