#include "lab/edge/events.h"

#include <chrono>

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kUntilSilence =
    milliseconds(6500);  // a connection counts as broken after 5 s, and asks once a second
constexpr u32 kFlips = 6;

std::vector<EdgeStep> flips() {
  std::vector<EdgeStep> out;
  for (u32 i = 0; i < kFlips; ++i)
    out.push_back(
        {[i](EdgeFabric& f) { return f.prefer(i % 2 ? Preferred::first : Preferred::second); }, milliseconds(1500)});
  return out;
}

}  // namespace

std::vector<EdgeEvent> edge_events() {
  return {
      {.name = "flips",
       .title = "the route flips to another site, six times",
       .steps = flips(),
       .then = kUntilSilence,
       .control_breaks = true},
      {.name = "spread",
       .title = "each packet goes to one of two sites at random",
       .steps = {{[](EdgeFabric& f) { return f.spread(true); }, seconds(4)},
                 {[](EdgeFabric& f) { return f.spread(false); }}},
       .then = kUntilSilence,
       .control_breaks = true},
      {.name = "withdrawn",
       .title = "a site loses its route, its servers live",
       .steps = {{[](EdgeFabric& f) { return f.withdraw(1, true); }, seconds(4)},
                 {[](EdgeFabric& f) { return f.withdraw(1, false); }}},
       .then = kUntilSilence,
       .control_breaks = true},
      {.name = "killed",
       .title = "daemon of e1 killed -9, dead for 2 s, restarted",
       .steps = {{[](EdgeFabric& f) { return f.kill("e1"); }, seconds(2)},
                 {[](EdgeFabric& f) { return f.start("e1"); }}},
       .then = seconds(2)},
      {.name = "upgraded",
       .title = "daemon of e1 upgraded",
       .steps = {{[](EdgeFabric& f) { return f.upgrade("e1"); }}},
       .then = seconds(2)},
      {.name = "other",
       .title = "clients' packets come by e3 for 4 s",
       .steps = {{[](EdgeFabric& f) { return f.send_by(true); }, seconds(4)},
                 {[](EdgeFabric& f) { return f.send_by(false); }}},
       .then = kUntilSilence},
      {.name = "machine",
       .title = "machine of e1 lost, e3 takes its prefix",
       .steps = {{[](EdgeFabric& f) { return f.lose_machine("e1"); }}},
       .then = kUntilSilence},
      {.name = "server",
       .title = "server s1 lost: what it had, and no more",
       .steps = {{[](EdgeFabric& f) { return f.lose_server("s1"); }}},
       .then = kUntilSilence,
       .lost = "s1"},
  };
}

}  // namespace waymark::lab
