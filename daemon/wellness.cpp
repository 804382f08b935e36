#include "daemon/wellness.h"

#include <fmt/format.h>

namespace waymark {

namespace {

HttpReply reply_of(const std::string& lines, bool down) {
  return {down ? 503 : 200, lines.empty() ? "up\n" : lines, "text/plain; charset=utf-8"};
}

}  // namespace

void WellnessBoard::put(std::span<const Health::View> views) {
  auto page = std::make_shared<Page>();
  std::string all;
  for (const Health::View& v : views) {
    if (!v.target.empty()) continue;  // of a director's target, not of ours
    Page::Local& local = page->lines[v.service];
    if (v.state == Wellness::up) continue;
    local.down = local.down || v.state == Wellness::down;
    const std::string& why = v.state == Wellness::down ? v.why : v.unknown_why;
    local.lines += fmt::format("{} is {}{}{}\n", v.service, text(v.state), why.empty() ? "" : ": ", why);
  }
  bool down = false;
  for (const auto& [service, local] : page->lines) {
    all += local.lines;
    down = down || local.down;
  }
  page->all = reply_of(all, down);
  const std::lock_guard guard(mutex_);
  page_ = std::move(page);
}

HttpReply WellnessBoard::answer(const std::string& service) const {
  std::shared_ptr<const Page> page;
  {
    const std::lock_guard guard(mutex_);
    page = page_;
  }
  constexpr const char* kNone = "no service of [host] with a check has this name";
  if (!page) return {200, "unknown: the daemon has just started\n", "text/plain; charset=utf-8"};
  if (service.empty()) return page->lines.empty() ? refusal(404, kNone) : page->all;
  const auto found = page->lines.find(service);
  return found == page->lines.end() ? refusal(404, kNone) : reply_of(found->second.lines, found->second.down);
}

}  // namespace waymark
