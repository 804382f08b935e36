// First everything is asked of the site while nothing happens, and captured. Then a control is raised beside it, and
// the events happen in both: connections are all open -> mark -> the event -> some seconds -> next, as in lab group;
// but in the control after it has happened in the other, which must not wait for it.
#include "lab/tenants/tenants.h"

#include <fmt/format.h>

#include <chrono>
#include <map>

#include "lab/kit/capture.h"
#include "lab/kit/downloads.h"
#include "lab/kit/loop.h"
#include "lab/kit/stage.h"
#include "lab/tenants/asking.h"
#include "lab/tenants/events.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(15), kBeforeEvent = milliseconds(300);

TenantsSite place() { return TenantsSite(kTenantsPrefix, kLabDirectory + "/tenants"); }

class Run {
 public:
  Run(const Tools& tools, const Say& say, Verdict& out)
      : say_(say),
        verdict_(out),
        real_(place(), tools, By::waymark),
        control_(TenantsSite(kTenantsControlPrefix, kLabDirectory + "/tenants-off"), tools, By::plain),
        ask_(real_.site(), tools) {}

  Status all() {
    verdict_.off = "a plain NAT64 in each gateway";
    WM_TRY(set_up());
    Capture capture(real_.site(), taps());
    Capture cloud(real_.site(), taps_of_cloud());
    WM_TRY(capture.start());
    WM_TRY(cloud.start());
    Asking asking(real_, ask_, verdict_);
    WM_TRY(asking.all());
    WM_TRY(cloud.stop());
    say_("everything has been asked in both data centres");
    WM_TRY(begin_traffic());
    for (const TenantsEvent& event : tenants_events()) WM_TRY(happen(event));
    WM_TRY(finish());
    WM_TRY(capture.stop());
    WM_TRY(end());
    say_("now tshark reads what passed");
    for (const Capture* each : {&capture, &cloud})
      if (const auto seen = each->judge(verdict_); !seen) return seen.error();
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

 private:
  static std::vector<Tap> taps() {
    return {{"the tenants' side", "u", {{"g1", kWideLink}, {"g2", kWideLink}, {"g3", kWideLink}}}};
  }
  static std::vector<Tap> taps_of_cloud() {
    return {{"the first data centre",
             "r1",
             {{"g1", kWideLink}, {"g3", kWideLink}, {"r2", kWideLink}, {"p", narrow_link(DataCentre::first)}}},
            {"the second data centre", "r2", {{"g2", kWideLink}, {"p", narrow_link(DataCentre::second)}}}};
  }

  Status both(const std::function<Status(TenantsFabric&)>& act) {
    for (TenantsFabric* f : {&real_, &control_}) WM_TRY(act(*f));
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  void nobody_passes(const char* when) {
    for (const TenantPlan& tenant : kTenants)
      verdict_.check(!real_.passes(tenant), fmt::format("{}: {} no ping passes", tenant.name, when));
  }

  Status set_up() {
    WM_TRY(real_.build(false));
    nobody_passes("without gateways");
    WM_TRY(real_.start_gateways());
    WM_TRY(real_.await_passage(kPatience));
    say_("the gateways are up, and BIRD has their routes");
    return Done{};
  }

  Status begin_traffic() {
    WM_TRY(control_.build(false));
    WM_TRY(control_.start_gateways());
    WM_TRY(control_.await_passage(kPatience));
    WM_TRY(both([&](TenantsFabric& f) { return f.start_traffic(verdict_.load); }));
    std::vector<Wanted> wanted;
    for (const TenantPlan& tenant : kTenants)
      for (const char* which : {"1", "2"})
        wanted.push_back({real_.site().netns(tenant.name), "http://" + kServer4 + "/blob",
                          real_.site().file(fmt::format("download-{}{}", tenant.name, which))});
    WM_TRY(downloads_.start(wanted));
    for (const Time end = now() + kPatience; now() < end && !downloads_.all_under_way() && !interrupted();)
      pause_for(milliseconds(5));
    for (const TenantPlan& tenant : kTenants) {
      const auto before = ask_.intruded(tenant);
      if (!before) return before.error();
      intruded_[tenant.name] = *before;
    }
    auto intruder = ask_.intrude();
    if (!intruder) return intruder.error();
    intruder_ = std::move(*intruder);
    say_(fmt::format(
        "a control is up beside it, {} TCP connections are open in each, {} UDP probes a second; {} downloads",
        verdict_.load.connections, verdict_.load.probes, wanted.size()));
    return Done{};
  }

  Result<u64> count(const std::string& gateway, const std::string& reason) const {
    return real_.daemons().count(gateway, reason);
  }

  static Status act(const TenantsEvent& event, TenantsFabric& fabric) {
    for (const TenantsStep& step : event.steps) {
      WM_TRY(step.act(fabric));
      pause_for(step.then);
    }
    return Done{};
  }

  Status happen(const TenantsEvent& event) {
    WM_TRY(real_.open());
    // What was lost before. Some find what is left of others' state in the control.
    if (!event.control_lies) WM_TRY(control_.open(verdict_.load.connections / 50));
    WM_TRY(both([&](TenantsFabric& f) { return f.mark(event.name); }));
    pause_for(kBeforeEvent);
    say_(event.title);
    const auto passed_on = count("g2", "gateway.onward");
    WM_TRY(both([&](TenantsFabric& f) { return act(event, f); }));
    pause_for(event.then);
    verdict_.events.push_back({event.name, event.title, event.control_lies ? "no way back yet" : "", {}, {}});
    verdict_.check(downloads_.all_under_way(), event.title + ": the downloads are under way");
    for (const TenantPlan& tenant : kTenants) {
      const auto claim = [&](const TenantQuestions::Found& found) {
        verdict_.check(bool(found), fmt::format("{}, {}", event.title, found ? *found : found.error().sentence));
      };
      claim(ask_.ping(tenant.name, kServer4));
      claim(ask_.trace(tenant.name, kServer4, routers_between(real_.holder(1), event.server)));
      const auto came = ask_.intruded(tenant);
      if (!came) return came.error();
      const u64 more = *came - intruded_[tenant.name];
      verdict_.check(more == 0,
                     fmt::format("{}, {}: {} datagrams came that nobody asked for", event.title, tenant.name, more));
    }
    WM_TRY(counted(event));
    if (event.name == "moved" || event.name == "specific") WM_TRY(way_of_replies(event, passed_on));
    return Done{};
  }

  // By the gateway that holds the tenants' id, whose counters are new where it is.
  Status counted(const TenantsEvent& event) {
    const std::string& gateway = real_.holder(1);
    const auto refused = count(gateway, "firewall.unsolicited");
    if (!refused) return refused.error();
    verdict_.check(*refused > 0,
                   fmt::format("{}: {} has refused {} packets that nobody asked for", event.title, gateway, *refused));
    if (!event.told) return Done{};
    const auto told = real_.daemons().sum(gateway, "group", "flows_received");
    if (!told) return told.error();
    verdict_.check(*told >= verdict_.load.connections,
                   fmt::format("{}: {} was told {} flows by other gateways", event.title, gateway, *told));
    return Done{};
  }

  Status way_of_replies(const TenantsEvent& event, const Result<u64>& before) {
    const auto then = count("g2", "gateway.onward");
    pause_for(seconds(1));
    const auto later = count("g2", "gateway.onward");
    for (const auto* one : {&before, &then, &later})
      if (!*one) return one->error();
    const bool moved = event.name == "moved";
    verdict_.check(moved ? *then - *before > 1000 : *later == *then,
                   moved ? fmt::format("{}: g2 passed on {} packets to g1", event.title, *then - *before)
                         : fmt::format("{}: in a second g2 passed on {} packets to g1", event.title, *later - *then));
    return Done{};
  }

  Status finish() {
    WM_TRY(both([](TenantsFabric& f) { return f.mark("end"); }));
    intruder_ = {};
    say_("everything ends in order");
    const auto whole = downloads_.finish();
    say_("the downloads have come");
    verdict_.check(bool(whole), whole ? "through all of it " + *whole : whole.error().sentence);
    WM_TRY(both([](TenantsFabric& f) { return f.close(); }));
    auto real = real_.clients(), control = control_.clients();
    auto server = real_.servers();
    if (!real || !control || !server) return !real ? real.error() : !control ? control.error() : server.error();
    verdict_.take(*real, &EventResult::real);
    verdict_.take(*control, &EventResult::control);
    for (std::size_t i = 0; i < verdict_.events.size(); ++i) check_event(verdict_.events[i], tenants_events()[i]);
    const u64 wrong = server->reset + server->cut + server->mismatch + server->open;
    verdict_.check(wrong == 0 && server->opened == real->opened && server->clean == real->closed &&
                       real->opened == real->closed && server->messages == real->answered,
                   fmt::format("clients and server agree: opened {} and {}, ended in order {} and {}, otherwise {}; "
                               "messages {} and {}",
                               real->opened, server->opened, real->closed, server->clean, wrong, real->answered,
                               server->messages));
    return Done{};
  }

  void check_event(const EventResult& is, const TenantsEvent& event) {
    const u64 broken = is.real.broken.total(), off = is.control.broken.total();
    verdict_.checks.push_back(
        {fmt::format("{}: {} connections span it, {} broken, {} of {} probes lost, the longest stall {:.0f} ms",
                     is.title, is.real.spanning, broken, is.real.probes_lost, is.real.probes, is.real.longest_stall_ms),
         is.real.spanning == verdict_.load.connections && broken == 0, true});
    if (event.control_breaks)
      verdict_.checks.push_back(
          {fmt::format("{}, in the control: {} of {} broken", is.title, off, is.control.spanning), off > 0, true});
  }

  Status end() {
    const Status down = real_.down();
    verdict_.check(bool(down), down ? "the gateways went down in order" : down.error().sentence);
    nobody_passes("once they are down");
    return Done{};
  }

  const Say& say_;
  Verdict& verdict_;
  TenantsFabric real_, control_;
  TenantQuestions ask_;
  Downloads downloads_;
  Process intruder_;
  std::map<std::string, u64> intruded_;  // by tenant, before there was an intruder
};

}  // namespace

Verdict run_tenants(const Tools& tools, const Say& say) {
  return staged("tenants", {.connections = 1000, .fresh = 0, .probes = 200}, [&](Verdict& verdict) {
    Run run(tools, say, verdict);
    return run.all();
  });
}

Status raise_tenants(const Tools& tools) {
  TenantsFabric fabric(place(), tools, By::waymark);
  WM_TRY(fabric.build(true));
  WM_TRY(fabric.start_gateways());
  WM_TRY(fabric.await_passage(kPatience));
  fabric.release();
  return Done{};
}

}  // namespace waymark::lab
