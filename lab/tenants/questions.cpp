#include "lab/tenants/questions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include <nlohmann/json.hpp>

#include "lab/kit/downloads.h"
#include "lab/kit/learned_mtu.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/traceroute.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(10);
constexpr u32 kIp4Echo = 28;  // headers before an echo's payload
constexpr size_t kBulk = 1 << 20;
constexpr u64 kPings = 3;                // that must come to nothing
const std::string kDummy = "192.0.0.8";  // the gateway to tenants, and any router that has no IPv4 address (RFC 7600)

std::string url(const std::string& what, const std::string& at = kServer4) {
  return fmt::format("http://{}/{}", at, what);
}

std::vector<std::string> curl(std::vector<std::string> words) {
  words.insert(words.begin(), {"curl", "-sS", "--fail", "--max-time", "10"});
  return words;
}

}  // namespace

Status TenantQuestions::start() {
  WM_TRY(write_blob(site_.file("www/bulk"), kBulk));
  WM_TRY(site_.write_servers());
  WM_TRY(serve("s", fmt::format("[{}]", kServer6)));
  return serve(kFarSite.name, kFarAddress);
}

Status TenantQuestions::serve(const std::string& node, const std::string& at) {
  auto p = Process::start(
      {site_.netns(node), {"nginx", "-c", site_.file(node + ".nginx")}, site_.file(node + ".nginx.out")});
  if (!p) return p.error();
  web_.push_back(std::move(*p));
  for (const Time end = now() + kPatience; now() < end && !interrupted(); pause_for(milliseconds(20)))
    if (run({.netns = site_.netns(node), .argv = curl({"--globoff", url("alive", at)})})) return Done{};
  return Error{fmt::format("the web server of {} does not answer", node)};
}

bool TenantQuestions::passes(const TenantPlan& tenant) const {
  return bool(run({.netns = site_.netns(tenant.name), .argv = {"ping", "-n", "-c", "1", "-W", "1", kServer4}}));
}

TenantQuestions::Found TenantQuestions::ping(const std::string& node, const std::string& to) const {
  auto said =
      run({.netns = site_.netns(node), .argv = {"ping", "-n", "-c", "20", "-i", "0.01", "-W", "2", "-s", "1000", to}});
  if (!said || said->find(" 20 received") == std::string::npos)
    return Error{fmt::format("{}: pings of {} are lost: {}", node, to, said ? *said : said.error().sentence)};
  return fmt::format("{}: 20 of 20 pings answered by {}", node, to);
}

TenantQuestions::Found TenantQuestions::who(const TenantPlan& tenant) const {
  auto said = run({.netns = site_.netns(tenant.name), .argv = curl({url("who")})});
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
  const std::string told = echo(kOverlayLink);
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
  auto said = run({.netns = netns, .argv = curl({"-T", site_.file("www/bulk"), url(name, to)})});
  if (said) said = run({.argv = {"cmp", site_.file("www/" + name), site_.file("www/bulk")}});
  if (!said) return Error{fmt::format("{}: an upload to {}: {}", node, to, said.error().sentence)};
  const auto known = learned_mtu(netns, to);
  if (!known) return known.error();
  const std::string sentence =
      fmt::format("{}: an upload to {} arrived whole, and the tenant knows an MTU of {}", node, to, *known);
  if (*known != mtu) return Error{fmt::format("{}, not {}", sentence, mtu)};
  return sentence;
}

TenantQuestions::Found TenantQuestions::download(const TenantPlan& tenant) const {
  const std::string file = site_.file("bulk." + tenant.name);
  // What the tenant has learned of the way there it would offer as MSS, and nothing would be left to learn.
  for (const std::string& node : {tenant.name, std::string("s")}) WM_TRY(forget_mtus(site_.netns(node)));
  auto said = run({.netns = site_.netns(tenant.name), .argv = curl({"-o", file, url("bulk")})});
  if (said) said = run({.argv = {"cmp", file, site_.file("www/bulk")}});
  if (!said) return Error{fmt::format("{}: a download: {}", tenant.name, said.error().sentence)};
  const auto known = learned_mtu(site_.netns("s"), tenant.seen);
  if (!known) return known.error();
  const std::string sentence =
      fmt::format("{}: a download came whole, and the server knows an MTU of {}", tenant.name, *known);
  if (*known != kNarrowLink) return Error{fmt::format("{}, not {}", sentence, kNarrowLink)};
  return sentence;
}

TenantQuestions::Found TenantQuestions::ping_back(const TenantPlan& tenant) const {
  u64 before = 0, after = 0;
  const auto others = [&](u64& sum) {
    for (const TenantPlan& t : kTenants) {
      if (t.name == tenant.name) continue;
      auto frames = received(t);
      if (!frames) return Status(frames.error());
      sum += *frames;
    }
    return Status(Done{});
  };
  WM_TRY(others(before));
  auto said = run({.netns = site_.netns("s"),
                   .argv = {"ping", "-n", "-c", "10", "-i", "0.01", "-W", "1", "-s", "1000", tenant.seen}});
  WM_TRY(others(after));
  if (!said || said->find(" 10 received") == std::string::npos)
    return Error{fmt::format("{}: the server's pings are lost: {}", tenant.name, said ? *said : said.error().sentence)};
  if (after != before)
    return Error{
        fmt::format("{}: of the server's pings {} frames came to another tenant", tenant.name, after - before)};
  return fmt::format("{}: 10 of 10 pings of the server to {} answered, and nothing came to another tenant", tenant.name,
                     tenant.seen);
}

Result<u64> TenantQuestions::received(const TenantPlan& tenant) const {
  auto said = run({.netns = site_.netns(tenant.name), .argv = {"ip", "-s", "-j", "link", "show", "dev", "vx"}});
  if (!said) return said.error();
  const auto json = nlohmann::json::parse(*said, nullptr, false);
  const nlohmann::json::json_pointer packets("/0/stats64/rx/packets");
  if (!json.contains(packets)) return Error{fmt::format("`ip` says nothing of frames: {}", *said)};
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
                .argv = {"bash", "-c", fmt::format("echo a >/dev/udp/{}/{}", tenant.seen, 40'100 + i)}}));
  return kPings;
}

Result<u64> TenantQuestions::from_foreign_source(const TenantPlan& tenant) const {
  auto sent = refused(tenant, "addr add 10.0.9.9/32 dev vx\n", {"-I", "10.0.9.9", kServer4});
  WM_TRY(ip(site_.netns(tenant.name), "addr del 10.0.9.9/32 dev vx\n"));
  return sent;
}

Result<u64> TenantQuestions::in_vni_of(const TenantPlan& other, const TenantPlan& tenant) const {
  auto sent = refused(tenant,
                      tunnel_commands("vy", other.mac, other.vni, tenant.far) +
                          fmt::format("route add {}/32 via 10.0.0.1 dev vy onlink src {}\n", kServer4, kTenantAddress),
                      {kServer4});
  WM_TRY(ip(site_.netns(tenant.name), "link del vy\n"));
  return sent;
}

Result<u64> TenantQuestions::to_far(const TenantPlan& tenant) const { return refused(tenant, "", {kFarAddress}); }

Result<u64> TenantQuestions::by_ip6_to(const TenantPlan& other, const TenantPlan& tenant) const {
  return refused(tenant, "", {other.seen});
}

}  // namespace waymark::lab
