#include "group/reports.h"

#include <algorithm>
#include <utility>

namespace waymark::group {

namespace {

using namespace std::chrono_literals;

// News of what is seen go out at once, but no faster than this; of who is connected, which comes in crowds, later.
constexpr Duration kLeastApart = 100ms, kConnectedSettles = 1s;

bool is_empty(const PopReport& r) { return r.paths == PathDigest{} && r.keys.keys.empty() && r.views.empty(); }

}  // namespace

bool tells(const PopReport& report, const std::string& name) {
  return std::ranges::find(report.told, origin_of(name)) != report.told.end();
}

void tell_of(MemberView& view, const Reports::Heard& heard, const PathDigest& ours) {
  const PathDigest& paths = heard.report.paths;
  view.reported = heard.sent;
  view.is_pop = paths.pops != 0;
  if (!view.is_pop) return;
  view.keys = heard.report.keys;
  if (!ours.pops) return;
  if (paths.plans != ours.plans) view.paths_differ.push_back("plans");
  if (paths.pops != ours.pops) view.paths_differ.push_back("pops");
  if (paths.servers != ours.servers) view.paths_differ.push_back("servers");
  if (paths.policies != ours.policies) view.paths_differ.push_back("policies");
}

Reports::Reports(const std::string& own_name, u64 life) {
  own_.node = own_name;
  own_.life = life;
}

void Reports::say(std::vector<PopView> views) {
  std::ranges::sort(views, {}, [](const PopView& v) { return PopPair(v.from, v.to); });
  if (views.size() > kMostPopViews) views.resize(kMostPopViews);
  change(own_.views, views);
}

std::optional<PopReport> Reports::due(const std::vector<u32>& connected, Time now) {
  if (!own_.number && is_empty(own_)) return std::nullopt;
  const bool others = connected != own_.told;
  const Time at = sent_ + (news_ ? kLeastApart : others ? kConnectedSettles : kReportEvery);
  if (own_.number && now < at) return due_ = at, std::nullopt;
  if (!news_ && is_empty(own_)) return due_ = Time::max(), std::nullopt;  // that it is a POP no more was said
  ++own_.number;
  own_.told = connected;
  news_ = false;
  sent_ = now;
  due_ = now + kReportEvery;
  return own_;
}

bool Reports::take(const PopReport& report, Time now) {
  if (report.node == own_.node) {  // of a former life, or another one's lie
    if (!report.later_than(own_)) return false;
    own_.number = report.number;
    news_ = true;
    due_ = Time(0);
    return false;
  }
  const Time sent = now - std::chrono::milliseconds(report.age);
  if (sent + kReportLasts <= now) return false;
  const auto known = heard_.find(report.node);
  if (known != heard_.end() && !report.later_than(known->second.report)) return false;
  if (known == heard_.end() || known->second.report.views != report.views) {
    if (known != heard_.end()) note_pairs(known->second.report);
    note_pairs(report);
  }
  heard_.insert_or_assign(report.node, Heard{sent, report});
  expires_ = std::min(expires_, sent + kReportLasts);
  return true;
}

void Reports::note_pairs(const PopReport& report) {
  for (const PopView& view : report.views) pairs_heard_.insert({view.from, view.to});
}

PopReport Reports::aged(const Heard& heard, Time now) {
  PopReport report = heard.report;
  report.age = u32(std::clamp<std::int64_t>((now - heard.sent) / 1ms, 0, kReportLasts / 1ms));
  return report;
}

std::vector<PopReport> Reports::for_newcomer(const std::string& name, Time now) const {
  std::vector<PopReport> all;
  if (own_.number) all.push_back(aged({sent_, own_}, now));
  for (const auto& [node, heard] : heard_)
    if (!tells(heard.report, name)) all.push_back(aged(heard, now));
  return all;
}

const Reports::Heard* Reports::of(const std::string& node) const {
  const auto known = heard_.find(node);
  return known == heard_.end() ? nullptr : &known->second;
}

void Reports::forget(const std::string& node) {
  if (const auto known = heard_.extract(node)) note_pairs(known.mapped().report);
}

void Reports::expire(Time now) {
  if (now < expires_) return;
  expires_ = Time::max();
  std::erase_if(heard_, [&](const auto& one) {
    const Time end = one.second.sent + kReportLasts;
    if (end <= now) return note_pairs(one.second.report), true;
    expires_ = std::min(expires_, end);
    return false;
  });
}

std::vector<PopView> Reports::views_of(const PopPair& pair) const {
  std::vector<PopView> all;
  for (const auto& [node, heard] : heard_) {
    const auto& views = heard.report.views;
    if (views.empty() || views.front().from != pair.first) continue;
    const auto found = std::ranges::lower_bound(views, pair.second, {}, &PopView::to);
    if (found != views.end() && found->to == pair.second) all.push_back(*found);
  }
  return all;
}

}  // namespace waymark::group
