#include "lab/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace waymark::lab {
namespace {

nlohmann::json json_of(const Window& w) {
  return {{"spanning", w.spanning},
          {"broken", w.broken.total()},
          {"reset", w.broken.reset},
          {"ended", w.broken.ended},
          {"mismatch", w.broken.mismatch},
          {"silent", w.broken.silent},
          {"longest_stall_ms", w.longest_stall_ms},
          {"messages", w.messages},
          {"probes", w.probes},
          {"probes_lost", w.probes_lost},
          {"udp_flows_moved", w.probes_moved},
          {"new_flows", w.fresh},
          {"new_flows_failed", w.fresh_failed},
          {"new_flows_at", w.fresh_at}};
}

std::string row(const Window& w) {
  return fmt::format("{:>10} {:>8} {:>10.0f} ms {:>8} {:>8}", w.spanning, w.broken.total(), w.longest_stall_ms,
                     w.probes, w.probes_lost);
}

}  // namespace

std::string table(const Verdict& v) {
  std::string out =
      fmt::format("{:<50} {:>10} {:>8} {:>13} {:>8} {:>8}\n", "", "connections", "", "longest", "probes", "");
  out +=
      fmt::format("{:<50} {:>10} {:>8} {:>13} {:>8} {:>8}\n", "event", "spanning", "broken", "stall", "sent", "lost");
  for (const EventResult& e : v.events) {
    out += fmt::format("{:<50} {}\n", e.title, row(e.real));
    out += fmt::format("{:<50} {}\n", fmt::format("    the same without: {}", e.switched_off), row(e.control));
  }
  return out;
}

std::string checks(const Verdict& v) {
  std::string out;
  for (const Check& c : v.checks) out += fmt::format("{}  {}\n", c.ok ? "ok  " : "FAIL", c.sentence);
  if (!v.stopped_by.empty()) out += fmt::format("FAIL  the schedule stopped: {}\n", v.stopped_by);
  return out;
}

std::string to_json(const Verdict& v) {
  nlohmann::json events = nlohmann::json::array(), all = nlohmann::json::array();
  for (const EventResult& e : v.events) {
    events.push_back({{"event", e.name},
                      {"title", e.title},
                      {"switched_off", e.switched_off},
                      {"real", json_of(e.real)},
                      {"control", json_of(e.control)}});
  }
  for (const Check& c : v.checks) all.push_back({{"ok", c.ok}, {"check", c.sentence}});
  const nlohmann::json whole = {{"lab", "site"},
                                {"passed", v.passed()},
                                {"connections", v.load.connections},
                                {"probes_per_second", v.load.probes},
                                {"seconds", v.seconds},
                                {"events", events},
                                {"checks", all},
                                {"stopped_by", v.stopped_by}};
  return whole.dump(2);
}

}  // namespace waymark::lab
