#include "daemon/plane.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <ctime>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "kernel/machine.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// Links change in bursts; and where an event was lost, this much later it is seen all the same.
constexpr Duration kLinksSettle = 50ms, kLinksAnyway = 10s;

std::pair<u64, u64> key_of(const Address& a) { return {a.high, a.low}; }

u32 random_word() {
  u32 word = 0;
  while (getrandom(&word, sizeof word, 0) != sizeof word) continue;
  return word;
}

bool same(const std::vector<InterfaceFacts>& a, const std::vector<InterfaceFacts>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const InterfaceFacts& x, const InterfaceFacts& y) {
    return x.name == y.name && x.index == y.index && std::equal(x.mac.byte, x.mac.byte + 6, y.mac.byte);
  });
}

// The configured interfaces as they are now; those that do not exist are left out.
std::vector<InterfaceFacts> facts_of(const Config& config, const std::vector<LinkInfo>& all) {
  std::vector<InterfaceFacts> facts;
  const auto& wanted = config.engine.interfaces;
  for (const LinkInfo& link : all)
    if (std::any_of(wanted.begin(), wanted.end(), [&](const InterfaceConfig& i) { return i.name == link.name; }))
      facts.push_back({link.name, link.index, link.mac});
  return facts;
}

NextHop next_hop_of(const Resolution& r) {
  if (!r.adjacency) return {r.target, false, 0, {}, {}, 0, r.why};
  return {r.target, true, r.adjacency->interface, r.adjacency->destination, r.adjacency->source, r.adjacency->mtu, ""};
}

}  // namespace

Plane::Plane(XdpEngine engine, std::unique_ptr<Resolver> resolver)
    : engine_(std::move(engine)), resolver_(std::move(resolver)) {}

Result<std::unique_ptr<Plane>> Plane::start(std::span<const u8> program, const Config& config) {
  XdpEngine::Options options;
  options.instance = config.name;
  options.program = program;
  options.pins = config.engine.pins;
  options.persist = config.engine.persist;
  Result<XdpEngine> engine = XdpEngine::open(options);
  if (!engine) return engine.error();
  if (engine->fresh()) engine->live().meta[0] = new_meta(config.engine.pins, engine->ticks_per_second(), random_word);
  Result<std::unique_ptr<Resolver>> resolver = Resolver::open();
  if (!resolver) return resolver.error();
  const Result<Moment> moment = engine->now();
  if (!moment) return moment.error();

  std::unique_ptr<Plane> plane(new Plane(std::move(*engine), std::move(*resolver)));
  plane->node_ = std::make_unique<Node>(plane->engine_.live(),
                                        Clock{moment->at, moment->ticks, plane->engine_.ticks_per_second()});
  WM_TRY(plane->put_in_force(config, false));
  return plane;
}

Status Plane::put_in_force(const Config& config, bool capture) {
  const Result<std::vector<LinkInfo>> all = links();
  if (!all) return all.error();
  const std::vector<InterfaceFacts> facts = facts_of(config, *all);
  Result<Image> image = node_->prepare(config, facts);
  if (!image) {
    node_->abandon();
    return image.error();
  }
  image->settings.capture = capture;
  std::vector<Attachment> attachments;
  for (const InterfaceFacts& f : facts) attachments.push_back({f.index, f.name, config.engine.mode});
  if (Status applied = engine_.apply(*image, attachments); !applied) {
    node_->abandon();
    return applied;
  }
  const Time now = boot_time();
  node_->commit(now);
  interfaces_ = facts;
  capturing_ = capture;
  missing_.clear();
  say_what_is_attached();
  resolver_->watch(node_->next_hops_wanted());
  follow_next_hops(now);
  return Done{};
}

void Plane::say_what_is_attached() {
  const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  log::info(fmt::format("{}; loaded in {:.1f} ms, swapped in {:.1f} ms", in_words(), ms(engine_.load()->loading),
                        ms(engine_.load()->swapping)));
  for (const Attached& a : engine_.load()->interfaces)
    if (!a.fallback.empty() && fallbacks_told_.insert(a.name).second) log::warning(a.fallback);
}

Status Plane::reload(const Config& config) {
  const Config& now = node_->config();
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
  const u64 generation = node_->generation();
  WM_TRY(put_in_force(config, false));
  settle(generation);
  return Done{};
}

// The choices flip some 20 ms apart at least. Whoever asked for the change is told when it is so: the flip is waited
// for.
void Plane::settle(u64 generation) {
  if (node_->generation() != generation) return;
  const timespec pause{0, 20'000'000};
  nanosleep(&pause, nullptr);
  step(boot_time());
}

Status Plane::capture(bool on) {
  if (capturing_ == on) return Done{};
  const Config config = node_->config();
  return put_in_force(config, on);
}

Status Plane::drain(const std::string& target, bool on) {
  const u64 generation = node_->generation();
  WM_TRY(node_->drain(target, on, boot_time()));
  settle(generation);
  return Done{};
}

void Plane::on_kernel() {
  kernel_changed_ = true;
  interfaces_due_ = std::min(interfaces_due_, boot_time() + kLinksSettle);
}

void Plane::follow_next_hops(Time now) {
  for (Resolution& r : resolver_->poll(now)) {
    node_->on_next_hop(next_hop_of(r), now);
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
  const Config config = node_->config();
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
  }
  if (now < node_->deadline()) return;
  // Boot time and ticks drift apart, and a suspended machine stops one of them.
  if (const Result<Moment> moment = engine_.now(); moment)
    node_->set_clock({moment->at, moment->ticks, engine_.ticks_per_second()});
  const std::vector<u32> freed = node_->tick(now);
  for (const u32 slot : freed) engine_.reset_target_traffic(slot);
  if (!freed.empty()) resolver_->watch(node_->next_hops_wanted());
}

Time Plane::deadline() const { return std::min({interfaces_due_, resolver_->deadline(), node_->deadline()}); }

}  // namespace waymark
