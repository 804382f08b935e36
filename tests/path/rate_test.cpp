// The rate of a policy over several CPUs, in virtual time: what passes in a second, whoever is how busy.
#include <gtest/gtest.h>

#include <random>

#include "roles/path/packet_policy.h"
#include "tests/path/site.h"

namespace waymark::path_cases {
namespace {

constexpr u32 kTicksPerSecond = 250;

struct Site {
  PathPolicy policy[2] = {};
  u64 turns[4] = {};
};
// What packets of one CPU see of it.
struct Cpu {
  Site& site;
  PathTraffic traffic[4] = {};
  u32 ticks = 0;
  const PathPolicy* at(decltype(table::path_policies), u32 i) { return i < 2 ? &site.policy[i] : nullptr; }
  u64* at(decltype(table::path_turns), u32 i) { return i < 4 ? &site.turns[i] : nullptr; }
  PathTraffic* at(decltype(table::path_traffic), u32 i) { return i < 4 ? &traffic[i] : nullptr; }
  u32 now() const { return ticks; }
};

// As compiled from a file with this rate.
PathPolicy policy_of(const std::string& rate) {
  std::string toml = site(1);
  const std::string old = "rate = \"8kbit\"";
  toml.replace(toml.find(old), old.size(), rate.empty() ? "" : "rate = \"" + rate + "\"");
  PathSite s(1, toml);
  return s.scene().engine().image().path_policies[slow];
}

struct Load {
  const char* rate;
  u64 bytes_per_second;
  u32 cpus, packet;
  double offered;  // times the rate
};

// Bytes that pass in each of `seconds`; CPUs' shares differ, and one of them may be all.
std::vector<u64> passing(const Load& load, u32 seconds, u32 first_tick) {
  Site all;
  all.policy[0] = policy_of(load.rate);
  std::vector<Cpu> cpus(load.cpus, Cpu{all});
  std::mt19937 random(7);
  std::vector<u64> out;
  for (u32 second = 0; second < seconds; ++second) {
    u64 passed = 0;
    double due = 0;
    for (u32 tick = 0; tick < kTicksPerSecond; ++tick)
      for (due += double(load.bytes_per_second) * load.offered / kTicksPerSecond; due > 0; due -= load.packet) {
        Cpu& cpu = cpus[std::min<u32>(u32(random() % load.cpus), u32(random() % load.cpus))];
        cpu.ticks = first_tick + second * kTicksPerSecond + tick;
        if (path::within_rate(cpu, {1, 0}, 0, load.packet)) passed += load.packet;
      }
    out.push_back(passed);
  }
  return out;
}

constexpr Load kLoads[] = {{"100mbit", 12'500'000, 1, 1'500, 3},   {"100mbit", 12'500'000, 4, 1'500, 3},
                           {"100mbit", 12'500'000, 16, 100, 2},    {"1gbit", 125'000'000, 4, 1'400, 1.5},
                           {"10gbit", 1'250'000'000, 8, 9'000, 2}, {"2mbit", 250'000, 4, 1'500, 20},
                           {"64kbit", 8'000, 2, 576, 100}};

TEST(PathRate, APolicyThatBothAddressesNameIsChargedOnce) {
  Site all;
  all.policy[0] = policy_of("100mbit");
  Cpu cpu{all};
  EXPECT_TRUE(path::within_rate(cpu, {1, 1}, 0, 1'000));
  EXPECT_EQ(cpu.traffic[0].packets, 1u);
  EXPECT_EQ(cpu.traffic[0].bytes, 1'000u);
}

TEST(PathRate, OverASecondItIsExactOnOneCpuAndOnSeveral) {
  for (const Load& load : kLoads)
    for (const u32 first_tick : {0u, 1'000u, 0xffff'ff00u, 0x7fff'ff80u}) {  // ticks wrap
      SCOPED_TRACE(std::string(load.rate) + " on " + std::to_string(load.cpus) + " from " + std::to_string(first_tick));
      const std::vector<u64> seconds = passing(load, 4, first_tick);
      const double rate = double(load.bytes_per_second),
                   burst = std::max(rate / 100, 16'384.0) + (load.cpus + 1) * load.packet;
      EXPECT_LE(double(seconds[0]), rate * 1.02 + burst);
      for (const u64 bytes : std::span(seconds).subspan(1)) {
        EXPECT_GE(double(bytes), rate * 0.98 - load.packet);
        EXPECT_LE(double(bytes), rate * 1.02 + load.packet);
      }
    }
}

TEST(PathRate, WhatIsBelowItPassesWhole) {
  for (Load load : kLoads) {
    load.offered = 0.95;
    const u64 offered = passing(load, 3, 1'000)[2];
    EXPECT_GE(double(offered), double(load.bytes_per_second) * 0.95 - load.packet) << load.rate;
  }
}

TEST(PathRate, WhereOnePolicyHasNothingLeftTheOtherIsNotCharged) {
  Site all;
  all.policy[0] = policy_of("100mbit");
  all.policy[1] = policy_of("8kbit");
  Cpu cpu{all};
  cpu.ticks = 1'000;
  while (path::within_rate(cpu, {1, 2}, 1, 1'500)) continue;
  const PathTraffic before = cpu.traffic[1];
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(path::within_rate(cpu, {1, 2}, 1, 1'500));
  EXPECT_EQ(cpu.traffic[1].bytes, before.bytes);
  EXPECT_EQ(cpu.traffic[1].over, 0u) << "it is not for this one that they were dropped";
  EXPECT_EQ(cpu.traffic[3].over, 1'001u);
  EXPECT_EQ(cpu.traffic[3].packets, cpu.traffic[1].packets);
  EXPECT_EQ(cpu.traffic[0].packets + cpu.traffic[2].packets, 0u) << "the other way";
  EXPECT_TRUE(path::within_rate(cpu, {1, 1}, 1, 1'500)) << "what both addresses name is charged once";
  EXPECT_EQ(cpu.traffic[1].packets, before.packets + 1);
}

TEST(PathRate, WithoutARateNothingIsCounted) {
  Site all;
  all.policy[0] = policy_of("");
  Cpu cpu{all};
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(path::within_rate(cpu, {1, 0}, 0, 1'500));
  EXPECT_EQ(cpu.traffic[0].packets, 0u);
}

// An idle policy has a burst, and no more, however long it was idle.
TEST(PathRate, IdleTimeIsNotSaved) {
  Site all;
  all.policy[0] = policy_of("100mbit");
  Cpu cpu{all};
  for (const u32 idle : {1u, 250u, 1'000'000u, 0x8000'0000u, 0xc000'0000u}) {
    while (path::within_rate(cpu, {1, 0}, 0, 1'000)) continue;
    cpu.ticks += idle;
    u64 passed = 0;
    while (path::within_rate(cpu, {1, 0}, 0, 1'000)) passed += 1'000;
    EXPECT_LE(passed, 125'000u + 10'000) << idle;
    EXPECT_GE(passed, idle == 1 ? 45'000u : 120'000u) << idle;
  }
}

}  // namespace
}  // namespace waymark::path_cases
