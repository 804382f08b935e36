#include "daemon/plane.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/secret.h"
#include "roles/role.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// Links change in bursts. What no event announces, such as a program that was taken off, is seen this much later.
constexpr Duration kLinksSettle = 50ms, kLookAgain = 1s;
// Choices flip some 20 ms apart at least: by then a change is in force, or there was none to make.
constexpr Duration kFlipPatience = 25ms;
constexpr Duration kTryAgain = 1s;
constexpr Duration kTakePatience = 20s;  // a load takes a second

std::pair<u64, u64> key_of(const Address& a) { return {a.high, a.low}; }

void random_bytes(void* to, std::size_t count) {
  while (getrandom(to, count, 0) != ssize_t(count)) continue;  // at most 256 bytes come whole
}

u32 random_word() {
  u32 word = 0;
  random_bytes(&word, sizeof word);
  return word;
}

NextHop next_hop_of(const Resolution& r) {
  if (!r.adjacency) return {r.target, false, 0, {}, {}, 0, r.why, NextHop::Reach(r.reach)};
  return {r.target,         true, r.adjacency->interface, r.adjacency->destination, r.adjacency->source,
          r.adjacency->mtu, "",   NextHop::Reach::none,   r.adjacency->gateway};
}

}  // namespace

Plane::Plane(XdpEngine engine, std::unique_ptr<Resolver> resolver, Loop& loop, Worker& worker)
    : engine_(std::move(engine)), resolver_(std::move(resolver)), loop_(loop), worker_(worker) {}

Plane::~Plane() = default;

Result<std::unique_ptr<Plane>> Plane::start(std::span<const u8> program, ConfigInForce config, Loop& loop,
                                            Worker& worker, bool takes_over) {
  XdpEngine::Options options;
  options.instance = config->name;
  options.program = program;
  options.sizes = sizes_of(*config);
  options.persist = config->engine.persist;
  Result<XdpEngine> engine = XdpEngine::open(options);
  if (!engine) return engine.error();
  if (!engine->found().empty()) log::warning(engine->found());
  const bool adopted = !engine->fresh();
  if (!adopted) engine->live().meta[0] = new_meta(options.sizes, engine->ticks_per_second(), random_word);
  WM_TRY(keep_flows(engine->live().meta[0], *config));
  Result<std::unique_ptr<Resolver>> resolver = Resolver::open();
  if (!resolver) return resolver.error();

  std::unique_ptr<Plane> plane(new Plane(std::move(*engine), std::move(*resolver), loop, worker));
  WM_TRY(plane->start_control(*config, adopted));
  Change change;
  change.config = std::move(config);
  change.asked = true;
  change.adopts = adopted;
  change.takes_over = takes_over;
  WM_TRY(plane->load_now(std::move(change)));
  return plane;
}

Status Plane::start_control(const Config& config, bool adopted) {
  auto routes = RouteKeeper::open(loop_, config.name);
  if (!routes) return routes.error();
  routes_ = std::move(*routes);
  const Result<Moment> moment = engine_.now();
  if (!moment) return moment.error();
  Control::Life life;
  life.name = config.name;
  life.clock = {moment->at, moment->ticks, engine_.ticks_per_second(), wall_time()};
  life.seed = u64(random_word()) << 32 | random_word();
  life.epoch = u64(random_word()) << 32 | random_word();
  life.adopted = adopted;
  life.nonce = [] {
    group::Nonce nonce;
    random_bytes(nonce.data(), nonce.size());
    return nonce;
  };
  if (adopted && config.announce) {
    Result<std::vector<Prefix>> found = routes_->list(config.announce->protocol);
    if (!found) return found.error();
    life.announced = std::move(*found);
  }
  if (!adopted && config.group) {  // the members of a group hash flows alike
    const Result<std::vector<u8>> secret = group_secret(config);
    if (!secret) return secret.error();
    const auto key = group::pin_key_of(*secret, config.group->name);
    std::copy(key.begin(), key.end(), engine_.live().meta[0].pin_key);
  }
  control_ = std::make_unique<Control>(engine_.live(), std::move(life));
  control_->limit_checks(Checks::most_in_flight());
  revoked_.follow(revoked_in(config), boot_time());  // before a packet meets the program
  return Done{};
}

const std::string& Plane::revoked_in(const Config& config) {
  static const std::string none;
  return config.path ? config.path->revoked : none;
}

