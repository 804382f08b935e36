// What health, group and announcements have to show.
#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "daemon/snapshot.h"

namespace waymark {

namespace {

u64 seconds_since(const Snapshot& s, Time since) {
  return s.now > since ? u64(std::chrono::duration_cast<std::chrono::seconds>(s.now - since).count()) : 0;
}

template <class T>
std::string joined(const std::vector<T>& words) {
  std::string out;
  for (const T& word : words) out += (out.empty() ? "" : " ") + std::string(word);
  return out;
}

std::string hex(u64 digest) { return fmt::format("{:016x}", digest); }

}  // namespace

Rows show_health(const Snapshot& s) {
  Rows rows{{"target", "check", "state", "verdict", "seconds", "asked", "failed", "unknown", "unknown_seconds", "why"},
            {}};
  for (const Health::View& v : s.health) {
    const std::string verdict = v.held ? "held" : v.own ? "own" : v.state == Wellness::unknown ? "none" : "opinion";
    rows.rows.push_back({v.target.empty() ? v.service : v.service + "/" + v.target,
                         std::string(v.kind) + (v.through ? " through" : ""), std::string(text(v.state)), verdict,
                         seconds_since(s, v.since), v.asked, v.failed, v.unknown,
                         v.unknown_since ? seconds_since(s, *v.unknown_since) : u64(0),
                         v.unknown_since ? "the check cannot be carried out: " + v.unknown_why : v.why});
  }
  return rows;
}

std::vector<std::string> check_warnings(const Snapshot& s) {
  constexpr Duration kLate = std::chrono::seconds(1);
  std::vector<std::string> warnings;
  if (const auto& u = s.unrenewed; u.count)
    warnings.push_back(
        fmt::format("checks of {} target{} cannot be carried out since {} s: {}; the last verdicts stand", u.count,
                    u.count == 1 ? "" : "s", seconds_since(s, u.since), u.why));
  if (const auto& c = s.checks; c.late >= kLate)
    warnings.push_back(fmt::format(
        "checks are late by {:.1f} s: {}", std::chrono::duration<double>(c.late).count(),
        c.in_flight >= c.most
            ? fmt::format("{} are in flight, as many as may be; LimitNOFILE sets how many, and a shorter timeout helps",
                          c.in_flight)
            : std::string("more are due than the daemon can send")));
  return warnings;
}

Rows show_group(const Snapshot& s) {
  Rows rows{{"member", "address", "link", "seconds", "in_step", "pool", "differs", "sharing", "lag_us", "sent",
             "received", "unknown", "refused", "full", "lost", "resends", "flows_sent", "flows_received", "why"},
            {}};
  if (!s.group) return rows;
  for (const group::MemberView& m : s.group->members) {
    const bool through_others = !m.up && !m.direct;
    const std::string why = through_others              ? m.reported ? "" : "nothing is heard of it through others"
                            : !m.up                     ? m.why
                            : !m.not_sharing.empty()    ? m.not_sharing
                            : !m.flows_unshared.empty() ? m.flows_unshared
                            : m.behind                  ? "it does not keep up"
                                                        : "";
    const u64 lag = m.lag ? u64(std::chrono::duration_cast<std::chrono::microseconds>(*m.lag).count()) : 0;
    rows.rows.push_back({m.name, m.address,
                         std::string(m.up             ? "up"
                                     : m.refused      ? "refused"
                                     : through_others ? "none"
                                                      : "down"),
                         seconds_since(s, m.since), m.digest && m.digest->ready,
                         m.digest ? hex(m.digest->pool) : std::string(), joined(m.differs), m.sharing, lag, m.pins_sent,
                         m.pins_received, m.mirror.unknown_target, m.mirror.refused, m.mirror.full, m.lost, m.resends,
                         m.flows_sent + m.edge_flows_sent, m.flows_received + m.edge_flows_received, why});
  }
  if (s.group->refused)
    rows.rows.push_back({std::string("refused"), std::string(), std::string("-"), u64(0), false, std::string(),
                         std::string(), false, u64(0), u64(0), u64(0), u64(0), s.group->refused, u64(0), u64(0), u64(0),
                         u64(0), u64(0), s.group->last_refusal});
  return rows;
}

Rows show_holdings(const Snapshot& s) {
  Rows rows{{"holding", "here", "seconds", "own", "stands_in", "given_to", "others", "why"}, {}};
  for (const group::HoldingView& v : s.holdings)
    rows.rows.push_back({v.of.name,
                         std::string(v.hold == Hold::yes  ? "held"
                                     : v.hold == Hold::no ? "no"
                                                          : "leaving"),
                         seconds_since(s, v.since), v.of.own, v.of.stands_in, v.given, joined(v.others), v.why});
  return rows;
}

Rows show_announce(const Snapshot& s) {
  Rows rows{{"address", "announced", "services", "seconds", "why"}, {}};
  for (const Announce::View& v : s.announced)
    rows.rows.push_back({text(v.prefix), v.announced, joined(v.services), seconds_since(s, v.since), v.why});
  return rows;
}

}  // namespace waymark
