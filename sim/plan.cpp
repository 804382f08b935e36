#include "sim/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"

namespace waymark::sim {

namespace {

using namespace std::chrono_literals;

Address at(const std::string& written) { return *parse_address(written); }

Address director_address(u32 number, bool ip6) {
  return at(fmt::format("{}{}", ip6 ? "2001:db8:d::" : "192.0.2.", number + 1));
}

// A name after so many changes.
std::string name_after(const std::string& name, u32 changes) {
  return changes ? fmt::format("{}-{}", name, changes) : name;
}

// One world in eight is without the mirror; of the others each second one has faults that overlap.
Mode mode_of(u64 seed) { return seed % 2 == 0 ? Mode::combined : seed % 8 == 7 ? Mode::candidates : Mode::single; }

}  // namespace

const char* text(Mode mode) {
  return mode == Mode::single       ? "single faults"
         : mode == Mode::candidates ? "single faults, no mirror"
                                    : "combined faults";
}

Plan::Plan(u64 number, Random& random) : seed(number), mode(mode_of(number)) {
  routers = 1 + random.below(2);
  directors = 2 + random.below(2);
  hosts = 4 + random.below(3);
  pins = mode == Mode::combined ? 16'000 : 4'000;
  outer_ip6 = random.chance(0.5);
  cookies = random.chance(0.25);
  tunnel = mode == Mode::candidates || random.chance(0.7) ? Tunnel::gue : Tunnel::ip;
  mirror = mode != Mode::candidates;
  make_services();
}

Plan Plan::site() {
  Random none(0);
  Plan plan(2, none);
  plan.routers = 1;
  plan.directors = 2;
  plan.hosts = 4;
  plan.outer_ip6 = true;
  plan.cookies = false;
  plan.tunnel = Tunnel::gue;
  plan.make_services();
  return plan;
}

void Plan::make_services() {
  ServicePlan web{"web", {at("2001:db8:80::1"), at("198.51.100.80")}, {}, {}, {}};
  web.ports = {{Protocol::tcp, 80, 80}, {Protocol::udp, 443, 443}};
  ServicePlan mail{"mail", {at("2001:db8:25::1"), at("198.51.100.25")}, {{Protocol::tcp, 25, 25}}, {}, {}};
  for (u32 h = 0; h < hosts; ++h) {
    web.hosts.push_back(h);
    if (h + 1 < hosts) web.pool.push_back({h, 10});  // one is to spare
    if (h < 3) mail.hosts.push_back(h), mail.pool.push_back({h, 10});
  }
  services = {web, mail};
}

Address Plan::host_address(u32 number) const {
  return at(fmt::format("{}{}", outer_ip6 ? "2001:db8:5::" : "192.0.2.1", number + 1));
}

Address Plan::group_address(u32 number) const { return director_address(number, false); }

Config Plan::director(u32 number) const {
  Config c;
  c.name = fmt::format("d{}", number + 1);
  c.engine.pins = pins;
  c.engine.interfaces = {{"eth0", 0, 0, name_after("public", zone_renamed)}, {"eth1", 0, 0, "servers"}};
  c.director = DirectorConfig{};
  c.director->second_candidate = candidates;
  c.director->address = {director_address(number, true), director_address(number, false)};
  c.announce = AnnounceConfig{};
  c.group = GroupConfig{};
  c.group->name = "site";
  c.group->mirror = mirror;
  c.group->wait = 10s;
  for (u32 d = 0; d < directors; ++d)
    if (d != number) c.group->member.push_back({fmt::format("d{}", d + 1), fmt::format("192.0.2.{}:6090", d + 1)});
  for (const ServicePlan& plan : services) add_services(plan, c);
  return c;
}

void Plan::add_services(const ServicePlan& plan, Config& to) const {
  ServiceConfig s;
  s.name = name_after(plan.name, plan.renamed);
  s.zone = to.engine.interfaces[0].zone;
  s.address = {plan.address[0], plan.address[1]};
  s.ports = plan.ports;
  s.check = CheckConfig{};
  s.check->tcp = true;
  s.check->every = 1s;
  s.check->timeout = 1s;
  for (const Membership& m : plan.pool) {
    TargetConfig t;
    t.name = name_after(host_name(m.host), targets_renamed);
    t.address = host_address(m.host);
    t.weight = m.weight;
    t.tunnel = tunnel;
    s.target.push_back(t);
  }
  if (!plan.apart) return to.service.push_back(std::move(s));
  s.check->port = plan.ports[0].first;
  for (u32 part = 0; part < plan.ports.size(); ++part) {
    to.service.push_back(s);
    to.service.back().ports = {plan.ports[part]};
    if (part != plan.keeper) to.service.back().name += fmt::format("-{}", plan.ports[part].first);
  }
}

std::vector<std::string> Plan::targets_in(const Config& file, u32 service, u32 host) const {
  std::vector<std::string> names;
  for (const ServiceConfig& s : file.service)
    for (const TargetConfig& t : s.target)
      if (s.address[0] == services[service].address[0] && t.address == host_address(host))
        names.push_back(s.name + "/" + t.name);
  return names;
}

Config Plan::host(u32 number) const {
  Config c;
  c.name = host_name(number);
  c.engine.pins = 0;
  c.engine.interfaces = {{"eth0", 0, 0, "servers"}};
  c.host = HostConfig{};
  c.host->address = {host_address(number)};
  for (u32 d = 0; d < directors; ++d) c.host->directors.push_back(director_address(d, outer_ip6));
  for (const ServicePlan& plan : services) {
    if (std::find(plan.hosts.begin(), plan.hosts.end(), number) == plan.hosts.end()) continue;
    HostServiceConfig s;
    s.name = plan.name;
    s.address = {plan.address[0], plan.address[1]};
    s.ports = plan.ports;
    for (u32 h : plan.hosts) s.hosts.push_back(host_address(h));
    c.host->service.push_back(s);
  }
  return c;
}

}  // namespace waymark::sim
