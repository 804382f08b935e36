#include "lab/tenants/asking.h"

#include <fmt/format.h>

#include "lab/kit/process.h"

namespace waymark::lab {
namespace {

constexpr Duration kPatience = std::chrono::seconds(15);

const char* name(DataCentre at) { return at == DataCentre::first ? "first" : "second"; }

}  // namespace

u32 routers_between(const std::string& gateway, DataCentre server) {
  const bool far = (gateway == "g2") != (server == DataCentre::second);
  return far ? 4 : 3;
}

Status Asking::all() {
  const auto before = fabric_.daemons().count("g2", "gateway.onward");
  WM_TRY(in(DataCentre::first));
  const auto between = fabric_.daemons().count("g2", "gateway.onward");
  WM_TRY(fabric_.move_server(DataCentre::second));
  WM_TRY(in(DataCentre::second));
  const auto after = fabric_.daemons().count("g2", "gateway.onward");
  for (const auto* one : {&before, &between, &after})
    if (!*one) return one->error();
  out_.check(
      *after - *between > 1000,
      fmt::format("g2 passed on {} packets to g1 while the server was in the second data centre (and {} while it "
                  "was in the first one, which are the other site's)",
                  *after - *between, *between - *before));
  WM_TRY(fabric_.move_server(DataCentre::first));
  WM_TRY(fabric_.await_passage(kPatience));
  WM_TRY(between_sites());
  return strangers();
}

Status Asking::in(DataCentre at) {
  WM_TRY(fabric_.await_passage(kPatience));
  const u32 narrow = narrow_link(at), to_tenants = narrow - kTranslation;  // RFC 7915, 4.2
  const auto claim = [&](const TenantQuestions::Found& found) {
    out_.check(bool(found),
               fmt::format("server in the {} data centre, {}", name(at), found ? *found : found.error().sentence));
  };
  for (const TenantPlan& tenant : kTenants) {
    claim(ask_.ping(tenant.name, kServer4));
    claim(ask_.who(tenant));
    claim(ask_.trace(tenant.name, kServer4, routers_between("g1", at)));
    claim(ask_.echoes_find_mtu(tenant.name, kServer4, to_tenants));
    claim(ask_.upload(tenant.name, kServer4, to_tenants));
    claim(ask_.download(tenant, narrow));
    claim(ask_.ping_back(tenant));
    if (interrupted()) return Error{"it was interrupted"};
  }
  return Done{};
}

Status Asking::between_sites() {
  const std::pair<std::string, std::string> ways[] = {{kTenants[0].name, kFarAddress}, {kFarSite.name, kTenantAddress}};
  for (const auto& [node, to] : ways) {
    out_.check(ask_.ping(node, to));
    out_.check(ask_.trace(node, to, 2));  // both gateways
    out_.check(ask_.echoes_find_mtu(node, to, kBetweenSites));
  }
  out_.check(ask_.upload(kTenants[0].name, kFarAddress, kBetweenSites));
  return Done{};
}

// What is sent must be counted by g1 for this reason, and none of it come to the other tenant.
Status Asking::dropped(const std::string& what, const std::string& reason, const TenantPlan& other,
                       const std::function<Result<u64>()>& send) {
  const auto heard = ask_.received(other), before = fabric_.daemons().count("g1", reason);
  const auto sent = send();
  const auto heard_now = ask_.received(other), after = fabric_.daemons().count("g1", reason);
  for (const auto* one : {&heard, &before, &heard_now, &after})
    if (!*one) return one->error();
  const bool ok = sent && *after - *before == *sent && *heard_now == *heard;
  out_.check(ok, fmt::format("{}: {} ({}: {} packets; {} came to {})", what,
                             sent ? fmt::format("{} sent, none answered", *sent) : sent.error().sentence, reason,
                             *after - *before, *heard_now - *heard, other.name));
  return Done{};
}

Status Asking::strangers() {
  const TenantPlan &red = kTenants[0], &blue = kTenants[1];
  for (const TenantPlan& tenant : kTenants) {
    const TenantPlan& other = tenant.name == red.name ? blue : red;
    WM_TRY(dropped(tenant.name + ", pings from an address that is not behind its tunnel", "gateway.foreign_source",
                   other, [&] { return ask_.from_foreign_source(tenant); }));
    WM_TRY(dropped(fmt::format("datagrams of the server's to {}, which no rule lets in", tenant.name),
                   "firewall.unsolicited", tenant, [&] { return ask_.unsolicited(tenant); }));
  }
  WM_TRY(dropped("red, pings with a VNI that is nobody's", "gateway.unknown_tunnel", blue,
                 [&] { return ask_.in_other_vni(red); }));
  WM_TRY(dropped("red, pings in GRE with blue's key", "gateway.unknown_tunnel", blue,
                 [&] { return ask_.in_gre_of(blue, red); }));
  const auto heard = ask_.received(kFarSite);
  const auto sent = ask_.to_far(blue);
  const auto heard_now = ask_.received(kFarSite);
  out_.check(sent && heard && heard_now && *heard_now == *heard,
             "blue, pings of red's other site: none answered, and none came there");
  return dropped("red, pings by IPv6 of blue's address", "gateway.inner_ip6", blue,
                 [&] { return ask_.by_ip6_to(blue, red); });
}

}  // namespace waymark::lab
