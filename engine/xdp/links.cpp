#include "engine/xdp/links.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/xdp/kernel_facts.h"

namespace waymark {

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

LinkFacts link_facts(int link) {
  bpf_link_info info{};
  u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(link, &info, &size) || info.type != BPF_LINK_TYPE_XDP) return {};
  return {info.id, info.xdp.ifindex, info.prog_id};
}

OnInterface on_interface(u32 interface) {
  char name[IF_NAMESIZE];
  LIBBPF_OPTS(bpf_xdp_query_opts, query);
  if (!if_indextoname(interface, name) || bpf_xdp_query(int(interface), 0, &query)) return {};
  u32 program = query.prog_id;
  if (!program)
    program = query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id ? query.skb_prog_id : query.hw_prog_id;
  return {true, program, query.attach_mode == XDP_ATTACHED_SKB};
}

std::string program_name(u32 id) {
  const Fd program(bpf_prog_get_fd_by_id(id));  // needs CAP_SYS_ADMIN: without it there is the number alone
  const std::string name = program_facts(program.get()).name;
  return "program " + std::to_string(id) + (name.empty() ? "" : " (" + name + ")");
}

Result<Fd> attach(const Attachment& to, int program, Attached& how) {
  const auto create = [&](u32 mode) {
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);
    const int fd = bpf_link_create(program, int(to.interface), BPF_XDP, &options);
    return Fd(fd < 0 ? -1 : fd);
  };
  const std::string what = "cannot attach to interface " + to.name;
  how = {to.interface, to.name, XdpMode::native, "", 0};
  if (to.mode != XdpMode::generic) {
    Fd link = create(XDP_FLAGS_DRV_MODE);
    if (link) {
      how.link = link_facts(link.get()).id;
      return link;
    }
    if (errno == EPERM || errno == ENODEV || errno == EBUSY || errno == EEXIST) return Error{bpf_sentence(what, errno)};
    const std::string why = errno == EOPNOTSUPP
                                ? "its driver has no native XDP"
                                : "its driver refuses native XDP (" + std::string(strerror(errno)) + ")";
    if (to.mode == XdpMode::native)
      return Error{what + " in native mode: " + why + "; mode = \"auto\" in [engine] would go on in generic mode"};
    how.fallback = why;
  }
  how.mode = XdpMode::generic;
  Fd link = create(XDP_FLAGS_SKB_MODE);
  if (!link) return Error{bpf_sentence(what + " in generic mode", errno)};
  how.link = link_facts(link.get()).id;
  return link;
}

Status move_link(int link, int from, int to, const std::string& interface) {
  LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE, .old_prog_fd = u32(from));
  if (bpf_link_update(link, to, &options) == 0) return Done{};
  if (errno == EPERM || errno == ENOLINK)
    return Error{"the XDP program on interface " + interface + " changed while it was being swapped"};
  return Error{bpf_sentence("cannot swap the program on interface " + interface, errno)};
}

}  // namespace waymark
