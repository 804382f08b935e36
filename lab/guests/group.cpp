#include <fmt/format.h>

#include <algorithm>

#include "lab/guests/events.h"
#include "lab/kit/loop.h"
#include "lab/kit/witness.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr u32 kStrangers = 1000, kOften = 2500;  // at once and begun a second, at each port
constexpr Duration kSettle = seconds(2), kEveryFlowIsSeen = milliseconds(1100);

}  // namespace

Status wrong_secret(GuestsSite& site) {
  GroupFabric& fabric = site.fabric();
  GroupPlan plan = fabric.plan();
  plan.keys["d2"] = "other.key";
  WM_TRY(fabric.site().write_key("other.key"));
  WM_TRY(fabric.configure(plan));
  const Time started = now();
  WM_TRY(fabric.launch_director("d2"));
  pause_for(seconds(kWait) + kSettle);
  const auto announced = site.metric("d2", "waymark_announced"),
             refused = site.metric("d1", "waymark_group_refused_total");
  u64 routes = 0;
  for (const RouteChange& c : site.routes().since(started))
    routes += c.netns == fabric.site().netns("d2") && !c.gone && (c.address == kService6 || c.address == kService4);
  site.claim(announced && *announced == 0 && routes == 0,
             announced ? fmt::format("it announces {} addresses, {} s after its start; {} routes came", *announced,
                                     (now() - started) / seconds(1), routes)
                       : announced.error().sentence);
  site.claim(refused && *refused > 0,
             refused ? fmt::format("the other member refused it {} times", *refused) : refused.error().sentence);
  return fabric.kill_director("d2");
}

Status strangers(GuestsSite& site) {
  GroupFabric& fabric = site.fabric();
  GroupPlan plan = fabric.plan();
  plan.keys.clear();
  WM_TRY(fabric.configure(plan));
  auto witness = Witness::start(fabric.site().netns("r"), kDirectors, kEchoPort);
  if (!witness) return witness.error();
  std::vector<std::unique_ptr<Crowd>> crowds;
  for (const auto& d : kDirectors) {
    auto crowd = site.gather(group_listen_of(d), Manner::silent, kStrangers, kOften, {}, "lan");
    if (!crowd) return crowd.error();
    crowds.push_back(std::move(*crowd));
  }
  pause_for(kEveryFlowIsSeen);
  const Time started = now();
  WM_TRY(fabric.launch_director("d2"));
  const auto both = [&](const char* metric) {
    const auto d1 = site.metric("d1", metric), d2 = site.metric("d2", metric);
    return d1 && d2 && *d1 == 1 && *d2 == 1;
  };
  const bool joined = site.await(seconds(8), [&] { return both("waymark_member_up") && both("waymark_in_step"); });
  const double took = std::chrono::duration<double>(now() - started).count();
  const Status routed = fabric.await_hops(2);
  pause_for(kSettle);
  CrowdCount all;
  for (const auto& crowd : crowds) {
    const CrowdCount c = crowd->count();
    all.connected += c.connected;
    all.turned_away += c.turned_away;
    all.unheard += c.unheard;
  }
  crowds.clear();
  const double lasted = std::chrono::duration<double>(now() - started).count();
  const u64 moved = flows_moved((*witness)->seen(), started);
  site.claim(joined && routed,
             joined ? fmt::format("the members found each other and are in step {:.1f} s after the start", took)
                    : "the members did not find each other, or are not in step, within 8 s");
  site.claim(all.connected + all.unheard >= 2 * kStrangers,
             fmt::format("{} strangers connected to the members' ports in {:.1f} s, {} of them were shown out",
                         all.connected, lasted, all.turned_away));
  site.claim(moved >= site.load().connections / 10,
             fmt::format("{} TCP flows moved to the member that started", moved));
  return Done{};
}

}  // namespace waymark::lab
