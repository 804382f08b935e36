#include "daemon/plane.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "base/file.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/run.h"
#include "kernel/machine.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// Links change in bursts; and where an event was lost, this much later it is seen all the same.
constexpr Duration kLinksSettle = 50ms, kLinksAnyway = 10s;
// Announced routes are looked after as often: somebody may have removed one.
constexpr Duration kRoutesAnyway = 10s;

std::pair<u64, u64> key_of(const Address& a) { return {a.high, a.low}; }

void random_bytes(void* to, std::size_t count) {
  while (getrandom(to, count, 0) != ssize_t(count)) continue;  // at most 256 bytes come whole
}

u32 random_word() {
  u32 word = 0;
  random_bytes(&word, sizeof word);
  return word;
}

// The group's secret; empty where there is no group.
Result<std::vector<u8>> read_secret(const Config& config) {
  if (!config.group) return std::vector<u8>();
  const std::string& path = config.group->key;
  const Result<std::string> bytes = read_file(path, {.most_bytes = group::kMostSecret, .only_owners = true});
  if (!bytes) return Error{fmt::format("[group] key: {}", bytes.error().sentence)};
  Result<std::vector<u8>> secret = group::read_secret({reinterpret_cast<const u8*>(bytes->data()), bytes->size()});
  if (!secret) return Error{fmt::format("[group] key: {}: {}", path, secret.error().sentence)};
  return secret;
}

bool same(const std::vector<InterfaceFacts>& a, const std::vector<InterfaceFacts>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const InterfaceFacts& x, const InterfaceFacts& y) {
    return x.name == y.name && x.index == y.index && x.mtu == y.mtu &&
           std::equal(x.mac.byte, x.mac.byte + 6, y.mac.byte);
  });
}

// The configured interfaces as they are now; those that do not exist are left out.
std::vector<InterfaceFacts> facts_of(const Config& config, const std::vector<LinkInfo>& all) {
  std::vector<InterfaceFacts> facts;
  const auto& wanted = config.engine.interfaces;
  for (const LinkInfo& link : all)
    if (std::any_of(wanted.begin(), wanted.end(), [&](const InterfaceConfig& i) { return i.name == link.name; }))
      facts.push_back({link.name, link.index, link.mac, link.mtu});
  return facts;
}

NextHop next_hop_of(const Resolution& r) {
  if (!r.adjacency) return {r.target, false, 0, {}, {}, 0, r.why};
  return {r.target, true, r.adjacency->interface, r.adjacency->destination, r.adjacency->source, r.adjacency->mtu, ""};
}

}  // namespace

Plane::Plane(XdpEngine engine, std::unique_ptr<Resolver> resolver, Loop& loop)
    : engine_(std::move(engine)), resolver_(std::move(resolver)), loop_(loop) {}

Plane::~Plane() = default;

Result<std::unique_ptr<Plane>> Plane::start(std::span<const u8> program, const Config& config, Loop& loop) {
  XdpEngine::Options options;
  options.instance = config.name;
  options.program = program;
  options.pins = config.engine.pins;
  options.persist = config.engine.persist;
  Result<XdpEngine> engine = XdpEngine::open(options);
  if (!engine) return engine.error();
  if (!engine->found().empty()) log::warning(engine->found());
  const bool adopted = !engine->fresh();
  if (!adopted) engine->live().meta[0] = new_meta(config.engine.pins, engine->ticks_per_second(), random_word);
  Result<std::unique_ptr<Resolver>> resolver = Resolver::open();
  if (!resolver) return resolver.error();

  std::unique_ptr<Plane> plane(new Plane(std::move(*engine), std::move(*resolver), loop));
  WM_TRY(plane->start_control(config, adopted));
  WM_TRY(plane->put_in_force(config, false));
  return plane;
}

Status Plane::start_control(const Config& config, bool adopted) {
  Result<Routes> routes = Routes::open();
  if (!routes) return routes.error();
  routes_.emplace(std::move(*routes));
  const Result<Moment> moment = engine_.now();
  if (!moment) return moment.error();
  Control::Life life;
  life.clock = {moment->at, moment->ticks, engine_.ticks_per_second()};
  life.seed = u64(random_word()) << 32 | random_word();
  life.epoch = u64(random_word()) << 32 | random_word();
  life.adopted = adopted;
  life.nonce = [] {
    group::Nonce nonce;
    random_bytes(nonce.data(), nonce.size());
    return nonce;
  };
  if (adopted && config.announce) {
    Result<std::vector<Address>> found = routes_->list(config.announce->protocol);
    if (!found) return found.error();
    life.announced = std::move(*found);
  }
  if (!adopted && config.group) {  // the members of a group hash flows alike
    const Result<std::vector<u8>> secret = read_secret(config);
    if (!secret) return secret.error();
    const auto key = group::pin_key_of(*secret, config.group->name);
    std::copy(key.begin(), key.end(), engine_.live().meta[0].pin_key);
  }
  control_ = std::make_unique<Control>(engine_.live(), std::move(life));
  control_->limit_checks(Checks::most_in_flight());
  return Done{};
}

