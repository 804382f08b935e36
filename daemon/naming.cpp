// The name server of [dns], as the configuration and the next hops want it.
#include <fmt/format.h>

#include "config/kinds.h"
#include "config/services.h"
#include "daemon/daemon.h"
#include "dns/ways.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLostRests = 50ms;  // next hops change in bursts

}  // namespace

// Names are compiled beside the loop. Until the new ones are there, questions are answered by those before.
void Daemon::follow_dns() {
  if (!config_->dns) {
    dns_.reset();
    return;
  }
  using Zones = std::shared_ptr<const dns::Zones>;
  worker_.run<Zones>([config = config_]() -> Result<Zones> { return dns::Zones::compile(*config); },
                     [this, config = config_](const Result<Zones>& zones) {
                       if (config != config_) return;  // there is another one by now
                       const Status done = zones ? serve_names(*zones) : zones.error();
                       forget_snapshot();
                       if (!done) return tell(Severity::warning, "dns.failed", done.error().sentence);
                       tell(Severity::info, "dns.changed",
                            fmt::format("[dns] answers for {} and {}", counted(config->dns->zone.size(), "zone"),
                                        counted(config->dns->name.size(), "name")));
                     });
}

Status Daemon::serve_names(std::shared_ptr<const dns::Zones> zones) {
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
  dns_->follow(*config_->dns, std::move(zones), std::make_shared<dns::DirectWays>());
  lost_of_.reset();
  return Done{};
}

// Returns when there is more to do.
Time Daemon::follow_lost(Time now) {
  if (!dns_ || (lost_of_ == config_ && lost_seen_ == plane_->next_hop_changes())) return Time::max();
  if (now < lost_due_) return lost_due_;
  lost_due_ = now + kLostRests;
  lost_of_ = config_;
  lost_seen_ = plane_->next_hop_changes();
  dns_->lose(plane_->lost());
  return Time::max();
}

}  // namespace waymark
