#include "daemon/greeter.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/log.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// Whoever leaves is silent within a second, and gone after three (group/holdings.h).
constexpr Duration kPauses[] = {1s, 2s, 4s};
constexpr u32 kTimes = 1 + u32(std::size(kPauses));

}  // namespace

void Greeter::follow(std::vector<Greeting> all, Time now) {
  std::vector<Due> next;
  std::size_t fresh = 0;
  for (Greeting& greeting : all) {
    const auto known = std::find_if(all_.begin(), all_.end(), [&](const Due& due) { return due.greeting == greeting; });
    fresh += known == all_.end();
    next.push_back(known == all_.end() ? Due{std::move(greeting), now, 0} : *known);
  }
  all_ = std::move(next);
  if (fresh) log::info(fmt::format("announcing {} by ARP on tenants' links", counted(fresh, "address", "addresses")));
}

void Greeter::step(Time now) {
  if (now < deadline()) return;
  Status failed = Done{};
  if (!sender_) {
    Result<FrameSender> opened = FrameSender::open();
    if (opened)
      sender_.emplace(std::move(*opened));
    else
      failed = opened.error();
  }
  for (Due& due : all_) {
    if (due.sent >= kTimes || now < due.at) continue;
    if (sender_)
      if (const Status sent = sender_->send(due.greeting.interface, due.greeting.frame); !sent) failed = sent;
    due.at = now + (due.sent < std::size(kPauses) ? kPauses[due.sent] : Duration{});
    ++due.sent;
  }
  if (!failed) log::warning(fmt::format("an ARP announcement was not sent: {}", failed.error().sentence));
}

Time Greeter::deadline() const {
  Time first = Time::max();
  for (const Due& due : all_)
    if (due.sent < kTimes) first = std::min(first, due.at);
  return first;
}

}  // namespace waymark
