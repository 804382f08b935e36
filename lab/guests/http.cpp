#include <fmt/format.h>

#include <algorithm>

#include "lab/guests/events.h"
#include "lab/kit/loop.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr u32 kSilent = 1500, kOften = 2000;  // at once; connections begun a second
constexpr Duration kRead = seconds(7);
constexpr u64 kMostGrowth = 100'000'000;  // bytes that guests may cost

}  // namespace

Status silent_guests(GuestsSite& site) {
  const auto before = site.spend(milliseconds(100));
  auto crowd = site.gather(metrics_of("d1"), Manner::silent, kSilent, kOften);
  if (!crowd) return crowd.error();
  const auto most = site.spend(seconds(4));
  const CrowdCount guests = (*crowd)->count();
  const u64 came = guests.connected + guests.unheard;
  site.claim(came >= kSilent && guests.refused() >= kSilent / 2,
             fmt::format("{} connections were begun, {} established, {} refused or ended unserved, {} held at the end",
                         came, guests.connected, guests.refused(), guests.here));
  const auto counted = site.metric("d1", "waymark_http_refused_total");
  site.claim(
      counted && *counted >= kSilent / 2,
      counted ? fmt::format("the daemon refused or cut {} by its own count", *counted) : counted.error().sentence);
  site.claim(before && most && most->files > before->files && most->files <= kTight.files * 3 / 4,
             most ? fmt::format("the daemon had {} files open before, and {} at most of the {} that it may have",
                                before ? before->files : 0, most->files, kTight.files)
                  : most.error().sentence);
  return Done{};
}

Status rude_guests(GuestsSite& site) {
  const std::string api = site.fabric().site().socket("d1");
  const std::string ranges = many_ranges("/metrics", 2700), whole = plain_get("/metrics");
  struct Kind {
    const char* name;
    std::string to;
    Manner manner;
    u32 at_once;
    std::string request;
  };
  const std::vector<Kind> kinds = {{"dripping at /metrics", metrics_of("d1"), Manner::dripping, 64, {}},
                                   {"dripping at the API", api, Manner::dripping, 64, {}},
                                   {"never reading /metrics", metrics_of("d1"), Manner::deaf, 32, whole},
                                   {"never reading the API", api, Manner::deaf, 32, whole},
                                   {"of 2,700 ranges at /metrics", metrics_of("d1"), Manner::reading, 8, ranges},
                                   {"of 2,700 ranges at the API", api, Manner::reading, 8, ranges}};
  const auto before = site.spend(milliseconds(100));
  std::vector<std::unique_ptr<Crowd>> crowds;
  for (const Kind& k : kinds) {
    auto crowd = site.gather(k.to, k.manner, k.at_once, 50, k.request, "c2");
    if (!crowd) return crowd.error();
    crowds.push_back(std::move(*crowd));
  }
  const auto most = site.spend(seconds(4));
  const Time asked = now();
  const auto status = site.ask({"show", "status"}, seconds(5));
  const double waited = std::chrono::duration<double, std::milli>(now() - asked).count();
  std::string who;
  bool all_came = true;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const CrowdCount c = crowds[i]->count();
    all_came = all_came && c.connected + c.unheard >= kinds[i].at_once;
    who += fmt::format("{}{} {} ({} refused, {} answered)", i ? ", " : "", c.connected, kinds[i].name, c.refused(),
                       c.answered);
  }
  site.claim(all_came, who);
  site.claim(bool(status), status ? fmt::format("`show status` was answered after {:.0f} ms", waited)
                                  : "`show status` was not answered: " + status.error().sentence);
  site.claim(before && most && most->peak < before->peak + kMostGrowth,
             most && before ? fmt::format("the daemon had {:.0f} MB before and {:.0f} MB at most",
                                          double(before->peak) / 1e6, double(most->peak) / 1e6)
                            : "the daemon died");
  return Done{};
}

Status busy_readers(GuestsSite& site) {
  auto crowd = site.gather(metrics_of("d1"), Manner::reading, 8, 400, plain_get("/metrics"));
  if (!crowd) return crowd.error();
  const auto most = site.spend(kRead);
  const CrowdCount c = (*crowd)->count();
  site.claim(most && c.answered > 0,
             fmt::format("{} answers of {:.0f} kB each, {} refused; the daemon took {:.0f}% of a processor", c.answered,
                         c.answered ? double(c.bytes) / 1e3 / double(c.answered) : 0.0, c.refused(),
                         most ? 100 * std::chrono::duration<double>(most->cpu).count() /
                                    std::chrono::duration<double>(kRead).count()
                              : 0.0));
  return Done{};
}

}  // namespace waymark::lab
