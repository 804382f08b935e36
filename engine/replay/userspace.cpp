#include "engine/replay/userspace.h"

#include <cstring>

#include "dataplane/halves.h"
#include "engine/replay/userspace_env.h"
#include "roles/translator/punted.h"

namespace waymark {

namespace {

constexpr std::size_t kTailRoom = 256;  // behind a frame; drivers leave as much or more

#ifndef WM_USERSPACE_ROLES  // tests/mutations needs fewer
#define WM_USERSPACE_ROLES kAllRoles
#endif
// Once, for all that is not measured.
[[gnu::noinline]] Verdict process_all(UserspaceEnv<true>& env) { return process<WM_USERSPACE_ROLES>(env); }

}  // namespace

UserspaceEngine::UserspaceEngine(const TableSizes& sizes)
    :
#define WM_MAKE(NAME, RECORD, ENTRIES, CLASS) NAME##_store_(ENTRIES),
      WM_LIVE_TABLES(WM_MAKE) WM_STATE_TABLES(WM_MAKE)
#undef WM_MAKE
          target_traffic_(sizes.targets),
      live_{
#define WM_SEE(NAME, RECORD, ENTRIES, CLASS) NAME##_store_,
          WM_LIVE_TABLES(WM_SEE) WM_STATE_TABLES(WM_SEE)
#undef WM_SEE
      },
      traffic_(target_traffic_) {
}

void UserspaceEngine::load(Image image) {
  image_ = std::move(image);
#define WM_SEE(NAME, RECORD, ENTRIES, CLASS) NAME##_ = image_.NAME;
  WM_CONFIG_TABLES(WM_SEE)
#undef WM_SEE
}

void UserspaceEngine::flip(const Image& image) {
  waymark::flip({image_.prefixes, image_.mappings, &image_.lengths}, image);
}

// Where the error begins whose extensions must move, as whoever translates left it in Scratch; 0: it is none. Where it
// is not to be punted, it ends for its lengths.
static u32 error_at(UserspaceEnv<true>& env, Verdict verdict) {
  const auto is = [&](Verdict v) { return verdict.reason == v.reason; };
  if (is(translator::why::realigned) || is(translator::why::icmp_length))
    return env.scratch<translator::Scratch>()->o.p.l3;
  if (is(gateway::why::realigned) || is(gateway::why::icmp_length)) return env.scratch<gateway::Scratch>()->o.p.l3;
  return 0;
}

Outcome UserspaceEngine::run(std::span<const u8> frame, u32 interface, u32 ticks, std::vector<StepSeen>* trace,
                             u32 head_room) {
  std::vector<u8> buffer(head_room);
  buffer.insert(buffer.end(), frame.begin(), frame.end());
  buffer.resize(buffer.size() + kTailRoom);
  u8* begin = buffer.data() + head_room;
  u8* end = begin + frame.size();
  UserspaceEnv<true> env(*this, buffer.data(), begin, end, end + kTailRoom, interface, ticks, trace);
  const Verdict verdict = process_all(env);
  ++counters_.reasons[verdict.reason];
  Outcome outcome = {
      verdict, verdict.action == Action::forward ? env.left_by() : 0, {env.view().begin, env.view().end}};
  if (verdict.action == Action::punt) finish(frame, interface, ticks, outcome, error_at(env, verdict));
  return outcome;
}

Outcome UserspaceEngine::complete(std::span<const u8> frame, u32 interface, u32 ticks, Verdict punted) {
  Outcome outcome = {punted, 0, {}};
  const u16 reason = punted.reason;
  const bool moves = reason == translator::why::realigned.reason || reason == gateway::why::realigned.reason;
  finish(frame, interface, ticks, outcome, moves ? error_in(frame, interface, ticks) : 0);
  return outcome;
}

// What another engine's program knew of an error that it punted.
u32 UserspaceEngine::error_in(std::span<const u8> frame, u32 interface, u32 ticks) {
  std::vector<u8> buffer(256);
  buffer.insert(buffer.end(), frame.begin(), frame.end());
  u8* begin = buffer.data() + 256;
  u8* end = begin + frame.size();
  UserspaceEnv<true> env(*this, buffer.data(), begin, end, end, interface, ticks, nullptr);
  env.set_whole();
  return error_at(env, process<kAllRoles>(env));
}

void UserspaceEngine::share(const Live& of) {
  live_.neighbours = of.neighbours;
  live_.flows = of.flows;
  live_.flow_records = of.flow_records;
  live_.flow_embryos = of.flow_embryos;
  live_.flow_embryo_records = of.flow_embryo_records;
  live_.fragments = of.fragments;
  live_.targets = of.targets;
  live_.adjacencies = of.adjacencies;
}

// What was punted once more, in whole.
void UserspaceEngine::finish(std::span<const u8> frame, u32 interface, u32 ticks, Outcome& outcome, u32 error) {
  const std::span<const u8> came = frame;
  const auto realigned = error ? translator::realign_inside(frame, error) : std::nullopt;
  if (realigned) frame = *realigned;
  std::vector<u8> buffer(256);
  buffer.insert(buffer.end(), frame.begin(), frame.end());
  u8* begin = buffer.data() + 256;
  u8* end = begin + frame.size();
  UserspaceEnv<true> env(*this, buffer.data(), begin, end, end, interface, ticks, nullptr);
  env.set_whole();
  outcome.end = process_all(env);
  outcome.action = outcome.end.action;
  outcome.out_interface = env.left_by();
  if (outcome.action == Action::punt) {
    outcome.early = env.held();
    outcome.action = Action::drop;
  }
  if (outcome.action == Action::drop) return;
  const std::span<const u8> out(env.view().begin, env.view().end);
  if (env.longest())
    outcome.frames = translator::split_inside(out, env.in_front(), env.longest(), env.id());
  else
    outcome.frames = {{out.begin(), out.end()}};
  if (realigned && outcome.frames.size() == 1 && !env.in_front()) translator::tighten(came, outcome.frames[0]);
}

}  // namespace waymark
