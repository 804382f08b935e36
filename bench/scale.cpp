// What a node with thousands of services does on its loop, by what happens to it: the CPU's time of each step. Next to
// what a reload does elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "base/address_text.h"
#include "bench/case.h"
#include "bench/facts.h"
#include "core/pins.h"
#include "engine/replay/userspace.h"
#include "node/control.h"

namespace waymark::bench {

namespace {

using namespace std::chrono_literals;

constexpr u32 kServices = 5'000, kTargets = 3, kPins = 1'000'000, kPinned = 900'000;

Config config_of(u32 services) {
  Config config;
  config.name = "bench";
  config.engine.pins = kPins;
  config.engine.interfaces = {{"lo", 0, 0, "public"}};
  config.director = DirectorConfig{{*parse_address("2001:db8:d::1")}};
  config.announce.emplace();
  for (u32 i = 0; i < services; ++i) {
    ServiceConfig& service = config.service.emplace_back();
    service.name = fmt::format("service-{}", i);
    service.address = {*parse_address(fmt::format("2001:db8:80::{:x}:{:x}", i >> 16, i & 0xffff))};
    service.ports = {{Protocol::tcp, 80, 80}};
    service.check.emplace();
    service.check->tcp = true;
    service.check->every = 15s;
    for (u32 t = 0; t < kTargets; ++t) {
      TargetConfig& target = service.target.emplace_back();
      target.name = fmt::format("s{}", t);
      target.address = *parse_address(fmt::format("2001:db8:5::{:x}:{:x}", t, i));
    }
  }
  return config;
}

struct PinsEnv {
  Live live;
  Settings held{};
  const Settings& settings() const { return held; }
  void note(Note) {}
  PinBucket* at(decltype(table::pins), u32 i) { return i < live.pins.size() ? &live.pins[i] : nullptr; }
};

class Director {
  static u32 number(const std::string& service) { return u32(std::stoul(service.substr(service.find('-') + 1))); }
  template <class F>
  static double cpu(F&& f) {
    const double before = thread_seconds();
    f();
    return thread_seconds() - before;
  }
  template <class F>
  auto timed(const char* step, F&& f) {
    const double before = thread_seconds();
    if constexpr (std::is_void_v<decltype(f())>) {
      f();
      took_(step, thread_seconds() - before);
    } else {
      auto out = f();
      took_(step, thread_seconds() - before);
      return out;
    }
  }

 public:
  Director() : engine_(kPins) {
    engine_.live().meta[0] = new_meta(sizes_for(kPins), 250, [n = 7u]() mutable { return n *= 2'654'435'761u; });
    control_.emplace(engine_.live(), Control::Life{Clock{0s, 1'000, 250}, 1, 1, false, {}, {}, {}});
    took_ = [this](const char* step, double seconds) { longest_[step] = std::max(longest_[step], seconds); };
  }

  Status reload(u32 services) {
    const auto config = std::make_shared<const Config>(config_of(services));
    const std::vector<InterfaceFacts> here = {{"lo", 1, {{2, 0, 0, 0, 0, 1}}, 1500}};
    Result<Draft> draft = timed("draft", [&] { return control_->draft(config, here, {}); });
    if (!draft) return draft.error();
    Result<Compiled> compiled = timed("compile", [&] { return compile(*draft); });
    if (!compiled) return compiled.error();
    timed("introduce", [&] { control_->introduce(*compiled); });
    timed("commit", [&] { control_->commit(std::move(*compiled), now_ += 1s); });
    for (const Address& target : control_->node().next_hops_wanted())
      timed("next_hop", [&] { control_->on_next_hop({target, true, 1, {{2, 0, 0, 0, 0, 2}}, {{2}}, 1500, ""}, now_); });
    return Done{};
  }

  // All targets answer for so long, but those of `dead` services' first; each tick and answer is timed.
  void run(Duration time, u32 dead) {
    for (const Time end = now_ + time; now_ < end;) {
      now_ = std::max(now_ + 1ms, std::min(end, control_->deadline()));
      timed("tick", [&] { control_->tick(now_); });
      for (const Question& question : timed("questions", [&] { return control_->questions(now_); })) {
        const bool well = question.subject.target != "s0" || number(question.subject.service) >= dead;
        const u64 generation = control_->node().generation();
        const double seconds = cpu([&] {
          control_->answer(question.id, well ? CheckOutcome::well : CheckOutcome::unwell, "no answer in time", now_);
        });
        took_(control_->node().generation() == generation ? "answer" : "verdict", seconds);
      }
    }
  }

  Status drain() {
    for (u32 i = 0; i < 100; ++i) {
      now_ += 1s;
      const Status done =
          timed("drain", [&] { return control_->drain(fmt::format("service-{}/s1", i * 7), true, now_); });
      if (!done) return done;
    }
    return Done{};
  }

  void pin() {
    PinsEnv env{engine_.live()};
    env.held.pin_buckets = u32(env.live.pins.size());
    env.held.stale_stamps = 400;
    const u32 slots = kServices * kTargets, stamp = control_->node().stamp(now_);
    for (u64 flow = 0; flow < kPinned; ++flow) {
      const PinPlace place = place_of(env, mix(flow));
      insert_pin(env, place, pack({place.fingerprint, u32(flow % slots) + 1, stamp, PinState::proven, false}), stamp);
    }
  }

  u64 pins() const { return control_->node().swept().proven; }
  std::map<std::string, double>& longest() { return longest_; }

 private:
  UserspaceEngine engine_;
  std::optional<Control> control_;
  Time now_ = 100s;
  std::function<void(const char*, double)> took_;
  std::map<std::string, double> longest_;
};

}  // namespace

Status scale_facts(std::vector<Fact>& facts) {
  Director director;
  WM_TRY(director.reload(1));
  director.run(20s, 0);
  director.longest().clear();
  WM_TRY(director.reload(kServices));
  const auto tell = [&](const char* what, const char* step) {
    facts.push_back({fmt::format("scale.{}", what), director.longest()[step] * 1e6, "us", 1});
  };
  tell("reload.draft", "draft");
  tell("reload.compile_off_the_loop", "compile");
  tell("reload.introduce", "introduce");
  tell("reload.commit", "commit");
  tell("next_hop_longest", "next_hop");
  director.run(30s, 0);
  director.longest().clear();
  director.run(30s, 0);
  tell("idle.answer_longest", "answer");
  tell("idle.tick_longest", "tick");
  director.run(60s, 200);
  if (director.longest()["verdict"] == 0) return Error{"nobody was found down"};
  tell("verdict_longest", "verdict");
  WM_TRY(director.drain());
  tell("drain_longest", "drain");
  director.pin();
  director.longest().clear();
  director.run(20s, 200);
  if (director.pins() != kPinned) return Error{fmt::format("{} of {} pins were swept", director.pins(), kPinned)};
  tell("sweep.tick_longest", "tick");
  return Done{};
}

}  // namespace waymark::bench
