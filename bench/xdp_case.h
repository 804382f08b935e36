// Cases in the kernel: a site, a wrapper program and its null, run by BPF_PROG_TEST_RUN.
#pragma once

#include "bench/case.h"
#include "bench/plan.h"
#include "bench/site.h"

namespace waymark::bench {

std::span<const u8> bench_program();

// What a run of a wrapper leaves behind.
struct RunResult {
  double ns;  // a packet
  u32 verdict;
  std::vector<u8> frame;
};

// A kernel site with one wrapper and its null.
class Wrapper {
 public:
  // `frame` is what arrives; `overhead` how much shorter (director) it is than what leaves, or longer (host). A wrapper
  // "..._jumped" is loaded with the program of the site's role, which it jumps to.
  static Result<std::unique_ptr<Wrapper>> make(const SiteSpec& spec, const std::string& program, std::vector<u8> frame,
                                               int overhead);
  // The order of the flows from here on, and the packets' TCP flags.
  Status plan(u32 order, u32 flows, u8 tcp_flags = 0x10);
  // From here on the frame as it is; or to a random one of so many destinations that the program knows.
  Status plan_as_is(u32 destinations = 1);
  Status write(const char* section, const void* bytes);  // one of the program's variables
  Result<RunResult> run(u32 packets, bool null = false);

  // Pins flows 0 to `flows`, proven.
  Status pin(u32 flows);
  // How many flows a run of so many packets finds the pins of: each found pin is marked by the time of its packet.
  Result<u64> pins_touched(u32 packets);
  u64 pins_in_use() const;

  // The frame that the user-space engine makes of the packet that ended as `frame`.
  Result<std::vector<u8>> expected(const std::vector<u8>& frame) const;
  // That it makes of the packet that arrives.
  Result<std::vector<u8>> made_of(std::span<const u8> arriving) const;

  KernelSite& site() { return *site_; }

 private:
  Result<Plan> plan_of(u32 order, u32 flows) const;

  std::unique_ptr<KernelSite> site_;
  std::string program_;
  std::vector<u8> arriving_;
  int overhead_ = 0;
};

}  // namespace waymark::bench
