// How a configuration comes into force, whatever the reason: an operator's reload, a capture's begin and end,
// interfaces or routes of this machine that changed. Four steps, of which only the quick ones hold the loop:
//
//   read   the group's key and the machine's routes                    on the worker
//   draft  slots and numbers, the interfaces as they are now           on the loop
//   build  tables compiled and filled, the program verified and JITed  on the worker
//   land   links swapped, commit, and all that follows                 on the loop
//
// Until it lands, nothing is attached, pinned or written where packets could see it; a load that is abandoned leaves
// nothing. There is one at a time. A failed one that nobody asked for is tried again.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/agents/keys.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/plane.h"
#include "daemon/secret.h"
#include "dataplane/pipeline.h"
#include "roles/role.h"
#include "rtnetlink/natives.h"
#include "rtnetlink/rules.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// A burst of routes is one load; and where they keep changing, there is one in so long.
constexpr Duration kSettle = 200ms, kGap = 2s;
constexpr u32 kMostPatience = 3;  // a load is tried again after 1, 2, 4 and then every 8 seconds

u32 edge_prefixes_of(const Config& config) {
  const auto kept = keeping(config, FlowKind::edge);
  std::string all;
  for (const Prefix& prefix : kept ? kept->prefixes : std::vector<Prefix>()) all += text(prefix) + " ";
  return all.empty() ? 0 : zone_of(all.data(), u32(all.size())) | 1;
}

// `flows_in`: as edge_prefixes_of(), of the flows that there are.
Status may_keep_flows(u32 flows_in, const Config& next) {
  const u32 wanted = edge_prefixes_of(next);
  if (!flows_in || !wanted || flows_in == wanted) return Done{};
  return Error{
      "the prefixes of [edge] and of its members are not those of the flows that there are: `waymark down` and a new "
      "start change them"};
}

}  // namespace

// Of tables that were found, which may be another configuration's.
Status Plane::keep_flows(Meta& meta, const Config& config) {
  WM_TRY(may_keep_flows(meta.edge_prefixes, config));
  if (const u32 prefixes = edge_prefixes_of(config)) meta.edge_prefixes = prefixes;
  return Done{};
}

// What roles leave to the kernel's routes is in the image, so another one is loaded when they change.
Result<std::vector<Prefix>> Plane::natives_for(const Config& config) {
  if (!follows_routes(config)) return std::vector<Prefix>();
  const auto found = natives(config.announce ? std::optional(config.announce->protocol) : std::nullopt);
  if (!found) return found.error();
  return winners_of(config, *found);
}

// Ways are kept by destination: where rules choose by more, packets ask each time.
Result<bool> Plane::rules_for(const Config& config) {
  if (!follows_routes(config)) return false;
  const auto found = rules();
  if (!found) return found.error();
  return std::any_of(found->begin(), found->end(), [](auto& rule) { return !beside_destination(rule).empty(); });
}

Status Plane::may_follow(const Config& now, const Config& next) {
  if (next.name != now.name)
    return Error{
        fmt::format("[node] name cannot change from \"{}\" to \"{}\" while the daemon runs: its pinned tables and "
                    "socket carry it",
                    now.name, next.name)};
  if (pin_buckets_for(next.engine.pins) != pin_buckets_for(now.engine.pins))
    return Error{
        fmt::format("[engine] pins cannot change to {} while flows are pinned: `waymark down` and a new start do it",
                    next.engine.pins)};
  if (sizes_of(next).flow_buckets != sizes_of(now).flow_buckets)
    return Error{
        fmt::format("the table of the firewall's flows cannot change to {} while the daemon runs: `waymark down` and a "
                    "new start do it",
                    counted(room_for_flows(next, FlowKind::firewall), "flow"))};
  const TableSizes was = sizes_of(now), is = sizes_of(next);
  if (is.edge_pool != was.edge_pool)
    return Error{fmt::format(
        "\"pool\" in [edge] cannot change to {} while the daemon runs: `waymark down` and a new start do it",
        counted(is.edge_pool, "address", "addresses"))};
  if (is.edge_buckets != was.edge_buckets || is.edge_buckets4 != was.edge_buckets4)
    return Error{
        fmt::format("the table of the edge's flows cannot change to {} while the daemon runs: `waymark down` and a new "
                    "start do it",
                    counted(room_for_flows(next, FlowKind::edge), "flow"))};
  if (is.revocations != was.revocations)
    return Error{fmt::format(
        "\"revocations\" in [path] cannot change to {} while the daemon runs: `waymark down` and a new start do it",
        is.revocations)};
  WM_TRY(may_keep_flows(edge_prefixes_of(now), next));
  if (next.engine.targets != now.engine.targets)
    return Error{
        fmt::format("[engine] targets cannot change to {} while flows are pinned: `waymark down` and a new start do it",
                    next.engine.targets)};
  if (next.engine.persist != now.engine.persist)
    return Error{"[engine] persist cannot change while the daemon runs: restart it"};
  return Done{};
}

