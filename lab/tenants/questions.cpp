#include "lab/tenants/questions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "lab/kit/downloads.h"
#include "lab/kit/learned_mtu.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/pings.h"
#include "lab/kit/traceroute.h"
#include "lab/tenants/far_end.h"

namespace waymark::lab {
namespace {

using std::chrono::seconds;

constexpr Duration kPatience = seconds(10);
constexpr u32 kIp4Echo = 28;             // headers before an echo's payload
constexpr u16 kClosed = 40'100;          // and above: ports of tenants where nobody listens
constexpr u64 kPings = 3;                // that must come to nothing
const std::string kDummy = "192.0.0.8";  // the gateway to tenants, and any router that has no IPv4 address (RFC 7600)

std::vector<std::string> curl(std::vector<std::string> words) {
  words.insert(words.begin(), {"curl", "-sS", "--fail", "--max-time", "10"});
  return words;
}

}  // namespace

TenantQuestions::Found TenantQuestions::ping(const std::string& node, const std::string& to) const {
  const auto said = ping_all(site_.netns(node), to, {.rounds = 3});  // the downloads fill the way's queues
  if (!said) return Error{fmt::format("{}: {}", node, said.error().sentence)};
  return fmt::format("{}: {}", node, *said);
}

TenantQuestions::Found TenantQuestions::who(const TenantPlan& tenant) const {
  auto said = run({.netns = site_.netns(tenant.name), .argv = curl({url(kServer4, "who")})});
  if (!said) return Error{fmt::format("{}: {}", tenant.name, said.error().sentence)};
  const std::string sentence = fmt::format("{}: the server sees {} as {}", tenant.name, kTenantAddress, *said);
  if (plain(*said) != plain(tenant.seen)) return Error{fmt::format("{}, not {}", sentence, tenant.seen)};
  return sentence;
}

TenantQuestions::Found TenantQuestions::trace(const std::string& node, const std::string& to, u32 routers) const {
  auto said =
      run({.netns = site_.netns(node), .argv = {"traceroute", "-n", "-q", "1", "-w", "2", "-m", "8", "-N", "1", to}},
          seconds(25));
  if (!said) return Error{fmt::format("{}: {}", node, said.error().sentence)};
  std::vector<std::string> want(routers, kDummy);
  want.push_back(to);
  const std::vector<std::string> is = hops(*said);
  const std::string sentence = fmt::format("{}: traceroute sees {}", node, fmt::join(is, ", "));
  if (is != want) return Error{fmt::format("{}, not {}", sentence, fmt::join(want, ", "))};
  return sentence;
}

TenantQuestions::Found TenantQuestions::echoes_find_mtu(const std::string& node, const std::string& to, u32 mtu) const {
  const std::string netns = site_.netns(node);
  WM_TRY(forget_mtus(netns));
  const auto echo = [&](u32 size) {
    auto p = Process::start(
        {.netns = netns,
         .argv = {"ping", "-n", "-M", "do", "-c", "1", "-W", "1", "-s", std::to_string(size - kIp4Echo), to}});
    if (!p) return p.error().sentence;
    (void)p->wait(kPatience);
    return p->rest();
  };
  const std::string told = echo(kTenants[0].mtu);
  const auto known = learned_mtu(netns, to);
  if (!known) return known.error();
  if (*known != mtu || told.find("From " + kDummy) == std::string::npos)
    return Error{fmt::format("{}: a ping of {} with DF came to an MTU of {}, not {}: {}", node, to, *known, mtu, told)};
  if (const std::string fits = echo(mtu); fits.find(" 1 received") == std::string::npos)
    return Error{fmt::format("{}: a ping of {} of {} bytes is not answered: {}", node, to, mtu, fits)};
  return fmt::format("{}: a ping of {} with DF is told an MTU of {} by {}, and one of this size is answered", node, to,
                     *known, kDummy);
}

TenantQuestions::Found TenantQuestions::upload(const std::string& node, const std::string& to, u32 mtu) const {
  const std::string netns = site_.netns(node), name = "got-" + node;
  // What the other end has learned it would offer as MSS.
  for (const std::string& each : {node, to == kFarAddress ? kFarSite.name : std::string("s")})
    WM_TRY(forget_mtus(site_.netns(each)));
  auto said = run({.netns = netns, .argv = curl({"-T", site_.file("www/bulk"), url(to, name)})});
  if (said) said = run({.argv = {"cmp", site_.file("www/" + name), site_.file("www/bulk")}});
  if (!said) return Error{fmt::format("{}: an upload to {}: {}", node, to, said.error().sentence)};
  const auto known = learned_mtu(netns, to);
  if (!known) return known.error();
  const std::string sentence =
      fmt::format("{}: an upload to {} arrived whole, and the tenant knows an MTU of {}", node, to, *known);
  if (*known != mtu) return Error{fmt::format("{}, not {}", sentence, mtu)};
  return sentence;
}

TenantQuestions::Found TenantQuestions::download(const TenantPlan& tenant, u32 mtu) const {
  const std::string file = site_.file("bulk." + tenant.name);
  // What the tenant has learned of the way there it would offer as MSS, and nothing would be left to learn.
  for (const std::string& node : {tenant.name, std::string("s")}) WM_TRY(forget_mtus(site_.netns(node)));
  auto said = run({.netns = site_.netns(tenant.name), .argv = curl({"-o", file, url(kServer4, "bulk")})});
  if (said) said = run({.argv = {"cmp", file, site_.file("www/bulk")}});
  if (!said) return Error{fmt::format("{}: a download: {}", tenant.name, said.error().sentence)};
  const auto known = learned_mtu(site_.netns("s"), tenant.seen);
  if (!known) return known.error();
  const std::string sentence =
      fmt::format("{}: a download came whole, and the server knows an MTU of {}", tenant.name, *known);
  if (*known != mtu) return Error{fmt::format("{}, not {}", sentence, mtu)};
  return sentence;
}

TenantQuestions::Found TenantQuestions::ping_back(const TenantPlan& tenant) const {
  u64 before = 0, after = 0;
  const auto others = [&](u64& sum) {
    for (const TenantPlan& t : kTenants) {
      if (t.name == tenant.name) continue;
      auto packets = received(t);
      if (!packets) return Status(packets.error());
      sum += *packets;
    }
    return Status(Done{});
  };
  WM_TRY(others(before));
  const auto said = ping_all(site_.netns("s"), tenant.seen, {.count = 10});
  WM_TRY(others(after));
  if (!said) return Error{fmt::format("{}: from the server, {}", tenant.name, said.error().sentence)};
  if (after != before)
    return Error{
        fmt::format("{}: of the server's pings {} packets came to another tenant", tenant.name, after - before)};
  return fmt::format("{}: from the server, {}, and nothing came to another tenant", tenant.name, *said);
}

Result<u64> TenantQuestions::received(const TenantPlan& tenant) const {
  auto said = run({.netns = site_.netns(tenant.name), .argv = {"ip", "-s", "-j", "link", "show", "dev", kOverlay}});
  if (!said) return said.error();
  const auto json = nlohmann::json::parse(*said, nullptr, false);
  const nlohmann::json::json_pointer packets("/0/stats64/rx/packets");
  if (!json.contains(packets)) return Error{fmt::format("`ip` says nothing of packets: {}", *said)};
  return json.at(packets).get<u64>();
}

Result<u64> TenantQuestions::refused(const TenantPlan& tenant, const std::string& commands,
                                     std::vector<std::string> words) const {
  WM_TRY(ip(site_.netns(tenant.name), commands));
  words.insert(words.begin(), {"ping", "-n", "-c", std::to_string(kPings), "-i", "0.1", "-W", "1"});
  if (run({.netns = site_.netns(tenant.name), .argv = words})) return Error{"they were answered"};
  return kPings;
}

Result<u64> TenantQuestions::unsolicited(const TenantPlan& tenant) const {
  for (u32 i = 0; i < kPings; ++i)
    WM_TRY(run({.netns = site_.netns("s"),
                .argv = {"bash", "-c", fmt::format("echo a >/dev/udp/{}/{}", tenant.seen, kClosed + i)}}));
  return kPings;
}

Result<Process> TenantQuestions::intrude() const {
  std::string each;
  for (const TenantPlan& tenant : kTenants) each += fmt::format("echo a >/dev/udp/{}/{}; ", tenant.seen, kClosed);
  return Process::start({.netns = site_.netns("s"),
                         .argv = {"bash", "-c", fmt::format("while :; do {}sleep 0.1; done", each)},
                         .log = site_.file("intruder.out")});
}

// Nobody listens there, so the kernel counts each that comes.
Result<u64> TenantQuestions::intruded(const TenantPlan& tenant) const {
  auto said = run({.netns = site_.netns(tenant.name), .argv = {"nstat", "-asz", "UdpNoPorts"}});
  if (!said) return said.error();
  u64 came = 0;
  if (std::sscanf(said->c_str() + std::min(said->find("UdpNoPorts"), said->size()), "UdpNoPorts %llu", &came) != 1)
    return Error{fmt::format("`nstat` says nothing of UDP: {}", *said)};
  return came;
}

Result<u64> TenantQuestions::from_foreign_source(const TenantPlan& tenant) const {
  auto sent = refused(tenant, fmt::format("addr add 10.0.9.9/32 dev {}\n", kOverlay), {"-I", "10.0.9.9", kServer4});
  WM_TRY(ip(site_.netns(tenant.name), fmt::format("addr del 10.0.9.9/32 dev {}\n", kOverlay)));
  return sent;
}

Result<u64> TenantQuestions::in_other_vni(const TenantPlan& tenant) const {
  auto sent =
      refused(tenant,
              vxlan_commands("other", tenant, tenant.key + 1) +
                  fmt::format("route add {}/32 via 10.0.0.1 dev other onlink src {}\n", kServer4, kTenantAddress),
              {kServer4});
  WM_TRY(ip(site_.netns(tenant.name), "link del other\n"));
  return sent;
}

Result<u64> TenantQuestions::in_gre_of(const TenantPlan& other, const TenantPlan& tenant) const {
  const auto tunnel = FarEnd::start(site_, tenant.name, tools_, {"other", tenant.far, end_of(1), other.key, other.mtu});
  if (!tunnel) return tunnel.error();
  return refused(tenant, fmt::format("route add {}/32 dev other src {}\n", kServer4, kTenantAddress), {kServer4});
}

Result<u64> TenantQuestions::to_far(const TenantPlan& tenant) const { return refused(tenant, "", {kFarAddress}); }

Result<u64> TenantQuestions::by_ip6_to(const TenantPlan& other, const TenantPlan& tenant) const {
  return refused(tenant, "", {other.seen});
}

}  // namespace waymark::lab
