#include "roles/here.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/address_text.h"
#include "rtnetlink/machine.h"

namespace waymark::here {

namespace {

u32 number_of(const std::optional<std::string>& setting) {
  return setting ? u32(std::strtoul(setting->c_str(), nullptr, 10)) : 0;
}

}  // namespace

u32 ip4_setting(const std::string& interface, const std::string& name) {
  return std::max(number_of(sysctl("net/ipv4/conf/" + interface + "/" + name)),
                  number_of(sysctl("net/ipv4/conf/all/" + name)));
}

void look_at_forwarding(const std::string& interface, bool ip6, Findings& out) {
  const std::string version = ip6 ? "6" : "4", all = ip6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";
  if (sysctl("net/ipv" + version + "/conf/" + interface + "/forwarding") != "0") return;
  const std::string setting =
      sysctl(all) == "0" ? all : fmt::format("net.ipv{}.conf.{}.forwarding", version, interface);
  error(out, fmt::format("the kernel does not forward what is translated to IPv{} from {}: sysctl -w {}=1", version,
                         interface, setting));
}

std::set<std::string> untagged_in(const Config& config, const std::string& zone) {
  std::set<std::string> names;
  for (const InterfaceConfig& i : config.engine.interfaces)
    if (i.zone == zone && !i.outer_vlan) names.insert(i.name);
  return names;
}

void look_at_own_sources(const std::string& interface, bool has_own, const std::string& why, Findings& out) {
  if (has_own && !ip4_setting(interface, "accept_local"))
    warn(out,
         fmt::format("{}, as it drops packets with its own source address: sysctl -w net.ipv4.conf.{}.accept_local=1",
                     why, interface));
  if (ip4_setting(interface, "rp_filter") == 1)
    warn(out, fmt::format("{}, as rp_filter on {} is strict: sysctl -w net.ipv4.conf.{}.rp_filter=2", why, interface,
                          interface));
}

std::string address_command(const Address& address) {
  return fmt::format("ip addr add {}/{} dev lo", text(address), Prefix(address).length);
}

std::vector<std::string> interface_names(const Config& config) {
  std::vector<std::string> names;
  for (const InterfaceConfig& i : config.engine.interfaces)
    if (std::find(names.begin(), names.end(), i.name) == names.end()) names.push_back(i.name);
  return names;
}

}  // namespace waymark::here