void Plane::reload(ConfigInForce config, Answer answer) {
  if (suspended_) return answer(Error{"another process is taking this daemon's place"});
  if (const Status may = may_follow(*config_, *config); !may) return answer(may);
  capture_wanted_ = false;
  wished_ = std::make_shared<Change>();
  wished_->config = std::move(config);
  wished_->asked = true;
  wished_->answer = std::move(answer);
  begin_what_is_due(boot_time());
}

void Plane::capture(bool on, Answer answer) {
  if (suspended_) return answer(Error{"another process is taking this daemon's place"});
  if (on == capturing_ && on == capture_wanted_ && !in_work_) return answer(Done{});
  capture_wanted_ = on;
  capture_answers_.push_back({on, std::move(answer)});
  begin_what_is_due(boot_time());
}

Status Plane::end_capture_now() {
  if (!capturing_ || suspended_) return Done{};
  suspend();
  Change change;
  change.config = config_;
  return load_now(std::move(change));
}

// All four steps at once, for a daemon's beginning and its end.
Status Plane::load_now(Change change) {
  Result<Machine> machine = read_machine(*change.config, change.asked, secret_, agent_keys_);
  if (!machine) return machine.error();
  change.secret = std::move(machine->secret);
  change.agent_keys = std::move(machine->agent_keys);
  change.natives = std::move(machine->natives);
  change.by_rules = machine->by_rules;
  const Result<Draft> drafted = draft(change);
  if (!drafted) return drafted.error();
  Result<Built> built = build(*drafted, change.capture, change.by_rules, engine_.loader(), nullptr);
  if (!built) {
    control_->abandon();
    return built.error();
  }
  return land(change, std::move(*built));
}

// What an operator did not ask for needs no key again: that its file is gone meanwhile hinders no recovery.
Result<Plane::Machine> Plane::read_machine(const Config& config, bool asked, const std::vector<u8>& secret,
                                           const AgentKeys& agent_keys) {
  Machine machine{secret, agent_keys, {}, false};
  if (asked) {
    auto read = group_secret(config);
    if (!read) return read.error();
    machine.secret = std::move(*read);
    auto keys = waymark::agent_keys(config);
    if (!keys) return keys.error();
    machine.agent_keys = std::move(*keys);
  }
  auto reached = natives_for(config);
  if (!reached) return reached.error();
  machine.natives = std::move(*reached);
  const auto by_rules = rules_for(config);
  if (!by_rules) return by_rules.error();
  machine.by_rules = *by_rules;
  return machine;
}

void Plane::plan_natives(Time now) {
  const u64 changes = resolver_->route_changes();
  if (std::exchange(routes_seen_, changes) == changes || !follows_routes(*config_)) return;
  natives_due_ = std::min(natives_due_, std::max(now + kSettle, natives_after_));
}

void Plane::begin_what_is_due(Time now) {
  if (in_work_ || suspended_) return;
  if (wished_) return begin(*std::exchange(wished_, nullptr));
  Change change;
  change.config = config_;
  change.capture = capture_wanted_;
  change.forced = capture_wanted_ != capturing_ || stale_ || control_->wants_other_holdings();
  if (!change.forced && natives_due_ == Time::max()) load_failed_.clear();  // what failed is not wanted any more
  if (now < retry_at_ || (!change.forced && now < natives_due_)) return;
  natives_due_ = Time::max();
  natives_after_ = now + kGap;
  begin(std::move(change));
}

void Plane::begin(Change begun) {
  const auto change = in_work_ = std::make_shared<Change>(std::move(begun));
  worker_.run<Machine>([config = change->config, asked = change->asked, secret = secret_,
                        keys = agent_keys_] { return read_machine(*config, asked, secret, keys); },
                       [this, alive = std::weak_ptr(alive_), change](Result<Machine> machine) {
                         if (!alive.expired() && in_work_ == change) machine_read(change, std::move(machine));
                       });
}

void Plane::machine_read(const std::shared_ptr<Change>& change, Result<Machine> machine) {
  if (!machine) return end(change, machine.error());
  change->secret = std::move(machine->secret);
  change->agent_keys = std::move(machine->agent_keys);
  change->natives = std::move(machine->natives);
  change->by_rules = machine->by_rules;
  if (!change->forced && change->natives == natives_ && change->by_rules == by_rules_) return end(change, Done{});
  Result<Draft> drafted = draft(*change);
  if (!drafted) return end(change, drafted.error());
  worker_.run<Built>(
      [draft = std::make_shared<const Draft>(std::move(*drafted)), capture = change->capture,
       by_rules = change->by_rules, load = engine_.loader(),
       loaded = change->forced ? nullptr : image_] { return build(*draft, capture, by_rules, load, loaded.get()); },
      [this, alive = std::weak_ptr(alive_), change](Result<Built> built) {
        if (alive.expired() || in_work_ != change) return;
        if (!built) control_->abandon();
        end(change, built ? land(*change, std::move(*built)) : Status(built.error()));
      });
}