Status Plane::put_in_force(const Config& config, bool capture) {
  const Result<std::vector<LinkInfo>> all = links();
  if (!all) return all.error();
  const std::vector<InterfaceFacts> facts = facts_of(config, *all);
  Result<std::vector<u8>> secret = read_secret(config);
  if (!secret) return secret.error();
  const Result<std::vector<Prefix>> reached = natives_for(config);
  if (!reached) return reached.error();
  Result<Image> image = control_->prepare(config, facts, std::move(*secret), *reached);
  if (!image) {
    control_->abandon();
    return image.error();
  }
  image->settings.capture = capture;
  std::vector<Attachment> attachments;
  for (const InterfaceFacts& f : facts) attachments.push_back({f.index, f.name, config.engine.mode});
  if (Status applied = engine_.apply(*image, attachments); !applied) {
    control_->abandon();
    return applied;
  }
  const Time now = boot_time();
  control_->commit(now);
  follow_punts(config, std::move(*image));
  interfaces_ = facts;
  natives_ = *reached;
  capturing_ = capture;
  missing_.clear();
  say_what_is_attached();
  resolver_->watch(control_->node().next_hops_wanted());
  follow_next_hops(now);
  follow_sockets(config);
  carry_out();
  return Done{};
}

void Plane::follow_sockets(const Config& config) {
  if (!checks_)
    checks_ = std::make_unique<Checks>(loop_, [this](u64 id, CheckOutcome outcome, const std::string& why) {
      control_->answer(id, outcome, why, boot_time());
      carry_out();
    });
  checks_->configure(config);
  const bool same_group = config.group && peers_of_ && config.group->listen == peers_of_->listen;
  if (same_group) return peers_->configure(*config.group);
  peers_.reset();
  peers_of_ = config.group;
  if (!config.group) return;
  peers_ = std::make_unique<Peers>(loop_, *control_, *config.group);
  peers_->on_change([this] { carry_out(); });
}

// Without sockets to send by, punted packets are lost and all others are not: no reason to refuse the load.
void Plane::follow_punts(const Config& config, Image image) {
  if (!config.translator) return punts_.reset();
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
  if (punts_) done = punts_->follow(*engine_.object(), std::move(image));
  if (!done)
    log::error(
        fmt::format("packets that must be cut, or whose ICMP extensions move, are lost: {}", done.error().sentence));
}

void Plane::carry_out() {
  if (suspended_) return;
  const Time now = boot_time();
  for (const Question& question : control_->questions(now)) checks_->ask(question);
  if (peers_) peers_->flush();
  sync_routes(now);
}

void Plane::sync_routes(Time now) {
  const auto& settings = control_->announce_settings();
  Status done = Done{};
  if (announced_as_ && (!settings || settings->protocol != announced_as_->protocol)) {
    done = routes_->sync({}, announced_as_->protocol, announced_as_->metric);
    routes_written_.reset();
  }
  if (settings && !announced_as_) note_announced(settings->protocol);
  if (announced_as_ && settings != announced_as_)
    note_announced(settings ? std::optional(settings->protocol) : std::nullopt);
  announced_as_ = settings;
  if (settings && (now >= routes_due_ || routes_written_ != control_->routes())) {
    done = routes_->sync(control_->routes(), settings->protocol, settings->metric);
    routes_written_ = control_->routes();
    routes_due_ = now + kRoutesAnyway;
    if (done) routes_failed_.clear();
  }
  if (done || done.error().sentence == routes_failed_) return;
  routes_failed_ = done.error().sentence;
  log::error(routes_failed_);
}

Status Plane::withdraw() {
  control_->stop(boot_time());
  if (!control_->announce_settings()) return Done{};
  WM_TRY(routes_->sync({}, control_->announce_settings()->protocol, control_->announce_settings()->metric));
  note_announced({});
  return Done{};
}

// For `waymark down` after the daemon has died: whose routes to withdraw.
void Plane::note_announced(std::optional<u32> protocol) const {
  const std::string path = announced_file(config().name);
  if (!protocol) {
    unlink(path.c_str());
    return;
  }
  if (const Status done = replace_file(path, std::to_string(*protocol) + "\n", 0644); !done)
    log::warning(
        fmt::format("`waymark down` will not withdraw the routes of a dead daemon: {}", done.error().sentence));
}

void Plane::suspend() {
  suspended_ = true;
  peers_.reset();
  checks_.reset();
}

