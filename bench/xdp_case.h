// Cases in the kernel: a site, a wrapper program and its null, run by BPF_PROG_TEST_RUN.
#pragma once

#include "bench/case.h"
#include "bench/plan.h"
#include "bench/site.h"

namespace waymark::bench {

constexpr u32 kXdpPass = 2, kXdpTx = 3;

std::span<const u8> bench_program();

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
  // Likewise of the flows in an index of the exact state.
  Result<u64> flows_touched(std::span<ExactBucket> index, u32 packets);

  // The frame that the user-space engine makes of the packet that ended as `frame`.
  Result<std::vector<u8>> expected(const std::vector<u8>& frame, bool rewritten = false) const;
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

// A case of one wrapper, each packet of which ends with the same verdict.
class WrapperCase : public Case {
 public:
  Result<double> run(bool null) override;

 protected:
  virtual u32 verdict() const { return kXdpTx; }
  Status measure_from_here();  // the end of prepare(): how long a run is, and what the counters say before the first
  const Object& object() const { return *wrapper_->site().object; }

  std::unique_ptr<Wrapper> wrapper_;
  u32 packets_ = 0;   // of a run
  u64 sent_ = 0;      // since measure_from_here()
  RunResult last_{};  // of all runs but the null's
  Counters before_;
};

// `seen`, where as many distinct flows are seen as so many draws among `flows` bring about; else a sentence.
Result<u64> as_drawn(u64 seen, u32 draws, u32 flows);

}  // namespace waymark::bench
