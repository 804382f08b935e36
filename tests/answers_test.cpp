// Answers in a dead target's place: how many are given, that a live one's flows never get any, and what another
// project's decoder makes of them. And the host's part that cases cannot show: who has a socket keeps its packets.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <set>

#include "base/pcapng.h"
#include "core/answer.h"
#include "tests/cases/cases.h"
#include "tests/kit/build.h"
#include "tests/kit/mutate.h"
#include "tests/kit/need.h"

namespace waymark {

namespace {

struct LimitEnv {  // the little that may_answer() wants
  Settings constants{};
  u64 words[kAnswerKinds] = {};
  u32 ticks = 0;
  const Settings& settings() const { return constants; }
  u64* at(decltype(table::limits), u32 i) { return i < kAnswerKinds ? &words[i] : nullptr; }
  u32 now() const { return ticks; }
};

LimitEnv limited(u32 interval, u32 burst, u32 ticks) {
  LimitEnv env;
  env.constants.answer_interval[0] = interval;
  env.constants.answer_burst[0] = burst;
  env.ticks = ticks;
  env.words[0] = u64(ticks) << 16;
  return env;
}

u32 answers(LimitEnv& env, u32 asked) {
  u32 given = 0;
  for (u32 i = 0; i < asked; ++i) given += may_answer(env, AnswerKind::reset);
  return given;
}

}  // namespace

TEST(AnswerLimit, GivesABurstAndThenTheRate) {
  for (u32 start : {0u, 5u, 0x7fff'fff0u, 0xffff'fff0u}) {  // the last: ticks wrap on the way
    LimitEnv env = limited(4 << 16, 10, start);             // one in four ticks
    EXPECT_EQ(answers(env, 100), 10u) << start;
    for (u32 n = 1; n <= 20; ++n) {
      env.ticks += 3;
      EXPECT_EQ(answers(env, 100), 0u) << start << ", round " << n;
      env.ticks += 1;
      EXPECT_EQ(answers(env, 100), 1u) << start << ", round " << n;
    }
    env.ticks += 20;
    EXPECT_EQ(answers(env, 100), 5u) << "half a burst is back after half its time";
    env.ticks += 1000;
    EXPECT_EQ(answers(env, 100), 10u) << "and never more than one whole";
  }
}

TEST(AnswerLimit, CountsFractionsOfATick) {
  LimitEnv env = limited((1 << 16) / 10, 3, 1000);  // ten and a bit a tick
  EXPECT_EQ(answers(env, 100), 3u);
  u32 given = 0;
  for (u32 tick = 0; tick < 100; ++tick) ++env.ticks, given += answers(env, 2);
  EXPECT_EQ(given, 200u);
}

TEST(AnswerLimit, OfNoneGivesNone) {
  LimitEnv none = limited(0, 10, 1000), nothing_at_once = limited(1 << 16, 0, 1000);
  for (u32 tick = 0; tick < 100; ++tick) {
    EXPECT_EQ(answers(none, 3) + answers(nothing_at_once, 3), 0u);
    none.ticks += 7, nothing_at_once.ticks += 7;
  }
}

// Idle for so long that the ticks went round: whatever the word says, answers come back within an interval.
TEST(AnswerLimit, ForgetsWhatIsLongAgo) {
  for (u64 age = 1; age < u64(1) << 32; age += 0x0123'4567) {
    LimitEnv env = limited(4 << 16, 10, 100);
    answers(env, 100);
    env.ticks += u32(age) + 4;
    EXPECT_GE(answers(env, 1), 1u) << age;
  }
}

TEST(AnswerLimit, EachKindHasItsOwn) {
  LimitEnv env = limited(4 << 16, 2, 50);
  env.constants.answer_interval[1] = 4 << 16;
  env.constants.answer_burst[1] = 3;
  EXPECT_EQ(answers(env, 9), 2u);
  u32 given = 0;
  for (u32 i = 0; i < 9; ++i) given += may_answer(env, AnswerKind::unreachable);
  EXPECT_EQ(given, 3u);
}

namespace {

// Frames that mutate from all cases, in a world where some targets are dead; and what the dead ones' slots are.
template <class Look>
void storm(u64 seed, const std::vector<u32>& dead, Look look) {
  Image image = fixture::image();
  for (u32 kind = 0; kind < kAnswerKinds; ++kind)
    image.settings.answer_interval[kind] = 1, image.settings.answer_burst[kind] = 1u << 31;
  UserspaceEngine engine(fixture::kPins);
  engine.load(image);
  constexpr u32 now = 0x7fff'fff0;
  fixture::fill(engine.live(), now);
  std::vector<packets::Bytes> corpus;
  for (const cases::Case& c : cases::all_cases()) {
    corpus.push_back(c.in);
    corpus.insert(corpus.end(), c.before.begin(), c.before.end());
  }
  packets::Mutator mutator(corpus, seed);
  for (u32 n = 0; n < 100'000; ++n) {
    if (n == 2000)  // flows are there by now
      for (u32 slot : dead) engine.live().targets[slot].route |= kTargetDown;
    std::vector<StepSeen> trace;
    const packets::Bytes frame = mutator.next();
    const Outcome o = engine.run(frame, fixture::kInterface, now, &trace);
    const std::string reason = reason_text(o.verdict.reason)->name;
    const bool answered = reason == "director.reset" || reason == "director.unreachable";
    if (answered) look(frame, trace);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace

TEST(Answers, AreNeverGivenWhileAllTargetsLive) {
  storm(1, {}, [](const packets::Bytes& frame, auto&) { ADD_FAILURE() << packets::hexdump(frame); });
}

// Each answer stands for a slot that is dead: the one that the flow's pin names, or that it was given.
TEST(Answers, AreForDeadTargetsAlone) {
  const std::vector<u32> dead = {fixture::by_ip6, fixture::by_gue4, fixture::all, 22, 31, 42, 53};
  u32 answered = 0;
  storm(2, dead, [&](const packets::Bytes& frame, const std::vector<StepSeen>& trace) {
    u64 slot = 0;
    for (const StepSeen& s : trace)
      if (s.step == Step::pin_found || s.step == Step::chosen) slot = s.a;
    ++answered;
    EXPECT_TRUE(std::find(dead.begin(), dead.end(), slot) != dead.end()) << slot << "\n" << packets::hexdump(frame);
  });
  EXPECT_GT(answered, 1000u);
}

// The oracle is another project's decoder, with all its checksums on.
TEST(Answers, TsharkFindsNothingWrong) {
  WM_NEED(Cap::tshark);
  std::string bytes;
  pcapng::append_section(bytes, "waymark");
  pcapng::append_interface(bytes, "eth0", LinkType::ethernet);
  const auto build = userspace_build(fixture::image());
  u32 count = 0;
  const std::set<std::string> answers = {
      "director.reset",     "director.unreachable", "director.closed_reset", "director.closed_unreachable",
      "director.hop_limit", "director.too_big",     "director.told_on",      "director.echoed"};
  for (const cases::Case& c : cases::all_cases()) {
    if (!answers.contains(c.reason)) continue;
    if (c.name.find("corrupt") != c.name.npos) continue;
    fixture::fill(build->live(), build->now());
    for (const auto& frame : c.before) build->run(frame, cases::kHeadRoom);
    if (c.arrange) c.arrange(build->live(), build->now());
    const packets::Bytes frame = build->run(c.in, cases::kHeadRoom).frame;
    pcapng::append_packet(
        bytes,
        {.interface = 0, .epoch = {}, .bytes = frame, .direction = pcapng::Direction::outbound, .comment = c.name});
    ++count;
  }
  const std::string path = testing::TempDir() + "waymark-answers-" + std::to_string(getpid()) + ".pcapng";
  std::ofstream(path, std::ios::binary) << bytes;
  const auto lines = [&](const std::string& filter) {
    const std::string command =
        "tshark -r " + path + " -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -T fields -e frame.comment -Y '" +
        filter + "' 2>/dev/null";
    std::string all;
    FILE* pipe = popen(command.c_str(), "r");
    for (char buffer[256]; pipe && std::fgets(buffer, sizeof buffer, pipe);) all += buffer;
    if (pipe) pclose(pipe);
    return all;
  };
  const std::string good = lines("tcp.flags.reset == 1 || icmp.type in {0, 3, 11} || icmpv6.type in {1, 2, 3, 129}");
  EXPECT_EQ(u32(std::count(good.begin(), good.end(), '\n')), count);
  EXPECT_EQ("", lines("_ws.malformed"));
  EXPECT_EQ("", lines("ip.checksum.status == Bad && !icmp"));
  EXPECT_EQ("", lines("tcp.checksum.status == Bad && !icmp && !icmpv6"));
  EXPECT_EQ("", lines("icmp.checksum.status == Bad || icmpv6.checksum.status == Bad"));
  std::remove(path.c_str());
}

// A packet that names a candidate stays where a socket knows it.
TEST(Strays, StayWhereASocketKnowsThem) {
  UserspaceEngine engine(fixture::kPins);
  engine.load(fixture::image());
  fixture::fill(engine.live(), 1000);
  for (Owner owner : {Owner::nobody, Owner::listener, Owner::flow}) {
    engine.set_owner([&](std::span<const u8>, const Packet&) { return owner; });
    for (const cases::Case& c : cases::stray_cases()) {
      if (c.reason != "forward.sent") continue;
      const Outcome o = engine.run(c.in, fixture::kInterface, 1000);
      const char* expected = owner == Owner::nobody ? "forward.sent" : "host.delivered";
      EXPECT_STREQ(reason_text(o.verdict.reason)->name, expected) << c.name;
    }
  }
}

// Only packets that are in doubt cost a look at the sockets, and the look is at the packet in the tunnel.
TEST(Strays, SocketsAreAskedForThoseInDoubtAlone) {
  UserspaceEngine engine(fixture::kPins);
  engine.load(fixture::image());
  fixture::fill(engine.live(), 1000);
  u32 asked = 0;
  engine.set_owner([&](std::span<const u8> frame, const Packet& p) {
    ++asked;
    EXPECT_EQ(frame[p.l3] >> 4, p.ip6 ? 6 : 4);
    EXPECT_TRUE(p.destination_port == 80 || p.destination_port == 443 || p.destination_port == 53 ||
                p.destination_port == fixture::kAlonePort);
    return Owner::flow;
  });
  for (const cases::Case& c : cases::host_cases()) (void)engine.run(c.in, fixture::kInterface, 1000);
  EXPECT_EQ(asked, 0u);
  for (const cases::Case& c : cases::stray_cases())
    if (c.name.starts_with("stray_syn_")) (void)engine.run(c.in, fixture::kInterface, 1000);
  EXPECT_EQ(asked, 0u);
  for (const cases::Case& c : cases::stray_cases()) (void)engine.run(c.in, fixture::kInterface, 1000);
  EXPECT_GT(asked, 50u);
}

// [director] second_candidate = false: no tunnel ever names one.
TEST(SecondCandidate, IsNeverNamedWhereItIsOff) {
  Image image = fixture::image();
  image.settings.second_candidate = 0;
  const auto build = userspace_build(image);
  for (const cases::Case& c : cases::candidate_cases()) {
    fixture::fill(build->live(), build->now());
    for (const auto& frame : c.before) build->run(frame, cases::kHeadRoom);
    if (c.arrange) c.arrange(build->live(), build->now());
    const u64 before = build->counters().notes[u32(Note::candidate_sent)];
    (void)build->run(c.in, c.head_room);
    EXPECT_EQ(build->counters().notes[u32(Note::candidate_sent)], before) << c.name;
  }
}

}  // namespace waymark
