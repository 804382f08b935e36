#include "daemon/drops.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/overlay/reasons.h"

namespace waymark {

namespace {

constexpr double kFollows = 1.0 / 32;  // of what is usual, in each look: five minutes or so

// What ARP says in an overlay is heard, and for nobody else: such a packet is no loss, however many there are.
bool is_loss(Verdict v) {
  return v.action == Action::drop && v.reason != overlay::why::arp_heard.reason &&
         v.reason != overlay::why::arp_other.reason;
}

std::string rate_of(const ReasonText& reason, u64 packets) {
  return fmt::format("{}: {} packet{} in {} s", reason.name, packets, packets == 1 ? "" : "s",
                     std::chrono::duration_cast<std::chrono::seconds>(DropWatch::kEvery).count());
}

}  // namespace

std::vector<Event> DropWatch::look(const Counters& counters, Time now) {
  std::vector<Event> out;
  if (now < due_) return out;
  due_ = now + kEvery;
  for (const ReasonText& reason : all_reasons()) {
    if (!is_loss(reason.verdict)) continue;
    const u32 number = reason.verdict.reason;
    if (watched_.size() <= number) watched_.resize(number + 1);
    Watched& w = watched_[number];
    const u64 count = counters.reasons[number], before = std::exchange(w.count, count);
    if (!began_ || count < before) continue;  // made anew
    const u64 packets = w.last = count - before;
    const std::string name = reason.name;
    if (!w.growing && packets >= kFew && double(packets) >= double(kTimes) * w.usual) {
      w.growing = true;
      w.begun_at = before;
      out.push_back({Severity::warning, "drops.began", name,
                     fmt::format("{} dropped: {}", rate_of(reason, packets), reason.sentence)});
    } else if (w.growing && (packets < kFew || double(packets) <= 2 * w.usual)) {
      w.growing = false;
      out.push_back({Severity::info, "drops.ended", name,
                     fmt::format("{} dropped, after {} since it began", rate_of(reason, packets), count - w.begun_at)});
    }
    w.usual += (double(packets) - w.usual) * kFollows;
  }
  began_ = true;
  return out;
}

std::vector<std::string> DropWatch::growing() const {
  std::vector<std::string> out;
  for (const ReasonText& reason : all_reasons())
    if (const u32 n = reason.verdict.reason; n < watched_.size() && watched_[n].growing)
      out.push_back(fmt::format("{} dropped: {}", rate_of(reason, watched_[n].last), reason.sentence));
  return out;
}

}  // namespace waymark
