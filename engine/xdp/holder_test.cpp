#include "engine/xdp/holder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "engine/xdp/veth_test.h"

namespace waymark {

using HolderTest = Veths;

TEST_F(HolderTest, NativeGenericAndLinksGo) {
  const u32 one = if_nametoindex("wm-one");
  EXPECT_FALSE(holder_of(one, root_));
  EXPECT_FALSE(take_off(one, "wm-one", root_)) << "there is none";
  WM_ASSERT_OK(put_pass(one, "wm-one"));
  auto holder = holder_of(one, root_);
  ASSERT_TRUE(holder);
  EXPECT_FALSE(holder->generic);
  EXPECT_EQ(holder->link, 0u);
  EXPECT_EQ(text(*holder), "program " + std::to_string(holder->program) + " (wm_pass)");
  EXPECT_FALSE(put_pass(one, "wm-one")) << "it is held";

  const int pass = bpf_prog_get_fd_by_id(holder->program);
  ASSERT_GE(pass, 0);
  WM_ASSERT_OK(take_off(one, "wm-one", root_));
  EXPECT_FALSE(holder_of(one, root_));

  ASSERT_EQ(bpf_xdp_attach(int(one), pass, XDP_FLAGS_SKB_MODE, nullptr), 0);
  EXPECT_TRUE(holder_of(one, root_)->generic);
  WM_ASSERT_OK(take_off(one, "wm-one", root_));
  EXPECT_FALSE(holder_of(one, root_));

  for (const u32 mode : {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE}) {
    LIBBPF_OPTS(bpf_link_create_opts, how, .flags = mode);
    const Fd link(bpf_link_create(pass, int(one), BPF_XDP, &how));
    ASSERT_TRUE(link);
    EXPECT_EQ(holder_of(one, root_)->link, link_facts(link.get()).id);
    EXPECT_EQ(holder_of(one, root_)->generic, mode == XDP_FLAGS_SKB_MODE);
    WM_ASSERT_OK(take_off(one, "wm-one", root_));
    EXPECT_FALSE(holder_of(one, root_));
  }
  close(pass);
}

TEST_F(HolderTest, NodesProgramsStay) {
  Result<XdpEngine> engine = XdpEngine::open(options());
  WM_ASSERT_OK(engine);
  fill_meta(*engine);
  WM_ASSERT_OK(engine->apply(image(), {on("wm-one")}));
  const u32 one = if_nametoindex("wm-one");
  EXPECT_EQ(text(*holder_of(one, root_)), "the program of node test");
  const Status off = take_off(one, "wm-one", root_);
  ASSERT_FALSE(off);
  EXPECT_EQ(off.error().sentence, "interface wm-one holds the program of node test: waymark down --node test");
  EXPECT_TRUE(holder_of(one, root_));
}

}  // namespace waymark
