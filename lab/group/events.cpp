#include "lab/group/events.h"

#include <chrono>

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr u32 kLight = 10, kHeavy = 30;
constexpr Duration kPoolSettles = seconds(1);  // a pool's change comes first, and then that flows move
constexpr int kFlaps = 5;

GroupStep weigh(const std::string& target, u32 weight, Duration then) {
  return {[=](GroupFabric& f) { return f.weigh(target, weight); }, then};
}

GroupStep withdraw(const std::string& director, Duration then) {
  return {[=](GroupFabric& f) { return f.flap(director, false); }, then};
}

GroupStep announce(const std::string& director, Duration then) {
  return {[=](GroupFabric& f) { return f.flap(director, true); }, then};
}

Status add_target(GroupFabric& f) {
  GroupPlan plan = f.plan();
  plan.targets.push_back({kAddedServer});
  return f.configure(plan);
}

GroupEvent director_killed() {
  return {"killed",
          "pool changed, then director d1 killed",
          true,
          {weigh("s3", kHeavy, kPoolSettles), {[](GroupFabric& f) { return f.kill_director("d1"); }, seconds(5)}}};
}

GroupEvent director_returns() {
  return {"returned",
          "pool changed, director d1 back from nothing",
          true,
          {weigh("s3", kLight, kPoolSettles),
           {[](GroupFabric& f) { return f.launch_director("d1"); }, {}},
           {[](GroupFabric& f) { return f.await_hops(2); }, seconds(4)}}};
}

GroupEvent route_flaps() {
  GroupEvent out = {"flaps", "pool changed, then 5 route flaps in 5 s", true, {weigh("s3", kHeavy, kPoolSettles)}};
  for (int i = 0; i < kFlaps; ++i)
    out.steps.insert(out.steps.end(), {withdraw("d2", milliseconds(500)), announce("d2", milliseconds(500))});
  out.steps.back().then = seconds(3);
  return out;
}

GroupEvent drained_and_added() {
  return {"drained",
          "s1 drained by d1, s4 added, flows move",
          true,
          {withdraw("d1", milliseconds(300)),
           {[](GroupFabric& f) {
              return f.ask("d1", {"drain", kDrainedServer});
            },
            milliseconds(300)},
           announce("d1", milliseconds(300)),
           {add_target, milliseconds(300)},
           withdraw("d2", milliseconds(700)),
           announce("d2", milliseconds(500)),
           {[](GroupFabric& f) { return f.mark("after"); }, seconds(4)}}};
}

// Only its own connections, and each is told: in the control nobody is.
GroupEvent server_killed() {
  GroupEvent out = {"server", "server s2 killed", false, {}};
  out.steps = {{[](GroupFabric& f) { return f.kill_server(kKilledServer); }, seconds(7)}};
  out.switched_off = "resets = 0";
  out.before_in_control = [](GroupFabric& f) {
    GroupPlan plan = f.plan();
    plan.tell = false;
    return f.configure(plan);
  };
  return out;
}

GroupEvent link_cut() {
  return {"cut",
          "group's link cut for 10 s, pool changed, moved",
          true,
          {{[](GroupFabric& f) { return f.site().cut_group_link(true); }, seconds(1)},
           weigh("s3", kLight, seconds(9)),
           {[](GroupFabric& f) { return f.site().cut_group_link(false); }, {}},
           withdraw("d1", seconds(2)),
           announce("d1", seconds(3))}};
}

}  // namespace

std::vector<GroupEvent> group_events() {
  return {director_killed(), director_returns(), route_flaps(), drained_and_added(), server_killed(), link_cut()};
}

}  // namespace waymark::lab