Result<Draft> Plane::draft(Change& change) {
  auto facts = facts_for(change);
  if (!facts) return facts.error();
  change.facts = std::move(*facts);
  const Time now = boot_time();
  if (config_) {
    if (change.asked) WM_TRY(Agents::check(*change.config, change.agent_keys, now));
  } else {  // who registered before is in the first pools
    WM_TRY(control_->configure_agents(*change.config, change.agent_keys, now));
    kept_ = std::make_unique<KeptFile>(worker_, change.config->name);
    kept_->restore(control_->agents(), now);
  }
  auto draft = control_->draft(change.config, change.facts, change.secret, change.natives);
  change.drafted = bool(draft);
  return draft;
}

Result<Plane::Built> Plane::build(const Draft& draft, bool capture, bool by_rules, const Loader& load,
                                  const Image* loaded) {
  Result<Compiled> compiled = compile(draft);
  if (!compiled) return compiled.error();
  compiled->image.settings.capture = capture;
  if (by_rules) compiled->image.settings.way_ticks = 0;
  if (loaded && may_flip(*loaded, compiled->image)) return Built{std::move(*compiled), std::nullopt};
  Result<Loaded> anew = load(compiled->image);
  if (!anew) return anew.error();
  return Built{std::move(*compiled), std::move(*anew)};
}

Status Plane::land(Change& change, Built built) {
  control_->introduce(built.compiled);
  if (config_ || !change.adopts) control_->begin_grace(built.compiled, !config_, boot_time());
  if (!built.loaded) {
    engine_.flip(built.compiled.image);
  } else if (Status swapped = engine_.put(std::move(*built.loaded), attachments_for(change)); !swapped) {
    control_->abandon();
    return swapped;
  }
  worker_.run<Done>(
      [before = engine_.take_retired()]() mutable -> Status {
        before.reset();
        return Done{};
      },
      [](const Status&) {});
  const Time now = boot_time();
  const u64 generation = control_->node().generation();
  const bool punts = built.compiled.image.roles & kPuntingRoles;
  image_ = punts ? std::make_shared<const Image>(std::move(built.compiled.image)) : nullptr;
  control_->commit(std::move(built.compiled), now);
  if (config_ && change.asked)
    if (const Status done = control_->configure_agents(*change.config, change.agent_keys, now); !done)
      log::error(done.error().sentence);  // it was tried before
  const bool other_routes = !change.forced && config_;
  config_ = change.config;
  secret_ = change.secret;
  agent_keys_ = change.agent_keys;
  natives_ = change.natives;
  const bool other_rules = by_rules_ != change.by_rules;
  by_rules_ = change.by_rules;
  interfaces_ = change.facts;
  capturing_ = change.capture;
  stale_ = false;
  if (suspended_) return Done{};  // a daemon's end
  interfaces_due_ = now;          // what could not be had is looked after at once
  follow_punts(now);
  greeter_.follow(greetings_of(control_->node().config(), interfaces_), now);
  landed_ = true;  // the rest has turns of its own
  follow_sockets(*config_);
  say_what_is_attached();
  if (other_routes)
    log::info(fmt::format("routes changed: {} of this machine now win over what roles take", natives_.size()));
  if (other_rules)
    log::info(by_rules_ ? "rules choose routes by more than destinations: the kernel sends all that is translated"
                        : "rules choose routes by destinations alone: XDP sends what is translated");
  if (change.answer) wait_for_flip(generation, std::exchange(change.answer, nullptr));
  return Done{};
}

void Plane::end(const std::shared_ptr<Change>& change, const Status& status) {
  in_work_.reset();
  const Time now = boot_time();
  if (change->answer) change->answer(status);  // a refusal; who has what he wants waits for the choices
  const bool mine = !change->asked || status;
  if (mine && status) {
    if (!std::exchange(load_failed_, "").empty())
      control_->tell({Severity::info, "program.loaded", "", "the program is loaded as it should be again"});
    failures_ = 0;
    retry_at_ = Time{0};
  } else if (mine) {
    retry_at_ = now + std::chrono::seconds(1u << std::min(failures_++, kMostPatience));
    if (const std::string why = status.error().sentence; why != load_failed_) {
      load_failed_ = why;
      control_->tell({Severity::warning, "program.failed", "",
                      fmt::format("the program cannot be loaded anew; tried again: {}", why)});
    }
    if (!change->forced) natives_due_ = retry_at_;
  }
  // A capture that cannot begin is refused; one that cannot end goes on being tried.
  std::vector<std::pair<bool, Answer>> answers;
  std::swap(answers, capture_answers_);
  for (auto& [on, answer] : answers)
    if (on == capturing_ && on == capture_wanted_)
      answer(Done{});
    else if (on != capture_wanted_)
      answer(Error{"the capture was ended before it began"});
    else if (!status && on == change->capture && on)
      capture_wanted_ = false, answer(status);
    else
      capture_answers_.push_back({on, std::move(answer)});
  begin_what_is_due(now);
}

}  // namespace waymark
