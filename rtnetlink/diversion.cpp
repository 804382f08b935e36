#include "rtnetlink/diversion.h"

#include <fmt/format.h>
#include <linux/fib_rules.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <optional>

#include "rtnetlink/messages.h"

namespace waymark {

namespace {

// Before the main table (32766), behind what an operator may have put first.
constexpr u32 kPriority = 5700;
constexpr int kMostRules = 64;  // that an ended process can have left; bounds a loop

// 0, or libnl's negative error.
int carry_out(netlink::Message message) {
  const netlink::Socket socket(nl_socket_alloc());
  if (!socket) return -NLE_NOMEM;
  if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0) return error;
  return nl_send_sync(socket.get(), message.release());
}

Status done(const char* what, int error) {
  if (error >= 0 || error == -NLE_EXIST) return Done{};
  return Error{fmt::format("{} failed: {}", what, nl_geterror(error))};
}

struct Rule {
  u8 family;
  bool marked = false;
  std::optional<be32> source = {};
};

netlink::Message rule_message(int type, int flags, u32 table, const Rule& rule) {
  netlink::Message message(nlmsg_alloc_simple(type, NLM_F_REQUEST | flags));
  fib_rule_hdr header{};
  header.family = rule.family;
  header.action = FR_ACT_TO_TBL;
  header.src_len = rule.source ? 32 : 0;
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  nla_put_u32(message.get(), FRA_TABLE, table);
  nla_put_u32(message.get(), FRA_PRIORITY, kPriority);
  if (rule.marked) nla_put_u32(message.get(), FRA_FWMARK, table);
  if (rule.source) {
    nla_put(message.get(), FRA_SRC, sizeof *rule.source, &*rule.source);
    nla_put_u32(message.get(), FRA_SUPPRESS_PREFIXLEN, 0);  // not by the route for all that is marked
  }
  return message;
}

netlink::Message route_message(const Diversion& diversion, u8 family, std::optional<be32> to) {
  netlink::Message message(nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE));
  rtmsg header{};
  header.rtm_family = family;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  header.rtm_dst_len = to ? 32 : 0;
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  nla_put_u32(message.get(), RTA_TABLE, diversion.number);
  nla_put_u32(message.get(), RTA_OIF, diversion.interface);
  if (to) nla_put(message.get(), RTA_DST, sizeof *to, &*to);
  return message;
}

}  // namespace

Status divert_marked(const Diversion& diversion, bool ip6) {
  const u8 family = ip6 ? AF_INET6 : AF_INET;
  WM_TRY(done("adding a route for marked packets", carry_out(route_message(diversion, family, {}))));
  return done("adding a rule for marked packets",
              carry_out(rule_message(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, diversion.number,
                                     {.family = family, .marked = true})));
}

Status expect_answers(const Diversion& diversion, const Address& there, const Address& here) {
  WM_TRY(done("adding a route back", carry_out(route_message(diversion, AF_INET, ip4_of(there)))));
  return done("adding a rule for answers",
              carry_out(rule_message(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, diversion.number,
                                     {.family = AF_INET, .source = ip4_of(here)})));
}

void end_diversion(u32 number) {
  for (const int family : {AF_INET, AF_INET6})
    for (int i = 0; i < kMostRules; ++i)  // each request takes one away, of any that fits
      if (carry_out(rule_message(RTM_DELRULE, 0, number, {.family = u8(family)})) < 0) break;
}

}  // namespace waymark
