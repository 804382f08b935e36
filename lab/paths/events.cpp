#include "lab/paths/events.h"

#include <chrono>

#include "lab/paths/names.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A connection counts as broken after 5 s, and asks once a second.
constexpr Duration kUntilSilence = milliseconds(6500);

}  // namespace

std::vector<PathsEvent> paths_events() {
  return {
      {.name = "killed",
       .title = "all daemons killed -9, dead for 2 s, restarted",
       .steps = {{[](PathsFabric& f) { return f.kill_all(); }, seconds(2)},
                 {[](PathsFabric& f) { return f.start_all(); }, seconds(2)}}},
      {.name = "slow",
       .title = "link of POPs 2 and 3 takes 20 ms, then 5 again",
       .steps = {{[](PathsFabric& f) {
                   return f.answers_lead("c1", "s1", {1, 2, 3});
                 }},  // once daemons have measured
                 {[](PathsFabric& f) { return f.delay(2, 3, milliseconds(20)); }},
                 {[](PathsFabric& f) {
                   return f.answers_follow("c1", "s1", {1, 3});
                 }},
                 {[](PathsFabric& f) { return f.delay(2, 3, milliseconds(5)); }},
                 {[](PathsFabric& f) {
                   return f.answers_follow("c1", "s1", {1, 2, 3});
                 }}}},
      {.name = "lost",
       .title = "POP 2 lost, its links at once, and back",
       .steps = {{[](PathsFabric& f) { return f.lose_pop(); }},
                 {[](PathsFabric& f) { return f.warned("is lost"); }, kUntilSilence},
                 {[](PathsFabric& f) { return f.regain_pop(); }, seconds(2)}},
       .control_breaks = true},
      {.name = "silent",
       .title = "POP 2's program gone, its links stay; and back",
       .steps = {{[](PathsFabric& f) { return f.silence(); }},
                 {[](PathsFabric& f) { return f.warned("is silent"); }, kUntilSilence},
                 {[](PathsFabric& f) { return f.launch_middle(); }, seconds(2)}},
       .control_breaks = true},
      {.name = "cut",
       .title = "link of POPs 2 and 5 cut, and back",
       .steps = {{[](PathsFabric& f) { return f.cut_link(true); }},
                 {[](PathsFabric& f) {
                    return f.answers_follow("c1", "s2", {1, kNamesPop});
                  },
                  kUntilSilence},
                 {[](PathsFabric& f) { return f.cut_link(false); }, seconds(2)}},
       .control_breaks = true},
      {.name = "out",
       .title = "POP 2 put into `down`, stopped, and back",
       .steps = {{[](PathsFabric& f) { return f.take_out(true); }, kUntilSilence},
                 {[](PathsFabric& f) { return f.take_out(false); }, seconds(2)}},
       .control_breaks = true},
      {.name = "rotated",
       .title = "a new key used; in the control the old one gone",
       .steps = {{[](PathsFabric& f) { return f.rotate(); }, seconds(1)},
                 {[](PathsFabric& f) { return f.use_new_key(); }, seconds(1)},
                 {[](PathsFabric& f) { return f.is_control() ? f.retire_old_key() : Status(Done{}); }, kUntilSilence}},
       .control_breaks = true},
  };
}

}  // namespace waymark::lab
