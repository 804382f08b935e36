// The name server of [dns], as the configuration and the next hops want it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/kinds.h"
#include "config/services.h"
#include "daemon/daemon.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLostRests = 50ms;   // next hops change in bursts
constexpr Duration kMeasuresRest = 5s;  // of a large WAN something else is measured all the time
constexpr std::size_t kNamed = 8;       // POPs and links in a sentence, at most

}  // namespace

// Names are compiled beside the loop. Until the new ones are there, questions are answered by those before.
void Daemon::follow_dns() {
  if (!config_->dns) {
    if (!dns_) return;
    dns_.reset();
    ways_.reset();
    cookies_.reset();
    if (plane_) plane_->asked().follow({}, {});
    return tell(Severity::info, "dns.changed", "the configuration has no [dns] any more: no question is answered");
  }
  worker_.run<Names>(
      [config = config_, before = ways_, wan = plane_->reach().wan]() -> Result<Names> {
        const auto ways = ChosenWays::choose(*config, wan, before.get());
        if (!ways) return ways.error();
        path::AskedPlan asked = path::asked_plan(*config);
        std::vector<u64> words = asked_ways(asked, **ways);
        return Names{dns::Zones::compile(*config), *ways, std::move(asked), std::move(words)};
      },
      [this, config = config_](const Result<Names>& names) {
        if (config != config_) return;  // there is another one by now
        const Status done = names ? serve_names(*names) : names.error();
        forget_snapshot();
        if (!done) return tell(Severity::warning, "dns.failed", done.error().sentence);
        tell(Severity::info, "dns.changed",
             fmt::format("[dns] answers for {} and {}{}", counted(config->dns->zone.size(), "zone"),
                         counted(config->dns->name.size(), "name"),
                         names->asked.layout ? fmt::format("; XDP answers clients' questions for {}",
                                                           counted(names->asked.names.size(), "name"))
                                             : ""));
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
        [this](const SipKey& secret) {
          loop_.post([this, secret] {
            cookies_ = secret;
            if (plane_) plane_->asked().set_cookies(secret);
          });
        },
        files_.dns);
    if (!started) return started.error();
    dns_ = std::move(*started);
  }
  ways_ = names.ways;
  if (plane_) {
    plane_->asked().follow(names.asked, names.words);
    if (cookies_) plane_->asked().set_cookies(*cookies_);
  }
  dns_->follow(*config_->dns, names.zones, ways_);
  lost_of_.reset();
  return Done{};
}

// Ways are chosen anew beside the loop, too: those before are no worse than they were.
void Daemon::choose_ways(const paths::Links& wan) {
  struct Chosen {
    std::shared_ptr<const ChosenWays> ways;
    std::vector<u64> words;
  };
  worker_.run<Chosen>(
      [config = config_, before = ways_, wan]() -> Result<Chosen> {
        const auto ways = ChosenWays::choose(*config, wan, before.get());
        if (!ways) return ways.error();
        return Chosen{*ways, asked_ways(path::asked_plan(*config), **ways)};
      },
      [this, config = config_](const Result<Chosen>& chosen) {
        if (config != config_ || !dns_ || !chosen) return;
        const auto before = std::exchange(ways_, chosen->ways);
        dns_->go(ways_);
        if (plane_) plane_->asked().go(chosen->words);
        tell_chosen(*before);
      });
}

// What is measured changes all the time: of that only what leads elsewhere is worth a line.
void Daemon::tell_chosen(const ChosenWays& before) {
  const paths::Down& down = ways_->wan().down;
  const std::size_t others = ways_->others_than(before);
  if (down == before.wan().down) {
    if (others)
      tell(Severity::info, "paths.chosen",
           fmt::format("{} of new answers lead another way, by new measurements", counted(others, "path")));
    return;
  }
  std::vector<std::string> without;
  for (const u32 pop : down.pops) without.push_back(fmt::format("POP {}", pop));
  for (const paths::Ends& link : down.links)
    if (!down.pops.contains(link.first) && !down.pops.contains(link.second))
      without.push_back("link " + paths::text(link));
  if (without.empty())
    return tell(Severity::info, "paths.chosen", "paths of new answers have all POPs and links to choose from again");
  if (without.size() > kNamed) {
    without.resize(kNamed);
    without.push_back("others");
  }
  tell(Severity::info, "paths.chosen",
       fmt::format("paths of new answers do without {}, if they can", fmt::join(without, ", ")));
}

// Returns when there is more to do.
Time Daemon::follow_lost(Time now) {
  if (!dns_) return Time::max();
  const bool news = lost_of_ != config_ || lost_seen_ != plane_->reach_changes();
  const Time wait = measures_wait_ ? measures_due_ : Time::max();
  if (!news && now < wait) return wait;
  if (now < lost_due_) return lost_due_;
  lost_due_ = now + kLostRests;
  lost_of_ = config_;
  lost_seen_ = plane_->reach_changes();
  const Plane::Reach reach = plane_->reach();
  const dns::Lost lost = {reach.wan.down.pops, reach.servers};
  dns_->lose(lost);
  plane_->asked().lose(asked_lost(*config_->path, lost));
  measures_wait_ = reach.wan.down == ways_->wan().down && reach.wan != ways_->wan() && now < measures_due_;
  if (measures_wait_) return measures_due_;
  if (reach.wan == ways_->wan()) return Time::max();
  measures_due_ = now + kMeasuresRest;
  choose_ways(reach.wan);
  return Time::max();
}

}  // namespace waymark
