#include "lab/kit/polling.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

#include <cstring>

#include "lab/kit/netns.h"

namespace waymark::lab {

Status poll_without_merging(const std::string& netns, const std::string& interface) {
  const Inside inside(netns);
  if (!inside.entered()) return Error{fmt::format("namespace {} cannot be entered", netns)};
  bpf_insn pass[2] = {};
  pass[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  pass[0].imm = XDP_PASS;
  pass[1].code = BPF_JMP | BPF_EXIT;
  const int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "wm_lab_pass", "GPL", pass, 2, nullptr);
  const int attached =
      program < 0 ? program
                  : bpf_xdp_attach(int(if_nametoindex(interface.c_str())), program, XDP_FLAGS_DRV_MODE, nullptr);
  if (program >= 0) close(program);
  if (attached == 0) return Done{};
  return Error{fmt::format("no XDP program can be put on {} of {}: {}", interface, netns, std::strerror(-attached))};
}

}  // namespace waymark::lab
