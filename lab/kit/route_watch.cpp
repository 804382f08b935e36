#include "lab/kit/route_watch.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "lab/kit/loop.h"
#include "lab/kit/netns.h"

namespace waymark::lab {
namespace {

template <class T>
std::optional<T> read(std::span<const u8> bytes, size_t at) {
  T out;
  if (at > bytes.size() || bytes.size() - at < sizeof out) return {};
  std::memcpy(&out, bytes.data() + at, sizeof out);
  return out;
}

}  // namespace

std::optional<RouteChange> route_change(std::span<const u8> message) {
  const auto head = read<nlmsghdr>(message, 0);
  const auto route = read<rtmsg>(message, NLMSG_HDRLEN);
  if (!head || !route || (head->nlmsg_type != RTM_NEWROUTE && head->nlmsg_type != RTM_DELROUTE)) return {};
  const bool ip6 = route->rtm_family == AF_INET6;
  if (route->rtm_table != RT_TABLE_MAIN || route->rtm_dst_len != (ip6 ? 128 : 32)) return {};
  for (size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(rtmsg));;) {
    const auto attribute = read<rtattr>(message, at);
    if (!attribute || attribute->rta_len < sizeof(rtattr)) return {};
    const size_t bytes = ip6 ? 16 : 4;
    if (attribute->rta_type == RTA_DST && attribute->rta_len == sizeof(rtattr) + bytes &&
        message.size() - at >= attribute->rta_len) {
      char text[INET6_ADDRSTRLEN];
      inet_ntop(route->rtm_family, message.data() + at + sizeof(rtattr), text, sizeof text);
      return RouteChange{{}, {}, text, head->nlmsg_type == RTM_DELROUTE};
    }
    at += RTA_ALIGN(attribute->rta_len);
  }
}

Result<std::unique_ptr<RouteWatch>> RouteWatch::start(const std::vector<std::string>& namespaces) {
  std::unique_ptr<RouteWatch> w(new RouteWatch);
  for (const auto& netns : namespaces) {
    const Inside inside(netns);
    if (!inside.entered()) return Error{"namespace " + netns + " cannot be entered"};
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return Error{"no netlink socket can be made"};
    w->sockets_.push_back({netns, fd});
    sockaddr_nl at{};
    at.nl_family = AF_NETLINK;
    at.nl_groups = RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0)
      return Error{"the routes of " + netns + " cannot be watched"};
  }
  w->thread_ = std::thread([raw = w.get()] { raw->watch(); });
  return w;
}

RouteWatch::~RouteWatch() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  for (const Socket& s : sockets_) close(s.fd);
}

std::vector<RouteChange> RouteWatch::since(Time from) const {
  const std::lock_guard lock(mutex_);
  std::vector<RouteChange> out;
  for (const RouteChange& c : changes_)
    if (c.at >= from) out.push_back(c);
  return out;
}

void RouteWatch::watch() {
  std::vector<pollfd> all;
  for (const Socket& s : sockets_) all.push_back({s.fd, POLLIN, 0});
  while (!stop_) {
    if (poll(all.data(), all.size(), 50) < 1) continue;
    const std::lock_guard lock(mutex_);
    for (const Socket& s : sockets_) {
      u8 bytes[16384];
      for (ssize_t n; (n = recv(s.fd, bytes, sizeof bytes, 0)) > 0;) {
        std::span<const u8> rest(bytes, size_t(n));
        while (const auto head = read<nlmsghdr>(rest, 0)) {
          if (head->nlmsg_len < NLMSG_HDRLEN || head->nlmsg_len > rest.size()) break;
          if (auto change = route_change(rest.first(head->nlmsg_len)); change) {
            change->at = now();
            change->netns = s.netns;
            changes_.push_back(*change);
          }
          rest = rest.subspan(std::min<size_t>(NLMSG_ALIGN(head->nlmsg_len), rest.size()));
        }
      }
    }
  }
}

}  // namespace waymark::lab
