// What is decided about ids of POPs' plans, here and elsewhere.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "node/control.h"
#include "roles/path/revoked.h"
#include "roles/role.h"

namespace waymark {

namespace {

constexpr u64 kOver = ~u64(0);  // in place of a time: it is decided that an id is revoked no more

// " until 2026-11-30 12:00:00 UTC", or "" for good.
std::string until_text(u64 until) {
  return until ? fmt::format(" until {:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::time_t(until))) : std::string();
}

}  // namespace

Status Control::decide_revoked(u64 word, const Status& done, u64 until, Time now) {
  if (!done) return done;
  const std::string id = path::revoked_id_text(word);
  const bool revoked = until != kOver;
  events_.tell({Severity::info, "revoked.decided", id,
                revoked ? fmt::format("{} is revoked{}, as decided here", id, until_text(until))
                        : fmt::format("{} is revoked no more, as decided here", id)});
  settle(now);
  return Done{};
}

Status Control::revoke(u64 word, std::optional<Duration> lasts, Time now) {
  const u64 seconds = node_.seconds(now);
  const u64 until =
      lasts ? seconds + u64(std::max<long>(1, long(std::chrono::ceil<std::chrono::seconds>(*lasts).count()))) : 0;
  return decide_revoked(word, revocations_.revoke(word, until, group::origin_of(life_.name), seconds), until, now);
}

Status Control::unrevoke(u64 word, Time now) {
  return decide_revoked(word, revocations_.unrevoke(word, group::origin_of(life_.name), node_.seconds(now)), kOver,
                        now);
}

Status Control::list_revoked(const std::string& file, const std::vector<u64>& words, Time now) {
  const auto listed = revocations_.list(words, node_.seconds(now));
  if (!listed) return listed.error();
  if (listed->more || listed->fewer)
    events_.tell({Severity::info, "revoked.file", file,
                  fmt::format("{} revokes {}: {} more than before, {} no more", file.empty() ? "no file" : file,
                              counted(words.size(), "id"), listed->more, listed->fewer)});
  return Done{};
}

// Others' decisions are ours.
void Control::follow_revocations(Time now) {
  u32 no_room = 0;
  for (const group::RevocationRecord& r :
       revocations_.merge(group_->revocations_received(), node_.seconds(now), no_room)) {
    const std::string id = path::revoked_id_text(r.word);
    events_.tell({Severity::info, "revoked.decided", id,
                  r.revoked ? fmt::format("{} is revoked{}, as decided at another member", id, until_text(r.until))
                            : fmt::format("{} is revoked no more, as decided at another member", id)});
  }
  if (no_room)
    events_.tell({Severity::warning, "revoked.no_room", "",
                  fmt::format("{} that other members revoke pass here: \"revocations\" in [path] has room for {}",
                              counted(no_room, "id"), revocations_.counts().room)});
  std::vector<group::RevocationRecord> news = revocations_.take_news();
  group_->publish_revocations(std::exchange(revocations_told_, true) ? news : revocations_.decisions());
}

}  // namespace waymark
