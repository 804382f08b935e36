// What happens at a POP in the kernel's build, by each of the two compilers.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "engine/xdp/program.h"
#include "tests/kit/kernel_translator.h"
#include "tests/kit/need.h"
#include "tests/path/site.h"

namespace waymark::path_cases {
namespace {

// Packets go to the kernel's program. The user-space engine tells the ways, as in a test run the kernel has no routes.
class KernelSite : public PathSite {
 public:
  KernelSite(u32 id, std::span<const u8> elf, Role first) : PathSite(id) {
    Image image = scene().engine().image();
    image.first = first;
    kernel_ = std::make_unique<KernelTranslator>(elf, image);
    const std::string mine = client(1), web_one = client(1, 5, web);
    for (const std::string& to : {mine, web_one}) {
      PathSite::receive(tunnelled(pop(2), pop(id), packet(server("1,2,3", to), to, syn_ack()), 64), 1);
      PathSite::receive(packet(to, server("1,2,3", to), syn(), 1), 2);
    }
    kernel_->learn(scene().engine().live().ways);
    const Live from = scene().engine().live(), to = kernel_->live();
    std::ranges::copy(from.targets, to.targets.begin());
    std::ranges::copy(from.adjacencies, to.adjacencies.begin());
    for (Adjacency& a : to.adjacencies) a.valid_until = kernel_->now() + (1u << 28);
    std::ranges::fill(to.limits, 0);
  }
  Left receive(const Bytes& packet, u32 interface) override {
    const Bytes frame = packets::frame(packet, {.destination = "02:57:00:00:00:0" + std::to_string(interface)});
    const Ended ended = kernel_->run(frame, interface, 256, 0);
    Left left = {reason_text(ended.verdict.reason)->name, {}, ended.out_interface};
    if (ended.verdict.action == Action::forward) left.packet.assign(ended.frame.begin() + 14, ended.frame.end());
    return left;
  }
  Live live() override { return kernel_->live(); }
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
