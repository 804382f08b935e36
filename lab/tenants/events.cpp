#include "lab/tenants/events.h"

#include <chrono>

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kUntilSilence =
    milliseconds(7500);  // a connection counts as broken after 5 s, and asks once a second

TenantsStep kill(const std::string& gateway, Duration dead) {
  return {[=](TenantsFabric& f) { return f.kill(gateway); }, dead};
}
TenantsStep stop(const std::string& gateway, Duration dead) {
  return {[=](TenantsFabric& f) { return f.stop(gateway); }, dead};
}
TenantsStep lose(const std::string& gateway, Duration then) {
  return {[=](TenantsFabric& f) { return f.lose(gateway); }, then};
}
TenantsStep start(const std::string& gateway) {
  return {[=](TenantsFabric& f) { return f.start(gateway); }};
}
TenantsStep take(const std::string& gateway, u32 id) {
  return {[=](TenantsFabric& f) { return f.take(gateway, id); }};
}

}  // namespace

std::vector<TenantsEvent> tenants_events() {
  return {
      {.name = "moved",
       .title = "server moves to the other data centre",
       .steps = {{[](TenantsFabric& f) { return f.move_server(DataCentre::second); }}},
       .then = kUntilSilence,
       .control_breaks = true},
      {.name = "specific",
       .title = "specific routes announced",
       .steps = {{[](TenantsFabric& f) { return f.announce_specific(); }}},
       .then = seconds(2),
       .control_lies = true},
      {.name = "killed",
       .title = "daemon of g1 killed -9, dead for 2 s, restarted",
       .steps = {kill("g1", seconds(2)), start("g1")},
       .then = seconds(1)},
      {.name = "rebooted",
       .title = "g1 down without a trace, up again",
       .steps = {stop("g1", milliseconds(500)), start("g1")},
       .then = seconds(4),
       .told = true},
      {.name = "lost",
       .title = "machine of g1 lost, g2 takes its id after 0.5 s",
       .steps = {lose("g1", milliseconds(500)), take("g2", 1)},
       .then = seconds(6),
       .control_breaks = true,
       .told = true},
      {.name = "spare",
       .title = "the spare g3 takes it from g2, in order",
       .steps = {take("g3", 1)},
       .then = seconds(6),
       .control_breaks = true,
       .told = true},
  };
}

}  // namespace waymark::lab
