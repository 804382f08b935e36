// Two tenants, and red's other site, behind gateway 2. Everything is asked twice: while replies come to the gateway
// that holds the id, and while they come to the other one, which passes them on. Then the replies' route moves under
// downloads, and a daemon dies under others.
#include "lab/tenants/tenants.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <functional>

#include "lab/kit/capture.h"
#include "lab/kit/downloads.h"
#include "lab/kit/loop.h"
#include "lab/kit/stage.h"
#include "lab/tenants/questions.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(15), kWhile = seconds(1);  // downloads go on for a while between events

class Run {
 public:
  Run(const Tools& tools, const Say& say)
      : site_(kTenantsPrefix, kLabDirectory + "/tenants"),
        tools_(tools),
        daemons_(site_, tools),
        ask_(site_),
        say_(say) {}

  Status all(Verdict& out) {
    WM_TRY(site_.build());
    WM_TRY(ask_.start());
    nobody_passes(out, "without gateways");
    for (const std::string& gateway : kGateways) WM_TRY(site_.write_gateway(gateway));
    WM_TRY(start("g1"));
    WM_TRY(await_passage());
    WM_TRY(site_.replies_to("g2"));
    nobody_passes(out, "while replies come to g2 and it is no gateway yet");
    WM_TRY(start("g2"));
    WM_TRY(await_passage());
    say_("both gateways are up");
    WM_TRY(captured(out));
    WM_TRY(move_replies(out));
    WM_TRY(kill(out));
    const Status down = daemons_.down(kGateways);
    out.check(bool(down), down ? "both gateways went down in order" : down.error().sentence);
    for (Process& p : gateway_)
      if (!p.wait(kPatience)) return Error{"the daemon of a gateway does not end"};
    nobody_passes(out, "once they are down");
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

 private:
  Process& of(const std::string& gateway) { return gateway_[gateway == "g1" ? 0 : 1]; }

  Status start(const std::string& gateway) {
    auto p = daemons_.start(gateway, tools_.waymark);
    if (!p) return p.error();
    of(gateway) = std::move(*p);
    return daemons_.ready(gateway);
  }

  Status await_passage() const {
    for (const Time end = now() + kPatience; now() < end && !interrupted();)
      if (ask_.passes(kTenants[0]) && ask_.passes(kTenants[1])) return Done{};
    return Error{"the gateways let no ping pass"};
  }

  void nobody_passes(Verdict& out, const char* when) const {
    for (const TenantPlan& tenant : kTenants)
      out.check(!ask_.passes(tenant), fmt::format("{}: {} no ping passes", tenant.name, when));
  }

  Status captured(Verdict& out) {
    Capture capture(site_, {{"the tenants' side", "u", {{"g1", kWideLink}, {"g2", kWideLink}}},
                            {"the cloud's side", "c", {{"g1", kWideLink}, {"g2", kWideLink}, {"q", kNarrowLink}}}});
    WM_TRY(capture.start());
    const auto before = daemons_.count("g2", "gateway.onward");
    WM_TRY(questions(out, "g1"));
    const auto between = daemons_.count("g2", "gateway.onward");
    WM_TRY(questions(out, "g2"));
    const auto after = daemons_.count("g2", "gateway.onward");
    for (const auto* one : {&before, &between, &after})
      if (!*one) return one->error();
    out.check(*between == *before && *after - *between > 1000,
              fmt::format("g2 passed on {} packets while replies came to g1, and {} while they came to g2",
                          *between - *before, *after - *between));
    WM_TRY(site_.replies_to("g1"));
    WM_TRY(strangers(out));
    WM_TRY(capture.stop());
    say_("all questions have been asked; now tshark reads what passed");
    auto seen = capture.judge(out);
    return seen ? Status(Done{}) : Status(seen.error());
  }

  Status questions(Verdict& out, const std::string& gateway) const {
    WM_TRY(site_.replies_to(gateway));
    const auto claim = [&](const TenantQuestions::Found& found) {
      out.check(bool(found), fmt::format("replies to {}, {}", gateway, found ? *found : found.error().sentence));
    };
    for (const TenantPlan& tenant : kTenants) {
      claim(ask_.ping(tenant.name, kServer4));
      claim(ask_.who(tenant));
      claim(ask_.trace(tenant.name, kServer4, 3));  // the gateway, c, q
      claim(ask_.echoes_find_mtu(tenant.name, kServer4, kNarrowToTenants));
      claim(ask_.upload(tenant.name, kServer4, kNarrowToTenants));
      claim(ask_.download(tenant));
      claim(ask_.ping_back(tenant));
      if (interrupted()) return Error{"it was interrupted"};
    }
    const std::pair<std::string, std::string> ways[] = {{kTenants[0].name, kFarAddress},
                                                        {kFarSite.name, kTenantAddress}};
    for (const auto& [node, to] : ways) {
      claim(ask_.ping(node, to));
      claim(ask_.trace(node, to, 2));  // both gateways
      claim(ask_.echoes_find_mtu(node, to, kBetweenSites));
    }
    claim(ask_.upload(kTenants[0].name, kFarAddress, kBetweenSites));
    return Done{};
  }

  // What is sent must be counted by g1 for this reason, and none of it come to the other tenant.
  Status dropped(Verdict& out, const std::string& what, const std::string& reason, const TenantPlan& other,
                 const std::function<Result<u64>()>& send) const {
    const auto heard = ask_.received(other), before = daemons_.count("g1", reason);
    const auto sent = send();
    const auto heard_now = ask_.received(other), after = daemons_.count("g1", reason);
    for (const auto* one : {&heard, &before, &heard_now, &after})
      if (!*one) return one->error();
    const bool ok = sent && *after - *before == *sent && *heard_now == *heard;
    out.check(ok, fmt::format("{}: {} ({}: {} packets; {} came to {})", what,
                              sent ? fmt::format("{} sent, none answered", *sent) : sent.error().sentence, reason,
                              *after - *before, *heard_now - *heard, other.name));
    return Done{};
  }

  Status strangers(Verdict& out) const {
    const TenantPlan &red = kTenants[0], &blue = kTenants[1];
    WM_TRY(dropped(out, "red, pings from an address that is not behind its tunnel", "gateway.foreign_source", blue,
                   [&] { return ask_.from_foreign_source(red); }));
    WM_TRY(dropped(out, "red, pings with blue's VNI", "gateway.unknown_tunnel", blue,
                   [&] { return ask_.in_vni_of(blue, red); }));
    WM_TRY(dropped(out, "datagrams of the server's to red, which no rule lets in", "firewall.unsolicited", red,
                   [&] { return ask_.unsolicited(red); }));
    const auto heard = ask_.received(kFarSite);
    const auto sent = ask_.to_far(blue);
    const auto heard_now = ask_.received(kFarSite);
    out.check(sent && heard && heard_now && *heard_now == *heard,
              "blue, pings of red's other site: none answered, and none came there");
    return dropped(out, "red, pings by IPv6 of blue's address", "gateway.inner_ip6", blue,
                   [&] { return ask_.by_ip6_to(blue, red); });
  }

  Status begin(Downloads& downloads, const std::string& name) const {
    std::vector<Wanted> all;
    for (const TenantPlan& tenant : kTenants)
      all.push_back({site_.netns(tenant.name), "http://" + kServer4 + "/blob", site_.file(name + "-" + tenant.name)});
    WM_TRY(downloads.start(all));
    for (const Time end = now() + kPatience; now() < end && !interrupted(); pause_for(milliseconds(5)))
      if (downloads.all_under_way()) return Done{};
    return Error{"the downloads do not begin"};
  }

  // The bulk of both comes while replies come to the gateway that must pass them on.
  Status move_replies(Verdict& out) {
    WM_TRY(write_blob(site_.file("www/blob")));
    Downloads downloads;
    WM_TRY(begin(downloads, "moved"));
    const auto before = daemons_.count("g2", "gateway.onward");
    for (const char* gateway : {"g2", "g1", "g2"}) {
      WM_TRY(site_.replies_to(gateway));
      pause_for(kWhile);
    }
    out.check(downloads.all_under_way(), "both tenants' downloads are under way when the replies' route has moved");
    const auto whole = downloads.finish();
    const auto after = daemons_.count("g2", "gateway.onward");
    if (!before || !after) return before ? after.error() : before.error();
    out.check(bool(whole),
              whole ? "with the replies' route moved to g2, to g1 and to g2 " + *whole : whole.error().sentence);
    out.check(*after - *before > 1000, fmt::format("g2 passed on {} packets of them to g1", *after - *before));
    say_("the replies' route was moved under downloads");
    return site_.replies_to("g1");
  }

  Status kill(Verdict& out) {
    Downloads downloads;
    WM_TRY(begin(downloads, "killed"));
    of("g1").signal(SIGKILL);
    if (of("g1").wait(kPatience) != 128 + SIGKILL) return Error{"the daemon of g1 had ended already"};
    pause_for(kWhile);
    for (const TenantPlan& tenant : kTenants)
      out.check(ask_.passes(tenant), fmt::format("{}: without a daemon on g1 a new ping passes", tenant.name));
    out.check(downloads.all_under_way(), "both tenants' downloads are under way while the daemon of g1 is dead");
    WM_TRY(start("g1"));
    const auto whole = downloads.finish();
    out.check(bool(whole), whole ? "with the daemon of g1 killed by -9 in their middle, and restarted, " + *whole
                                 : whole.error().sentence);
    for (const TenantPlan& tenant : kTenants) out.check(ask_.who(tenant));
    say_("the daemon of g1 was killed under downloads");
    return Done{};
  }

  TenantsSite site_;
  const Tools& tools_;
  Daemons daemons_;
  TenantQuestions ask_;
  const Say& say_;
  Process gateway_[2];
};

}  // namespace

Verdict run_tenants(const Tools& tools, const Say& say) {
  return staged("tenants", {}, [&](Verdict& out) {
    Run run(tools, say);
    return run.all(out);
  });
}

}  // namespace waymark::lab
