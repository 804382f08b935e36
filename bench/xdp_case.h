// Cases in the kernel: a site, a wrapper program and its null, run by BPF_PROG_TEST_RUN.
#pragma once

#include "bench/case.h"
#include "bench/plan.h"
#include "bench/site.h"

namespace waymark::bench {

constexpr u32 kXdpPass = 2, kXdpTx = 3;

std::span<const u8> bench_program();
Error wrong_verdict(u32 verdict, u32 wanted);

// That from `before` to `after` so many packets ended for this reason, and none for another. `packets`: that ran.
Status all_ended_as(u16 reason, u64 wanted, u64 packets, const Counters& before, const Counters& after);

// What a run of a wrapper leaves behind.
struct RunResult {
  double ns;  // a packet
  u32 verdict;
  std::vector<u8> frame;
};

// A kernel site with one wrapper and its null.
class Wrapper {
 public:
  // `frame` is what arrives; `overhead` how much shorter (director) it is than what leaves, or longer (host). `another`
  // is loaded besides, for beside().
  static Result<std::unique_ptr<Wrapper>> make(const SiteSpec& spec, const std::string& program, std::vector<u8> frame,
                                               int overhead, const std::string& another = "");
  // Another wrapper of the same site. Of all, the one that planned last can be run.
  std::unique_ptr<Wrapper> beside(const std::string& program, std::vector<u8> frame, int overhead) const;
  // The order of the flows from here on, and the packets' TCP flags. `first`: how many packets have been.
  Status plan(u32 order, u32 flows, u8 tcp_flags = 0x10, u64 first = 0);
  // From here on the frame as it is; or to a random one of so many destinations that the program knows.
  Status plan_as_is(u32 destinations = 1);
  Status write(const char* section, const void* bytes);  // one of the program's variables
  Result<RunResult> run(u32 packets, bool null = false);

  Result<u32> length_of_run();  // in packets, by what a thousand take
  Result<u32> ticks() const;    // now, by the packets' clock

  // The ways to these destinations: no packet asks the kernel's routes from here on.
  Status keep_ways(std::span<const Address> destinations);

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
  void set(const std::string& program, std::vector<u8> frame, int overhead);
  Result<Plan> plan_of(u32 order, u32 flows) const;

  std::shared_ptr<KernelSite> site_;
  std::string program_;
  std::vector<u8> arriving_;
  int overhead_ = 0;
};

}  // namespace waymark::bench
