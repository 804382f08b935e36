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

std::string url(const std::string& what) { return fmt::format("http://{}/{}", kServer4, what); }

std::vector<std::string> curl(std::vector<std::string> words) {
  words.insert(words.begin(), {"curl", "-sS", "--fail", "--max-time", "10"});
  return words;
}

}  // namespace

Status TenantQuestions::start() {
  WM_TRY(write_blob(site_.file("www/bulk"), kBulk));
  WM_TRY(site_.write_server());
  auto p = Process::start({site_.netns("s"), {"nginx", "-c", site_.file("s.nginx")}, site_.file("s.nginx.out")});
  if (!p) return p.error();
  web_ = std::move(*p);
  for (const Time end = now() + kPatience; now() < end && !interrupted(); pause_for(milliseconds(20)))
    if (run({.netns = site_.netns("s"), .argv = curl({"--globoff", fmt::format("http://[{}]/alive", kServer6)})}))
      return Done{};
  return Error{"the web server does not answer"};
}

bool TenantQuestions::passes(const TenantPlan& tenant) const {
  return bool(run({.netns = site_.netns(tenant.name), .argv = {"ping", "-n", "-c", "1", "-W", "1", kServer4}}));
}

TenantQuestions::Found TenantQuestions::ping(const TenantPlan& tenant) const {
  auto said = run({.netns = site_.netns(tenant.name),
                   .argv = {"ping", "-n", "-c", "20", "-i", "0.01", "-W", "2", "-s", "1000", kServer4}});
  if (!said || said->find(" 20 received") == std::string::npos)
    return Error{fmt::format("{}: pings are lost: {}", tenant.name, said ? *said : said.error().sentence)};
  return fmt::format("{}: 20 of 20 pings answered by the server", tenant.name);
}

TenantQuestions::Found TenantQuestions::who(const TenantPlan& tenant) const {
  auto said = run({.netns = site_.netns(tenant.name), .argv = curl({url("who")})});
  if (!said) return Error{fmt::format("{}: {}", tenant.name, said.error().sentence)};
  const std::string sentence = fmt::format("{}: the server sees {} as {}", tenant.name, kTenantAddress, *said);
  if (plain(*said) != plain(tenant.seen)) return Error{fmt::format("{}, not {}", sentence, tenant.seen)};
  return sentence;
}

TenantQuestions::Found TenantQuestions::trace(const TenantPlan& tenant) const {
  auto said = run({.netns = site_.netns(tenant.name),
                   .argv = {"traceroute", "-n", "-q", "1", "-w", "2", "-m", "8", "-N", "1", kServer4}},
                  seconds(25));
  if (!said) return Error{fmt::format("{}: {}", tenant.name, said.error().sentence)};
  const std::vector<std::string> want = {kDummy, kDummy, kDummy, kServer4}, is = hops(*said);  // gateway, c, q, s
  const std::string sentence = fmt::format("{}: traceroute sees {}", tenant.name, fmt::join(is, ", "));
  if (is != want) return Error{fmt::format("{}, not {}", sentence, fmt::join(want, ", "))};
  return sentence;
}

TenantQuestions::Found TenantQuestions::echoes_find_mtu(const TenantPlan& tenant) const {
  const std::string netns = site_.netns(tenant.name);
  WM_TRY(forget_mtus(netns));
  const auto echo = [&](u32 size) {
    auto p = Process::start(
        {.netns = netns,
         .argv = {"ping", "-n", "-M", "do", "-c", "1", "-W", "1", "-s", std::to_string(size - kIp4Echo), kServer4}});
    if (!p) return p.error().sentence;
    (void)p->wait(kPatience);
    return p->rest();
  };
  const std::string told = echo(kOverlayLink);
  const auto known = learned_mtu(netns, kServer4);
  if (!known) return known.error();
  if (*known != kNarrowToTenants || told.find("From " + kDummy) == std::string::npos)
    return Error{fmt::format("{}: a ping with DF came to an MTU of {}, not {}: {}", tenant.name, *known,
                             kNarrowToTenants, told)};
  if (const std::string fits = echo(kNarrowToTenants); fits.find(" 1 received") == std::string::npos)
    return Error{fmt::format("{}: a ping of {} bytes is not answered: {}", tenant.name, kNarrowToTenants, fits)};
  return fmt::format("{}: a ping with DF is told an MTU of {} by {}, and one of this size is answered", tenant.name,
                     *known, kDummy);
}

TenantQuestions::Found TenantQuestions::upload(const TenantPlan& tenant) const {
  const std::string netns = site_.netns(tenant.name), name = "got-" + tenant.name;
  WM_TRY(forget_mtus(netns));
  auto said = run({.netns = netns, .argv = curl({"-T", site_.file("www/bulk"), url(name)})});
  if (said) said = run({.argv = {"cmp", site_.file("www/" + name), site_.file("www/bulk")}});
  if (!said) return Error{fmt::format("{}: an upload: {}", tenant.name, said.error().sentence)};
  const auto known = learned_mtu(netns, kServer4);
  if (!known) return known.error();
  const std::string sentence =
      fmt::format("{}: an upload arrived whole, and the tenant knows an MTU of {}", tenant.name, *known);
  if (*known != kNarrowToTenants) return Error{fmt::format("{}, not {}", sentence, kNarrowToTenants)};
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

Result<u64> TenantQuestions::by_ip6_to(const TenantPlan& other, const TenantPlan& tenant) const {
  return refused(tenant, "", {other.seen});
}

}  // namespace waymark::lab
