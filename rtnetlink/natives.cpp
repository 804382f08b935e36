#include "rtnetlink/natives.h"

#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "rtnetlink/exchange.h"

namespace waymark {

namespace {

netlink::Message ask_table(u8 family, u8 table) {
  netlink::Message message(nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP));
  rtmsg body{};
  body.rtm_family = family;
  body.rtm_table = table;
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  return message;
}

std::optional<Prefix> native_in(nlmsghdr* header, std::optional<u32> announced) {
  if (header->nlmsg_type != RTM_NEWROUTE) return {};
  const auto* body = static_cast<const rtmsg*>(nlmsg_data(header));
  nlattr* to = nlmsg_find_attr(header, sizeof *body, RTA_DST);
  const bool leads_on = body->rtm_type == RTN_UNICAST || body->rtm_type == RTN_LOCAL;
  if (!leads_on || body->rtm_dst_len == 0 || !to || body->rtm_flags & RTM_F_CLONED || announced == body->rtm_protocol)
    return {};
  Prefix native{{}, body->rtm_dst_len};
  if (be32 ip4; body->rtm_family == AF_INET && nla_len(to) == int(sizeof ip4)) {
    std::memcpy(&ip4, nla_data(to), sizeof ip4);
    native.address = address_of(ip4);
    return native;
  }
  if (body->rtm_family != AF_INET6 || nla_len(to) != int(sizeof native.address)) return {};
  std::memcpy(&native.address, nla_data(to), sizeof native.address);
  return native;
}

}  // namespace

Result<std::vector<Prefix>> natives(std::optional<u32> announced) {
  auto socket = netlink::connect(netlink::kAnswerBuffer);
  if (!socket) return socket.error();
  const int on = 1;  // the kernel lists the table that was asked for alone
  if (setsockopt(nl_socket_get_fd(socket->get()), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on) < 0)
    return Error{
        fmt::format("asking the kernel for filtered lists failed: {}", std::generic_category().message(errno))};
  std::vector<Prefix> out;
  for (const u8 family : {u8(AF_INET), u8(AF_INET6)})
    for (const u8 table : {u8(RT_TABLE_MAIN), u8(RT_TABLE_LOCAL)}) {
      const std::size_t before_it = out.size();
      WM_TRY(netlink::dump(
          socket->get(), [&] { return ask_table(family, table); }, [&] { out.resize(before_it); },
          [&](nlmsghdr* header) {
            if (const auto native = native_in(header, announced)) out.push_back(*native);
          }));
    }
  std::sort(out.begin(), out.end(), InOrder());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace waymark
