#include "rtnetlink/machine.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <system_error>

#include "base/address_text.h"
#include "rtnetlink/netlink.h"

namespace waymark {

namespace {

Result<RouteFact> route(const RouteQuestion& question) {
  auto requests = netlink::Requests::open();
  if (!requests) return requests.error();
  auto answers = requests->routes({&question, 1});
  if (!answers) return answers.error();
  return answers->front();
}

}  // namespace

Result<std::vector<LinkInfo>> links() {
  auto requests = netlink::Requests::open();
  if (!requests) return requests.error();
  return requests->links();
}

std::optional<LinkInfo> link_by_name(std::string_view name) {
  const auto all = links();
  if (!all) return {};
  const auto found = std::find_if(all->begin(), all->end(), [&](const LinkInfo& link) { return link.name == name; });
  return found == all->end() ? std::nullopt : std::optional(*found);
}

Result<RouteFact> route_to(const Address& destination) { return route({.destination = destination}); }

Result<bool> is_local(const Address& address) {
  const auto answer = route({.destination = address});
  if (!answer) return answer.error();
  return answer->kind == RouteFact::Kind::local;
}

std::vector<OwnAddress> own_addresses() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return {};
  std::vector<OwnAddress> out;
  for (const ifaddrs* a = all; a; a = a->ifa_next) {
    if (!a->ifa_addr || !a->ifa_netmask) continue;
    const auto bits = [&](const auto& mask) {
      u32 count = 0;
      for (const u8* byte = reinterpret_cast<const u8*>(&mask); byte < reinterpret_cast<const u8*>(&mask + 1); ++byte)
        count += u32(std::popcount(*byte));
      return u8(count);
    };
    if (a->ifa_addr->sa_family == AF_INET) {
      const auto *address = reinterpret_cast<const sockaddr_in*>(a->ifa_addr),
                 *mask = reinterpret_cast<const sockaddr_in*>(a->ifa_netmask);
      out.push_back({a->ifa_name, address_of(be32{address->sin_addr.s_addr}), bits(mask->sin_addr)});
    } else if (a->ifa_addr->sa_family == AF_INET6) {
      const auto *address = reinterpret_cast<const sockaddr_in6*>(a->ifa_addr),
                 *mask = reinterpret_cast<const sockaddr_in6*>(a->ifa_netmask);
      out.push_back({a->ifa_name, load_address(&address->sin6_addr), bits(mask->sin6_addr)});
    }
  }
  freeifaddrs(all);
  return out;
}

std::optional<std::string> sysctl(std::string_view name) {
  std::string path(name);
  const auto separator = path.find_first_of("./");
  if (separator != path.npos && path[separator] == '.')  // as sysctl(8): then a slash within stands for a dot
    for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  if (path.find("..") != path.npos) return {};
  std::ifstream file("/proc/sys/" + path);
  std::string line;
  if (!std::getline(file, line)) return {};
  return line;
}

Result<RouteAdvmss> route_advmss(const Address& source, const Address& destination) {
  const auto answer = route({destination, source});
  if (!answer) return answer.error();
  if (answer->kind == RouteFact::Kind::none)
    return Error{fmt::format("the kernel has no route from {} to {}: {}", text(source), text(destination),
                             std::generic_category().message(answer->error))};
  const auto all = links();
  if (!all) return all.error();
  for (const LinkInfo& link : *all)
    if (link.index == answer->interface)
      return RouteAdvmss{link.name, answer->mtu ? std::min(answer->mtu, link.mtu) : link.mtu, answer->advmss};
  return Error{fmt::format("the route from {} to {} names an interface that is gone", text(source), text(destination))};
}

}  // namespace waymark
