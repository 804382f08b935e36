#include "rtnetlink/routes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>

#include "base/address_text.h"
#include "rtnetlink/exchange.h"

namespace waymark {

namespace {

using netlink::Message;
using netlink::PrefixRoute;

constexpr std::size_t kTold = 4;  // failures in one sentence

Result<std::vector<PrefixRoute>> routes_of(nl_sock* socket, u32 protocol) {
  std::vector<PrefixRoute> out;
  for (const int family : {AF_INET, AF_INET6}) {
    const std::size_t before_it = out.size();
    WM_TRY(netlink::dump(
        socket, [&] { return netlink::ask_routes_of(u8(family), u8(protocol)); },
        [&] { out.erase(out.begin() + std::ptrdiff_t(before_it), out.end()); },
        [&](nlmsghdr* header) {
          const auto route = netlink::prefix_route_in(header);
          if (route && route->protocol == protocol) out.push_back(*route);
        }));
  }
  return out;
}

template <class T>
std::vector<T> in_order(std::vector<T> prefixes) {
  std::sort(prefixes.begin(), prefixes.end(), InOrder());
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  return prefixes;
}

int outcome(nlmsghdr* header) { return header->nlmsg_type == NLMSG_ERROR ? netlink::error_in(header) : EBADMSG; }

// Sends one request for each and adds a clause for each that fails; `fine` is no failure.
Status write(nl_sock* socket, const std::vector<PrefixRoute>& routes, Message (*compose)(const PrefixRoute&),
             const char* done, int fine, std::vector<std::string>& failures) {
  const auto errors = netlink::ask_all<int, PrefixRoute>(socket, routes, compose, outcome);
  if (!errors) return errors.error();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const int error = (*errors)[i];
    if (error == 0 || error == fine) continue;
    failures.push_back(fmt::format("the route to {} could not be {}: {}", text(routes[i].prefix), done,
                                   error == EEXIST ? fmt::format("another one has metric {}", routes[i].metric)
                                                   : std::generic_category().message(error)));
  }
  return Done{};
}

}  // namespace

Result<Routes> Routes::open() {
  auto socket = netlink::connect(netlink::kAnswerBuffer);
  if (!socket) return socket.error();
  // The kernel then lists one protocol's routes alone, not the hundred thousands that a routing daemon may have put in.
  const int on = 1;
  if (setsockopt(nl_socket_get_fd(socket->get()), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on) < 0)
    return Error{
        fmt::format("asking the kernel for filtered lists failed: {}", std::generic_category().message(errno))};
  return Routes(std::move(*socket));
}

Result<std::vector<Prefix>> Routes::list(u32 protocol) {
  const auto routes = routes_of(socket_.get(), protocol);
  if (!routes) return routes.error();
  std::vector<Prefix> out;
  for (const PrefixRoute& route : *routes) out.push_back(route.prefix);
  return in_order(std::move(out));
}

Status Routes::sync(const std::vector<RoutedPrefix>& desired, u32 protocol) {
  const auto routes = routes_of(socket_.get(), protocol);
  if (!routes) return routes.error();
  const std::vector<RoutedPrefix> wanted = in_order(desired);
  std::vector<RoutedPrefix> present, missing;
  std::vector<PrefixRoute> in_the_way, surplus, add;
  for (const PrefixRoute& route : *routes) {
    const RoutedPrefix is{route.prefix, route.metric};
    const auto at = std::lower_bound(wanted.begin(), wanted.end(), is, InOrder());
    if (at == wanted.end() || *at != is)
      surplus.push_back(route);
    else if (route.type != RTN_UNREACHABLE || route.tos)
      in_the_way.push_back(route);
    else
      present.push_back(is);
  }
  present = in_order(std::move(present));
  std::set_difference(wanted.begin(), wanted.end(), present.begin(), present.end(), std::back_inserter(missing),
                      InOrder());
  for (const RoutedPrefix& to : missing) add.push_back({to, to.metric, u8(protocol), RTN_UNREACHABLE, 0});

  // What only gets another metric has its new route before it loses the old one: no router sees it go.
  std::vector<std::string> failures;
  WM_TRY(write(socket_.get(), in_the_way, netlink::remove_route, "removed", ESRCH, failures));
  WM_TRY(write(socket_.get(), add, netlink::add_route, "added", 0, failures));
  WM_TRY(write(socket_.get(), surplus, netlink::remove_route, "removed", ESRCH, failures));
  if (failures.empty()) return Done{};
  const std::size_t more = failures.size() > kTold ? failures.size() - kTold : 0;
  failures.resize(failures.size() - more);
  return Error{fmt::format("{}{}", fmt::join(failures, "; "), more ? fmt::format("; and {} more", more) : "")};
}

}  // namespace waymark