void Plane::follow_sockets(const Config& config) {
  if (!checks_)
    checks_ = std::make_unique<Checks>(loop_, [this](u64 id, CheckOutcome outcome, const std::string& why) {
      control_->answer(id, outcome, why, boot_time());
      carry_out();
    });
  checks_->configure(config);
  if (!watcher_) watcher_ = std::make_unique<Watcher>(loop_, *control_, [this] { ++reach_changes_; });
  watcher_->follow();
  if (!agent_sockets_) agent_sockets_ = std::make_unique<AgentSockets>(loop_, *control_);
  agent_sockets_->follow(config);
  const bool same_group = config.group && peers_of_ && config.group->listen == peers_of_->listen;
  if (same_group) return peers_->configure(*config.group);
  peers_.reset();
  peers_of_ = config.group;
  if (!config.group) return;
  peers_ = std::make_unique<Peers>(loop_, *control_, *config.group);
  peers_->on_change([this] { carry_out(); });
}

// Without sockets to send by, punted packets are lost and all others are not: no reason to refuse the load.
void Plane::follow_punts(Time now) {
  punts_due_ = Time::max();
  if (!image_) return punts_.reset();
  Status done = Done{};
  if (!punts_) {
    auto opened = Punts::open(loop_, [this] {
      const Result<Moment> moment = engine_.now();
      return moment ? moment->ticks : 0;
    });
    if (opened)
      punts_ = std::move(*opened);
    else
      done = opened.error();
  }
  if (punts_) done = punts_->follow(*engine_.object(), Image(*image_), engine_.tables());
  if (!done) punts_due_ = now + kTryAgain;
  const std::string why =
      done ? "" : fmt::format("packets that need the daemon to be finished are dropped: {}", done.error().sentence);
  if (why == punts_failed_) return;
  if (done)
    log::info("packets that need the daemon to be finished are sent again");
  else
    log::error(why + "; tried again every second");
  punts_failed_ = why;
}

void Plane::carry_out() {
  if (suspended_) return;
  const Time now = boot_time();
  for (const Question& question : control_->questions(now)) checks_->ask(question);
  watcher_->step(now);
  agent_sockets_->step(now);
  kept_->step(control_->agents(), now);
  if (peers_) peers_->flush();
  routes_->want(control_->announce_settings(), control_->announce().routes(), now);
}

Status Plane::withdraw() {
  control_->stop(boot_time());
  return routes_->withdraw();
}

void Plane::suspend() {
  suspended_ = true;
  routes_->stop();
  peers_.reset();
  watcher_.reset();
  agent_sockets_.reset();
  if (kept_) kept_->flush(control_->agents(), boot_time());
  checks_.reset();
  const Status refused = Error{"it was abandoned, as this daemon no longer changes anything"};
  const auto change = std::exchange(in_work_, nullptr);
  if (change && change->drafted) control_->abandon();
  if (change && change->answer) change->answer(refused);
  if (const auto wished = std::exchange(wished_, nullptr)) wished->answer(refused);
  for (auto& [on, answer] : std::exchange(capture_answers_, {})) answer(refused);
  for (Taker& taker : std::exchange(takers_, {})) taker.answer(refused);
  for (Flip& flip : std::exchange(flips_, {})) flip.answer(Done{});  // it is written, and whoever comes next finds it
}

// The choices flip some 20 ms apart at least. Whoever asked for the change is told when it is so.
void Plane::wait_for_flip(u64 generation, Answer answer) {
  if (control_->node().generation() != generation) return answer(Done{});
  flips_.push_back({generation, boot_time(), std::move(answer)});
}

void Plane::answer_flips(Time now) {
  if (flips_.empty()) return;
  std::vector<Flip> waiting = std::exchange(flips_, {});
  for (Flip& flip : waiting)
    if (control_->node().generation() != flip.generation || now >= flip.since + kFlipPatience)
      flip.answer(Done{});
    else
      flips_.push_back(std::move(flip));
}

void Plane::drain(const std::string& target, bool on, Answer answer) {
  const u64 generation = control_->node().generation();
  const Status done = control_->drain(target, on, boot_time());
  if (!done) return answer(done);
  wait_for_flip(generation, std::move(answer));
}

void Plane::reweigh(const std::string& target, std::optional<u32> weight, Answer answer) {
  const u64 generation = control_->node().generation();
  const Status done = control_->reweigh(target, weight, boot_time());
  if (!done) return answer(done);
  wait_for_flip(generation, std::move(answer));
}

