#include "engine/xdp/holder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include <cerrno>
#include <vector>

#include "engine/xdp/bpffs.h"
#include "engine/xdp/kernel_facts.h"
#include "engine/xdp/links.h"

namespace waymark {

namespace {

constexpr u32 kMostLinks = 65'536;

// Interfaces of other namespaces may have the same number, and their links the same program: so all that may be meant.
std::vector<u32> links_of(u32 interface, u32 program) {
  std::vector<u32> out;
  u32 id = 0;
  for (u32 i = 0; i < kMostLinks && bpf_link_get_next_id(id, &id) == 0; ++i) {
    const Fd link(bpf_link_get_fd_by_id(id));
    const LinkFacts facts = link_facts(link.get());
    if (facts.interface == interface && facts.program == program) out.push_back(id);
  }
  return out;
}

std::string node_of(u32 interface, u32 program, const std::string& root) {
  for (const std::string& node : list(root)) {
    const Fd link(bpf_obj_get((root + "/" + node + "/links/if" + std::to_string(interface)).c_str()));
    if (link && link_facts(link.get()).program == program) return node;
  }
  return "";
}

}  // namespace

std::optional<Holder> holder_of(u32 interface, const std::string& root) {
  const OnInterface on = on_interface(interface);
  if (!on.program) return {};
  Holder holder{on.program, on.generic, 0, node_of(interface, on.program, root)};
  if (const auto links = links_of(interface, on.program); links.size() == 1) holder.link = links[0];
  return holder;
}

std::string text(const Holder& holder) {
  return holder.node.empty() ? program_name(holder.program) : "the program of node " + holder.node;
}

std::string removal(const Holder& holder, const std::string& interface) {
  return holder.node.empty() ? "waymark xdp off " + interface : "waymark down --node " + holder.node;
}

Status take_off(u32 interface, const std::string& name, const std::string& root) {
  const auto holder = holder_of(interface, root);
  if (!holder) return Error{"interface " + name + " holds no XDP program"};
  if (!holder->node.empty())
    return Error{"interface " + name + " holds " + text(*holder) + ": " + removal(*holder, name)};
  const std::string what = "cannot take " + text(*holder) + " off interface " + name;
  const auto links = links_of(interface, holder->program);
  if (links.size() > 1) return Error{what + ": several BPF links may be the one that holds it"};
  if (links.empty()) {
    const u32 mode = holder->generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
    if (const int error = bpf_xdp_detach(int(interface), mode, nullptr)) return Error{bpf_sentence(what, -error)};
  } else if (const Fd link(bpf_link_get_fd_by_id(links[0])); !link || bpf_link_detach(link.get()) != 0) {
    return Error{bpf_sentence(what, errno)};
  }
  return Done{};
}

Status put_pass(u32 interface, const std::string& name) {
  const std::string what = "cannot put a program on interface " + name;
  if (const OnInterface on = on_interface(interface); on.program)
    return Error{what + ": it holds " + program_name(on.program)};
  const bpf_insn pass[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = XDP_PASS},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  const Fd program(bpf_prog_load(BPF_PROG_TYPE_XDP, "wm_pass", "GPL", pass, 2, nullptr));
  if (!program) return Error{bpf_sentence(what, errno)};
  const u32 mode = XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST;
  if (const int error = bpf_xdp_attach(int(interface), program.get(), mode, nullptr))
    return Error{bpf_sentence(what, -error)};
  return Done{};
}

}  // namespace waymark
