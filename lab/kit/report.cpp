#include "lab/kit/report.h"

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

constexpr size_t kTitle = 47, kOff = 16, kSide = 26;

std::string columns(const Window& w) {
  return fmt::format("{:>5} {:>6} {:>5} {:>4.0f} ms", w.spanning, w.broken.total(), w.probes_lost, w.longest_stall_ms);
}

}  // namespace

std::string table(const Verdict& v) {
  const std::string names = fmt::format("{:>5} {:>6} {:>5} {:>7}", "spans", "broken", "lost", "stall");
  std::string out = fmt::format("{:{}} {:-^{}}  {:-^{}}\n", "", kTitle, " Waymark ", kSide, fmt::format(" {} ", v.off),
                                kOff + 1 + kSide);
  out += fmt::format("{:{}} {}  {:{}} {}\n", "", kTitle, names, "", kOff, names);
  for (const EventResult& e : v.events)
    out +=
        fmt::format("{:{}} {}  {:{}} {}\n", e.title, kTitle, columns(e.real), e.switched_off, kOff, columns(e.control));
  out += fmt::format(
      "\n"
      "spans   TCP connections that were open before the event, each with a checked message a second both ways\n"
      "broken  of those: reset, ended, corrupt, or silent for 5 s\n"
      "lost    of {} numbered UDP packets a second\n"
      "stall   the longest that any connection waited for an answer\n",
      v.load.probes);
  return out;
}

std::string checks(const Verdict& v, bool all) {
  std::string out;
  for (const Check& c : v.checks)
    if (all || !c.ok || !c.in_table) out += fmt::format("{}  {}\n", c.ok ? "ok  " : "FAIL", c.sentence);
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
  const nlohmann::json whole = {{"lab", v.lab},
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
