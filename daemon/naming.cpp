// The name server of [dns], as the configuration and the next hops want it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/kinds.h"
#include "config/services.h"
#include "daemon/daemon.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLostRests = 50ms;  // next hops change in bursts

}  // namespace

// Names are compiled beside the loop. Until the new ones are there, questions are answered by those before.
void Daemon::follow_dns() {
  if (!config_->dns) {
    if (!dns_) return;
    dns_.reset();
    ways_.reset();
    return tell(Severity::info, "dns.changed", "the configuration has no [dns] any more: no question is answered");
  }
  worker_.run<Names>(
      [config = config_, before = ways_, lost = plane_->lost().pops]() -> Result<Names> {
        const auto ways = ChosenWays::choose(*config, lost, before.get());
        if (!ways) return ways.error();
        return Names{dns::Zones::compile(*config), *ways};
      },
      [this, config = config_](const Result<Names>& names) {
        if (config != config_) return;  // there is another one by now
        const Status done = names ? serve_names(*names) : names.error();
        forget_snapshot();
        if (!done) return tell(Severity::warning, "dns.failed", done.error().sentence);
        tell(Severity::info, "dns.changed",
             fmt::format("[dns] answers for {} and {}", counted(config->dns->zone.size(), "zone"),
                         counted(config->dns->name.size(), "name")));
      });
}

Status Daemon::serve_names(const Names& names) {
  if (!dns_) {
    auto started = DnsServer::start(
        [this](Severity severity, std::string kind, std::string text) {
          loop_.post([this, severity, kind = std::move(kind), text = std::move(text)] {
            forget_snapshot();
            tell(severity, kind, text);
          });
        },
        files_.dns);
    if (!started) return started.error();
    dns_ = std::move(*started);
  }
  ways_ = names.ways;
  dns_->follow(*config_->dns, names.zones, ways_);
  lost_of_.reset();
  return Done{};
}

// Ways are chosen anew beside the loop, too: those before are no worse than they were.
void Daemon::choose_ways(const std::set<u32>& lost) {
  using Ways = std::shared_ptr<const ChosenWays>;
  worker_.run<Ways>([config = config_, before = ways_,
                     lost]() -> Result<Ways> { return ChosenWays::choose(*config, lost, before.get()); },
                    [this, config = config_](const Result<Ways>& ways) {
                      if (config != config_ || !dns_ || !ways) return;
                      ways_ = *ways;
                      dns_->go(ways_);
                      tell(Severity::info, "paths.chosen",
                           ways_->lost().empty() ? "paths of new answers have all POPs to choose from again"
                                                 : fmt::format("paths of new answers do without POP {}, if they can",
                                                               fmt::join(ways_->lost(), ", ")));
                    });
}

// Returns when there is more to do.
Time Daemon::follow_lost(Time now) {
  if (!dns_ || (lost_of_ == config_ && lost_seen_ == plane_->reach_changes())) return Time::max();
  if (now < lost_due_) return lost_due_;
  lost_due_ = now + kLostRests;
  lost_of_ = config_;
  lost_seen_ = plane_->reach_changes();
  const dns::Lost lost = plane_->lost();
  dns_->lose(lost);
  if (lost.pops != ways_->lost()) choose_ways(lost.pops);
  return Time::max();
}

}  // namespace waymark