void Plane::say_what_is_attached() {
  const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  log::info(fmt::format("{}; loaded in {:.1f} ms, swapped in {:.1f} ms", in_words(), ms(engine_.load()->loading),
                        ms(engine_.load()->swapping)));
  for (const Attached& a : engine_.load()->interfaces)
    if (!a.fallback.empty() && fallbacks_told_.insert(a.name).second) log::warning(a.fallback);
}

Status Plane::reload(const Config& config) {
  const Config& now = control_->node().config();
  if (config.name != now.name)
    return Error{
        fmt::format("[node] name cannot change from \"{}\" to \"{}\" while the daemon runs: its pinned tables and "
                    "socket carry it",
                    now.name, config.name)};
  if (pin_buckets_for(config.engine.pins) != pin_buckets_for(now.engine.pins))
    return Error{
        fmt::format("[engine] pins cannot change to {} while flows are pinned: `waymark down` and a new start do it",
                    config.engine.pins)};
  if (config.engine.persist != now.engine.persist)
    return Error{"[engine] persist cannot change while the daemon runs: restart it"};
  const u64 generation = control_->node().generation();
  WM_TRY(put_in_force(config, false));
  settle(generation);
  return Done{};
}

// The choices flip some 20 ms apart at least. Whoever asked for the change is told when it is so: the flip is waited
// for.
void Plane::settle(u64 generation) {
  if (control_->node().generation() != generation) return;
  const timespec pause{0, 20'000'000};
  nanosleep(&pause, nullptr);
  step(boot_time());
}

Status Plane::capture(bool on) {
  if (capturing_ == on) return Done{};
  const Config config = control_->node().config();
  return put_in_force(config, on);
}

Status Plane::drain(const std::string& target, bool on) {
  const u64 generation = control_->node().generation();
  WM_TRY(control_->drain(target, on, boot_time()));
  settle(generation);
  return Done{};
}

Status Plane::reweigh(const std::string& target, std::optional<u32> weight) {
  const u64 generation = control_->node().generation();
  WM_TRY(control_->reweigh(target, weight, boot_time()));
  settle(generation);
  return Done{};
}

void Plane::on_kernel() {
  kernel_changed_ = true;
  interfaces_due_ = std::min(interfaces_due_, boot_time() + kLinksSettle);
}

void Plane::follow_next_hops(Time now) {
  for (Resolution& r : resolver_->poll(now)) {
    control_->node().on_next_hop(next_hop_of(r), now);
    next_hops_[key_of(r.target)] = std::move(r);
  }
}

// An interface that was made anew has another index, and one with another MAC takes other frames: both are in the
// image.
void Plane::check_interfaces() {
  const Result<std::vector<LinkInfo>> all = links();
  if (!all) return log::warning(all.error().sentence);
  for (const LinkInfo& link : *all) interface_names_[link.index] = link.name;
  const std::vector<InterfaceFacts> facts = facts_of(config(), *all);
  if (same(facts, interfaces_)) return;
  bool complete = true;
  for (const InterfaceConfig& wanted : config().engine.interfaces) {
    if (std::any_of(facts.begin(), facts.end(), [&](auto& f) { return f.name == wanted.name; })) continue;
    complete = false;
    if (missing_.insert(wanted.name).second)
      log::warning(fmt::format("interface {} is gone; the program goes on the next one of that name", wanted.name));
  }
  if (!complete) return;
  const Config config = control_->node().config();
  if (const Status done = put_in_force(config, capturing_); !done)
    log::error(fmt::format("interfaces changed, but: {}", done.error().sentence));
  interfaces_ = facts;  // also where it failed: once is enough, until they change again
}

void Plane::step(Time now) {
  if (now >= interfaces_due_) {
    interfaces_due_ = now + kLinksAnyway;
    check_interfaces();
  }
  if (kernel_changed_ || now >= resolver_->deadline()) {
    kernel_changed_ = false;
    follow_next_hops(now);
    plan_natives(now);
  }
  if (now >= natives_due_) check_natives(now);
  if (now < control_->deadline()) return carry_out();
  // Boot time and ticks drift apart, and a suspended machine stops one of them.
  if (const Result<Moment> moment = engine_.now(); moment)
    control_->node().set_clock({moment->at, moment->ticks, engine_.ticks_per_second()});
  const std::vector<u32> freed = control_->tick(now);
  for (const u32 slot : freed) engine_.reset_target_traffic(slot);
  if (!freed.empty()) resolver_->watch(control_->node().next_hops_wanted());
  carry_out();
}

Time Plane::deadline() const {
  const Time due = std::min({interfaces_due_, natives_due_, resolver_->deadline(), control_->deadline()});
  return control_->announce_settings() ? std::min(due, routes_due_) : due;
}

}  // namespace waymark