void Plane::take(const std::string& thing, Answer answer) {
  const Time now = boot_time();
  if (const Status done = control_->take(thing, now); !done) return answer(done);
  takers_.push_back({thing, now, std::move(answer)});
  answer_takers(now);
}

void Plane::answer_takers(Time now) {
  for (Taker& taker : std::exchange(takers_, {})) {
    const Holds& held = control_->holdings().held();
    const auto found = held.find(taker.thing);
    if (found != held.end() && found->second == Hold::yes)
      taker.answer(Done{});
    else if (!load_failed_.empty())
      taker.answer(Error{
          fmt::format("{} is this node's, and cannot be loaded; it is tried again: {}", taker.thing, load_failed_)});
    else if (now >= taker.since + kTakePatience)
      taker.answer(Error{
          fmt::format("{} is not held here yet; another decision came between, or the load takes long", taker.thing)});
    else
      takers_.push_back(std::move(taker));
  }
}

void Plane::on_kernel() {
  kernel_changed_ = true;
  interfaces_due_ = std::min(interfaces_due_, boot_time() + kLinksSettle);
}

void Plane::follow_next_hops(Time now) {
  for (Resolution& r : resolver_->poll(now)) {
    Resolution& known = next_hops_[key_of(r.target)];
    ++reach_changes_;
    // One that was silent is no better while it is asked again.
    const bool silent = known.why.size() && known.reach == Resolution::Reach::none;
    if (r.reach == Resolution::Reach::pending && silent) r.reach = Resolution::Reach::none;
    control_->on_next_hop(next_hop_of(r), now);
    known = std::move(r);
  }
}

void Plane::step(Time now) {
  if (std::exchange(landed_, false)) {
    hops_changed_ = true;
    return;
  }
  if (std::exchange(hops_changed_, false)) {
    const Node& node = control_->node();
    std::vector<RouteQuestion> targets;
    for (const Address& target : node.next_hops_wanted()) targets.push_back({target, node.next_hop_source(target)});
    resolver_->watch(std::move(targets));
    kernel_changed_ = true;
    return;
  }
  if (now >= interfaces_due_) {
    interfaces_due_ = now + kLookAgain;
    check_interfaces();
  }
  if (kernel_changed_ || now >= resolver_->deadline()) {
    kernel_changed_ = false;
    follow_next_hops(now);
    plan_natives(now);
  }
  if (now >= punts_due_) follow_punts(now);
  greeter_.step(now);
  if (!suspended_) {
    revoked_.follow(revoked_in(*config_), now);
    revoked_.look(now);
    asked_.step(now, control_->node().ticks(now), u32(control_->node().seconds(now)));
  }
  if (punts_) punts_->look(now);
  begin_what_is_due(now);
  tick(now);
  answer_flips(now);
  answer_takers(now);
  carry_out();
}

void Plane::tick(Time now) {
  if (now < control_->deadline()) return;
  // Boot time and ticks drift apart, and a suspended machine stops one of them.
  if (const Result<Moment> moment = engine_.now(); moment)
    control_->node().set_clock({moment->at, moment->ticks, engine_.ticks_per_second(), wall_time()});
  const std::vector<u32> freed = control_->tick(now);
  for (const u32 slot : freed) engine_.reset_target_traffic(slot);
  if (control_->take_repooled() || !freed.empty()) hops_changed_ = true;
}

Time Plane::deadline() const {
  if (landed_ || hops_changed_ || kernel_changed_) return Time{};
  Time due =
      std::min({interfaces_due_, punts_due_, greeter_.deadline(), resolver_->deadline(), control_->deadline(),
                routes_->deadline(), suspended_ ? Time::max() : std::min(revoked_.deadline(), asked_.deadline())});
  if (punts_) due = std::min(due, punts_->deadline());
  if (watcher_) due = std::min(due, watcher_->deadline());
  if (agent_sockets_ && !suspended_) due = std::min({due, agent_sockets_->deadline(), kept_->deadline()});
  if (!flips_.empty()) due = std::min(due, flips_.front().since + kFlipPatience);
  if (in_work_) return due;  // its end is heard
  if (stale_ || capture_wanted_ != capturing_) due = std::min(due, retry_at_);
  return std::min(due, std::max(natives_due_, retry_at_));
}

}  // namespace waymark
