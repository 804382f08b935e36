// What happens at a POP in the kernel's build, by each of the two compilers.
#include <gtest/gtest.h>

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "engine/xdp/program.h"
#include "engine/xdp/test_run.h"
#include "roles/path/packet_policy.h"
#include "tests/kit/kernel_translator.h"
#include "tests/kit/need.h"
#include "tests/path/ask_many.h"
#include "tests/path/asked.h"

namespace waymark::path_cases {
namespace {

// Packets go to the kernel's program. The user-space engine tells the ways, as in a test run the kernel has no routes.
class KernelSite : public PathSite {
 public:
  KernelSite(u32 id, std::span<const u8> elf, Role first, const std::string& toml = {}) : PathSite(id, toml) {
    Image image = scene().engine().image();
    image.first = first;
    kernel_ = std::make_unique<KernelTranslator>(elf, image);
    for (const u32 policy : {open, web, slow}) {
      const std::string to = client(1, 5, policy);
      PathSite::receive(tunnelled(pop(2), pop(id), packet(server("1,2,3", to), to, syn_ack()), 64), 1);
      PathSite::receive(packet(to, server("1,2,3", to), syn(), 1), 2);
    }
    kernel_->learn(scene().engine().live().ways);
    const Live from = scene().engine().live(), to = kernel_->live();
    std::ranges::copy(from.targets, to.targets.begin());
    std::ranges::copy(from.adjacencies, to.adjacencies.begin());
    for (Adjacency& a : to.adjacencies) a.valid_until = kernel_->now() + (1u << 28);
    std::ranges::fill(to.limits, 0);
    std::ranges::copy(from.path_ways, to.path_ways.begin());
    std::ranges::copy(from.path_asked_heads, to.path_asked_heads.begin());
    to.path_asked[0] = u64(kernel_->now()) << 32 | u32(from.path_asked[0]);
  }
  Left receive(const Bytes& packet, u32 interface) override {
    const Bytes frame = packets::frame(packet, {.destination = "02:57:00:00:00:0" + std::to_string(interface)});
    const Ended ended = kernel_->run(frame, interface, 256, 0);
    Left left = {reason_text(ended.verdict.reason)->name, {}, ended.out_interface};
    if (ended.verdict.action == Action::pass) left.passed.assign(ended.frame.begin() + 14, ended.frame.end());
    if (ended.verdict.action == Action::forward) left.packet.assign(ended.frame.begin() + 14, ended.frame.end());
    return left;
  }
  std::vector<u64> tag_uses() override { return object().tag_uses(); }
  Live live() override { return kernel_->live(); }
  const Object& object() const { return kernel_->object(); }
  u32 verified_instructions() const { return kernel_->verified_instructions(); }

 private:
  std::unique_ptr<KernelTranslator> kernel_;
};

void run_all(std::span<const u8> elf, Role first) {
  ASSERT_TRUE(enter_namespace_of_two());
  std::map<u32, std::unique_ptr<KernelSite>> sites;
  for (const Script& script : scripts()) {
    SCOPED_TRACE(script.name);
    std::unique_ptr<KernelSite>& site = sites[script.pop];
    if (!site) site = std::make_unique<KernelSite>(script.pop, elf, first);
    script.run(*site);
  }
  std::printf("%u verified instructions\n", sites.begin()->second->verified_instructions());
}

// What XDP answers is what the name server answers, and what it does not goes on as it came.
void ask_much(std::span<const u8> elf, Role first) {
  ASSERT_TRUE(enter_namespace_of_two());
  KernelSite s(1, elf, first, busy_site());
  NameServer server(s);
  Questions questions(2, server.seconds());
  constexpr u32 kQuestions = 5'000;
  u32 plain = 0;
  ask_many(s, server, questions, kQuestions, plain);
  EXPECT_GT(plain, kQuestions / 5);
}

using Clock = std::chrono::steady_clock;

// On as many CPUs at once as there are, up to four: packets of a policy with 800 kbit/s, many times as many. What
// passes in a second is as much as that; time in which nobody sent for longer than what is idle may save does not
// count.
TEST(KernelPath, ARateIsExactOverASecondOnSeveralCpus) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  ASSERT_TRUE(enter_namespace_of_two());
  constexpr double kRate = 1e5;  // bytes a second
  constexpr auto kSaved = std::chrono::milliseconds(150), kLong = std::chrono::milliseconds(2'000);
  std::string toml = site(1);
  toml.replace(toml.find("8kbit"), 5, "800kbit");
  KernelSite s(1, program(), Role::path, toml);
  const std::string from = client(1, 5, slow);
  const Bytes frame = packets::frame(packet(from, server("1,2,3", from, open), udp(40'000, 53, repeat(1, 1'152))),
                                     {.destination = "02:57:00:00:00:02"});
  constexpr u32 kBytes = 1'200;
  const u32 at = path::traffic_at(slow, u32(path::Towards::server));
  TestRun warm(s.object());
  for (int i = 0; i < 1'000 && !s.object().path_traffic()[at].over; ++i)
    (void)warm.run(frame, 2, path::why::onward.reason);
  ASSERT_GT(s.object().path_traffic()[at].over, 0u);

  const PathTraffic before = s.object().path_traffic()[at];
  const Clock::time_point begin = Clock::now(), end = begin + kLong;
  std::atomic<Clock::rep> last = begin.time_since_epoch().count(), idle = 0;
  const auto flood = [&](unsigned cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    TestRun run(s.object());
    for (Clock::time_point now = begin; now < end; now = Clock::now()) {
      (void)run.run(frame, 2, path::why::over_rate.reason);  // others' packets are counted meanwhile
      const Clock::rep then = Clock::now().time_since_epoch().count(), silent = then - last.exchange(then);
      if (silent > Clock::duration(kSaved).count()) idle += silent;
    }
  };
  std::vector<std::thread> cpus;
  for (unsigned cpu = 0; cpu < std::clamp(std::thread::hardware_concurrency(), 1u, 4u); ++cpu)
    cpus.emplace_back(flood, cpu);
  for (std::thread& cpu : cpus) cpu.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count(),
               sent = seconds - std::chrono::duration<double>(Clock::duration(idle.load())).count();
  const PathTraffic after = s.object().path_traffic()[at];
  const double passed = double(after.bytes - before.bytes);
  std::printf("%.0f bytes in %.3f s, of which %.3f s busy; %llu packets over the rate, %zu CPUs\n", passed, seconds,
              sent, static_cast<unsigned long long>(after.over - before.over), cpus.size());
  EXPECT_GT(after.over, before.over);
  EXPECT_LE(passed, kRate * seconds * 1.02 + 2 * kBytes);
  EXPECT_GE(passed, kRate * sent * 0.98 - 2 * kBytes);
}

TEST(KernelPathAsked, Bpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  ask_much(program(), Role::path);
}

TEST(KernelPathAsked, BpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  ask_much(program_other(), Role::path);
}

TEST(KernelPath, Bpf) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program(), Role::path);
}

TEST(KernelPath, BpfByTheOtherCompiler) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program_other(), Role::path);
}

TEST(KernelPath, BpfByAJump) {
  WM_NEED(Cap::bpf);
  WM_NEED(Cap::netns);
  run_all(program(), Role::host);
}

}  // namespace
}  // namespace waymark::path_cases
