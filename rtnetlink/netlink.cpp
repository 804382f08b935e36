#include "rtnetlink/netlink.h"

#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <cerrno>

#include "rtnetlink/exchange.h"
#include "rtnetlink/messages.h"

namespace waymark::netlink {

namespace {

constexpr int kEventBuffer = 4 << 20;
constexpr u32 kDatagramsPerDrain = 4096;

Message ask_list(int type) {
  rtgenmsg body{};
  Message message(nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_DUMP));
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  return message;
}

std::optional<LinkInfo> read_link(nlmsghdr* header) {
  return header->nlmsg_type == RTM_NEWLINK ? link_in(header) : std::nullopt;
}

RouteFact read_route(nlmsghdr* header) {
  RouteFact none;
  none.error = header->nlmsg_type == NLMSG_ERROR ? error_in(header) : EBADMSG;
  return header->nlmsg_type == RTM_NEWROUTE ? route_in(header).value_or(none) : none;
}

int read_outcome(nlmsghdr* header) { return header->nlmsg_type == NLMSG_ERROR ? error_in(header) : 0; }

}  // namespace

void CloseSocket::operator()(nl_sock* socket) const { nl_socket_free(socket); }

Result<Requests> Requests::open() {
  auto socket = connect(kAnswerBuffer);
  if (!socket) return socket.error();
  return Requests(std::move(*socket));
}

Result<std::vector<LinkInfo>> Requests::links() {
  std::vector<LinkInfo> out;
  WM_TRY(dump(
      socket_.get(), [] { return ask_list(RTM_GETLINK); }, [&] { out.clear(); },
      [&](nlmsghdr* header) {
        if (auto link = link_in(header)) out.push_back(std::move(*link));
      }));
  return out;
}

Result<std::vector<std::optional<LinkInfo>>> Requests::links(std::span<const u32> indices) {
  return ask_all<std::optional<LinkInfo>, u32>(socket_.get(), indices, ask_link, read_link);
}

Result<std::vector<std::optional<LinkInfo>>> Requests::links_named(std::span<const std::string> names) {
  struct Answer {
    std::optional<LinkInfo> link;
    int error = 0;
  };
  const auto read = [](nlmsghdr* header) {
    return Answer{read_link(header), header->nlmsg_type == NLMSG_ERROR ? error_in(header) : 0};
  };
  auto answers = ask_all<Answer, std::string>(socket_.get(), names, ask_link_named, +read);
  if (!answers) return answers.error();
  std::vector<std::optional<LinkInfo>> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Answer& answer = (*answers)[i];
    if (answer.error && answer.error != ENODEV)
      return failed("asking the kernel for an interface", -nl_syserr2nlerr(answer.error));
    if (answer.link && answer.link->name != names[i]) answer.link.reset();  // another name of it
    out.push_back(std::move(answer.link));
  }
  return out;
}

Result<std::vector<NeighbourFact>> Requests::neighbours() {
  std::vector<NeighbourFact> out;
  WM_TRY(dump(
      socket_.get(), [] { return ask_list(RTM_GETNEIGH); }, [&] { out.clear(); },
      [&](nlmsghdr* header) {
        if (auto neighbour = neighbour_in(header)) out.push_back(*neighbour);
      }));
  return out;
}

Result<std::vector<RouteFact>> Requests::routes(std::span<const RouteQuestion> questions) {
  return ask_all<RouteFact, RouteQuestion>(socket_.get(), questions, ask_route, read_route);
}

Result<std::vector<int>> Requests::use(std::span<const Hop> hops) {
  return ask_all<int, Hop>(socket_.get(), hops, ask_use, read_outcome);
}

Result<Events> Events::open() {
  auto socket = connect(kEventBuffer);
  if (!socket) return socket.error();
  nl_socket_set_nonblocking(socket->get());
  for (int group : {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_RULE,
                    RTNLGRP_IPV6_IFINFO, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP})
    if (const int error = nl_socket_add_membership(socket->get(), group); error < 0 && group != RTNLGRP_NEXTHOP)
      return failed("subscribing to the kernel's changes", error);  // next-hop objects are Linux 5.3's
  return Events(std::move(*socket));
}

int Events::descriptor() const { return nl_socket_get_fd(socket_.get()); }

Events::End Events::drain(std::vector<Event>& out) {
  for (u32 i = 0; i < kDatagramsPerDrain; ++i) {
    const int error = receive(socket_.get(), [&](nlmsghdr* header) {
      if (header->nlmsg_type < NLMSG_MIN_TYPE) return;
      if (auto event = event_in(header)) out.push_back(std::move(*event));
    });
    if (error == -NLE_AGAIN) return End::empty;
    if (error < 0) return End::lost;
  }
  return End::more;
}

}  // namespace waymark::netlink
