#include "lab/paths/long_links.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace waymark::lab {
namespace {

using std::chrono::microseconds;

constexpr Duration kPatience = std::chrono::seconds(15);

}  // namespace

const LongLink* long_link(u32 a, u32 b) {
  const auto found = std::ranges::find_if(
      kLongLinks, [&](const LongLink& is) { return is.a == std::min(a, b) && is.b == std::max(a, b); });
  return found == std::end(kLongLinks) ? nullptr : found;
}

std::string middle_of(const LongLink& link) { return fmt::format("w{}{}", link.a, link.b); }

Status LongLinks::start(const PathsSite& site, const std::string& waymark, bool outlives_us) {
  for (const LongLink& link : kLongLinks) {
    const std::string middle = middle_of(link);
    auto forwarder = Process::start({.netns = site.netns(middle),
                                     .argv = {waymark, "lab", "traffic", "delay", "--from", pop_name(link.a), "--to",
                                              pop_name(link.b), "--us", std::to_string(link.delay / microseconds(1))},
                                     .outlives_us = outlives_us});
    if (!forwarder) return forwarder.error();
    const auto said = forwarder->line(kPatience);
    if (!said || *said != "ready") return Error{fmt::format("{}: {}", middle, said ? *said : said.error().sentence)};
    if (outlives_us) forwarder->release();
    forwarders_[{link.a, link.b}] = std::move(*forwarder);
  }
  return Done{};
}

Result<LongLinks::Report> LongLinks::tell(Process& forwarder, const std::string& command) {
  WM_TRY(forwarder.say(command));
  const auto said = forwarder.line(kPatience);
  if (!said) return said.error();
  Report out;
  u64 cpu = 0;
  std::istringstream numbers(*said);
  if (!(numbers >> out.frames >> out.lost >> cpu)) return Error{"a forwarder says: " + *said};
  out.cpu = microseconds(cpu);
  return out;
}

Status LongLinks::delay(u32 a, u32 b, Duration delay) {
  const auto told = tell(forwarders_.at({a, b}), fmt::format("delay {}", delay / microseconds(1)));
  return told ? Status(Done{}) : told.error();
}

Result<LongLinks::Report> LongLinks::report() {
  Report all;
  for (auto& [ends, forwarder] : forwarders_) {
    const auto one = tell(forwarder, "report");
    if (!one) return one.error();
    all.frames += one->frames;
    all.lost += one->lost;
    all.cpu += one->cpu;
  }
  return all;
}

}  // namespace waymark::lab
