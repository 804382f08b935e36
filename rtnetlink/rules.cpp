#include "rtnetlink/rules.h"

#include <fmt/format.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "rtnetlink/exchange.h"

namespace waymark {

namespace {

constexpr u32 kMain = 32766;  // its rule, and what comes after it, is the kernel's own

netlink::Message ask_rules(u8 family) {
  netlink::Message message(nlmsg_alloc_simple(RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP));
  fib_rule_hdr body{};
  body.family = family;
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  return message;
}

std::string ports(const char* what, nlattr* attribute) {
  fib_rule_port_range range{};
  if (!attribute || nla_len(attribute) < int(sizeof range)) return "";
  std::memcpy(&range, nla_data(attribute), sizeof range);
  return range.start == range.end ? fmt::format(" {} {}", what, range.start)
                                  : fmt::format(" {} {}-{}", what, range.start, range.end);
}

std::optional<Prefix> prefix_in(nlattr* attribute, u8 length, bool ip6) {
  if (!attribute || !length) return {};
  Prefix out{{}, length};
  if (ip6 && nla_len(attribute) == int(sizeof out.address)) {
    std::memcpy(&out.address, nla_data(attribute), sizeof out.address);
    return out;
  }
  be32 ip4;
  if (ip6 || nla_len(attribute) != int(sizeof ip4)) return {};
  std::memcpy(&ip4, nla_data(attribute), sizeof ip4);
  out.address = address_of(ip4);
  return out;
}

std::optional<RuleFact> rule_in(nlmsghdr* header) {
  const auto* body = static_cast<const fib_rule_hdr*>(nlmsg_data(header));
  nlattr* parts[FRA_MAX + 1] = {};
  if (header->nlmsg_type != RTM_NEWRULE || nlmsg_parse(header, sizeof *body, parts, FRA_MAX, nullptr) < 0) return {};
  RuleFact rule;
  rule.ip6 = body->family == AF_INET6;
  rule.priority = parts[FRA_PRIORITY] ? nla_get_u32(parts[FRA_PRIORITY]) : 0;
  const bool own = rule.priority == 0 || rule.priority >= kMain;
  if (own || (parts[FRA_L3MDEV] && nla_get_u8(parts[FRA_L3MDEV]))) return {};
  rule.from = prefix_in(parts[FRA_SRC], body->src_len, rule.ip6);
  rule.by_source = body->src_len != 0;
  rule.to_all = body->dst_len == 0;
  if (body->action == FR_ACT_TO_TBL) rule.table = parts[FRA_TABLE] ? nla_get_u32(parts[FRA_TABLE]) : body->table;
  std::string chooses;
  if (parts[FRA_IIFNAME]) chooses += fmt::format(" iif {}", nla_get_string(parts[FRA_IIFNAME]));
  if (body->tos) chooses += fmt::format(" tos {:#04x}", body->tos);
  if (parts[FRA_IP_PROTO] && nla_get_u8(parts[FRA_IP_PROTO]))
    chooses += fmt::format(" ipproto {}", nla_get_u8(parts[FRA_IP_PROTO]));
  chooses += ports("sport", parts[FRA_SPORT_RANGE]) + ports("dport", parts[FRA_DPORT_RANGE]);
  if (body->flags & FIB_RULE_INVERT) {
    if (!chooses.empty()) chooses = " not" + chooses;
    rule.from.reset();  // all others, which is more than one prefix
    rule.to_all = false;
  }
  if (!chooses.empty()) rule.per_packet = chooses.substr(1);
  return rule;
}

}  // namespace

std::string beside_destination(const RuleFact& rule) {
  std::string out = rule.from ? "from " + text(*rule.from) : rule.by_source ? "all but a source" : "";
  if (!rule.per_packet.empty()) out += (out.empty() ? "" : " ") + rule.per_packet;
  return out;
}

Result<std::vector<RuleFact>> rules() {
  auto socket = netlink::connect(netlink::kAnswerBuffer);
  if (!socket) return socket.error();
  std::vector<RuleFact> out;
  for (const u8 family : {u8(AF_INET), u8(AF_INET6)}) {
    const std::size_t before_it = out.size();
    WM_TRY(netlink::dump(
        socket->get(), [&] { return ask_rules(family); }, [&] { out.resize(before_it); },
        [&](nlmsghdr* header) {
          if (auto rule = rule_in(header)) out.push_back(std::move(*rule));
        }));
  }
  return out;
}

}  // namespace waymark
