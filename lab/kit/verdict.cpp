#include "lab/kit/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lab/kit/loop.h"
#include "lab/kit/stage.h"

namespace waymark::lab {

bool Verdict::passed() const {
  return stopped_by.empty() && std::all_of(checks.begin(), checks.end(), [](const Check& c) { return c.ok; });
}

void Verdict::take(const ClientReport& clients, Window EventResult::*into) {
  EventResult* current = nullptr;
  for (const Window& w : clients.windows) {
    const auto found =
        std::find_if(events.begin(), events.end(), [&](const EventResult& e) { return e.name == w.name; });
    if (found != events.end()) {
      current = &*found;
      current->*into = w;
    } else if (w.name == "after" && current) {
      const u64 spanning = (current->*into).spanning;
      (current->*into).add(w);
      (current->*into).spanning = spanning;
    } else {
      current = nullptr;
    }
  }
}

void Verdict::check_agreement(const ClientReport& c, const ServerReport& s) {
  const bool agree = c.opened == s.opened && c.closed == s.clean && c.opened == c.closed && c.answered == s.messages &&
                     c.probes_answered == s.probes && s.reset + s.cut + s.mismatch + s.open == 0;
  check(agree, fmt::format("clients and servers agree: opened {} and {}, ended in order {} and {}, messages {} and {}, "
                           "probes {} and {}; servers saw {} resets, {} cut, {} mismatched, {} left open",
                           c.opened, s.opened, c.closed, s.clean, c.answered, s.messages, c.probes_answered, s.probes,
                           s.reset, s.cut, s.mismatch, s.open));
}

Verdict staged(const std::string& lab, const Load& load, const std::function<Status(Verdict&)>& play) {
  Verdict out;
  out.lab = lab;
  out.load = load;
  const Time begin = now();
  if (auto clean = no_leftovers(); !clean) {
    out.stopped_by = clean.error().sentence;
    return out;
  }
  const Footprint before = Footprint::now();
  {
    const Stage stage;
    Status done = prepare_machine();
    if (done) done = play(out);
    if (!done) out.stopped_by = done.error().sentence;
    if (interrupted()) {
      out.stopped_by = "it was interrupted";
    } else if (!out.passed()) {
      out.logs = logs_of_daemons();
    }
  }
  const auto left = added(before, Footprint::now());
  out.check(left.empty(), left.empty() ? "nothing is left behind"
                                       : fmt::format("left behind: {} and {} more", left.front(), left.size() - 1));
  out.seconds = std::chrono::duration<double>(now() - begin).count();
  return out;
}

}  // namespace waymark::lab
