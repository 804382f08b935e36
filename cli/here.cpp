#include "cli/here.h"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/hook.h"
#include "engine/xdp/kernel_facts.h"
#include "node/compile.h"
#include "roles/role.h"
#include "rtnetlink/machine.h"

namespace waymark::cli {

using namespace here;

namespace {

// Whether the hardware takes VLAN tags out of packets before XDP sees them.
bool strips_vlan_tags(const std::string& interface) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ethtool_value value{ETHTOOL_GFLAGS, 0};
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  const bool known = ioctl(fd, SIOCETHTOOL, &request) == 0;
  close(fd);
  return known && (value.data & ETH_FLAG_RXVLAN);
}

void look_at_interfaces(const Config& config, Findings& out) {
  for (const std::string& name : interface_names(config)) {
    const auto link = link_by_name(name);
    if (!link) {
      error(out, fmt::format("interface {} does not exist", name));
    } else if (name == "lo" || !link->ethernet) {
      error(out, fmt::format("interface {} has no Ethernet frames; Waymark needs an interface that has", name));
    } else if (!link->up) {
      warn(out, fmt::format("interface {} is down: ip link set {} up", name, name));
    } else if (!link->carrier) {
      warn(out, fmt::format("interface {} has no carrier: its other end is down or not connected", name));
    }
    if (link)
      if (std::string low = unreached_mtu(config, name, link->mtu); !low.empty()) warn(out, std::move(low));
    const auto& all = config.engine.interfaces;
    const bool tagged = std::any_of(all.begin(), all.end(), [&](auto& i) { return i.name == name && i.outer_vlan; });
    if (link && tagged && strips_vlan_tags(name))
      warn(out,
           fmt::format("interface {} takes VLAN tags out of packets before XDP sees them: ethtool -K {} rxvlan off",
                       name, name));
  }
}

}  // namespace

Findings look_here(const Config& config) {
  Findings out;
  if (const Status bpf = bpf_usable(); !bpf) error(out, bpf.error().sentence);
  struct statfs mounted {};
  if (config.engine.persist && (statfs("/sys/fs/bpf", &mounted) != 0 || u32(mounted.f_type) != BPF_FS_MAGIC))
    warn(out,
         "no BPF file system is mounted, where tables and links outlive the daemon; it mounts one itself if it may: "
         "mount -t bpf bpf /sys/fs/bpf");
  if (!config.on_event.empty())
    if (const Status may = may_run(config.on_event); !may)
      warn(out, fmt::format("{}; events go to the log alone", may.error().sentence));
  look_at_interfaces(config, out);
  for (const Descriptor* role : roles_at_work(config))
    if (role->look_here) role->look_here(config, out);
  return out;
}

}  // namespace waymark::cli
