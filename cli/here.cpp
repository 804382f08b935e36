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
#include <cstdlib>

#include "daemon/hook.h"
#include "engine/xdp/kernel_facts.h"
#include "rtnetlink/machine.h"

namespace waymark::cli {

namespace here {

namespace {

u32 number_of(const std::optional<std::string>& setting) {
  return setting ? u32(std::strtoul(setting->c_str(), nullptr, 10)) : 0;
}

}  // namespace

u32 ip4_setting(const std::string& interface, const std::string& name) {
  return std::max(number_of(sysctl("net/ipv4/conf/" + interface + "/" + name)),
                  number_of(sysctl("net/ipv4/conf/all/" + name)));
}

std::vector<std::string> interface_names(const Config& config) {
  std::vector<std::string> names;
  for (const InterfaceConfig& i : config.engine.interfaces)
    if (std::find(names.begin(), names.end(), i.name) == names.end()) names.push_back(i.name);
  return names;
}

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
    const auto& all = config.engine.interfaces;
    const bool tagged = std::any_of(all.begin(), all.end(), [&](auto& i) { return i.name == name && i.outer_vlan; });
    if (link && tagged && strips_vlan_tags(name))
      warn(out,
           fmt::format("interface {} takes VLAN tags out of packets before XDP sees them: ethtool -K {} rxvlan off",
                       name, name));
  }
}

}  // namespace here

std::vector<Finding> look_here(const Config& config) {
  std::vector<Finding> out;
  if (const Status bpf = bpf_usable(); !bpf) here::error(out, bpf.error().sentence);
  struct statfs mounted {};
  if (config.engine.persist && (statfs("/sys/fs/bpf", &mounted) != 0 || u32(mounted.f_type) != BPF_FS_MAGIC))
    here::warn(
        out,
        "no BPF file system is mounted, where tables and links outlive the daemon; it mounts one itself if it may: "
        "mount -t bpf bpf /sys/fs/bpf");
  if (!config.on_event.empty())
    if (const Status may = may_run(config.on_event); !may)
      here::warn(out, fmt::format("{}; events go to the log alone", may.error().sentence));
  here::look_at_interfaces(config, out);
  if (!config.service.empty()) here::look_at_director(config, out);
  if (config.host) here::look_at_host(config, out);
  if (config.translator) here::look_at_translator(config, out);
  return out;
}

}  // namespace waymark::cli
