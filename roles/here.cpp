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
