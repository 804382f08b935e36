// What the kernel's own way costs where it does the edge's work: it routes each packet from one link to another, and
// translates its source by conntrack and nft. The same packets as of `xdp.edge.new`, in a network namespace of its own;
// the null is the same without rules.
#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/address_text.h"
#include "bench/edge_case.h"
#include "bench/xdp_case.h"

namespace waymark::bench {

namespace {

constexpr u32 kRun = 5'000;  // packets, each of them a connection that conntrack then has: it has room for 65,536
constexpr const char *kIn = "wm-in", *kOut = "wm-out";

// A network namespace, which is gone with it.
class Space {
 public:
  Space() {
    std::thread([&] {
      if (!unshare(CLONE_NEWNET)) fd_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    }).join();
  }
  ~Space() {
    if (fd_ >= 0) close(fd_);
  }
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;

  template <class F>
  Status in(const F& act) const {
    Status status = Error{"there is no network namespace"};
    if (fd_ >= 0)
      std::thread([&] {
        if (!setns(fd_, CLONE_NEWNET)) status = act();
      }).join();
    return status;
  }
  Status shell(const std::string& commands) const {
    return in([&]() -> Status {
      if (std::system(("set -e\n{ " + commands + "\n} >/dev/null 2>&1").c_str()) == 0) return Done{};
      return Error{"the kernel's side cannot be set up: " + commands};
    });
  }

 private:
  int fd_ = -1;
};

std::string links() {
  const Address to = edge_destinations(EdgeWay::begin, 1)[0];
  return fmt::format(
      R"(ip link add {0} type veth peer name wm-in1
ip link add {1} type veth peer name wm-out1
ip link set {0} address {2}
for link in {0} wm-in1 {1} wm-out1; do ip link set $link up; done
ip -6 address add fd00::1/64 dev {1} nodad
ip -6 route add {3}/128 dev {1}
ip -6 neighbour add {3} lladdr {4} dev {1} nud permanent
ip -6 route add 2001:db8:c::/48 dev {0}
sysctl -qw net.ipv6.conf.all.forwarding=1)",
      kIn, kOut, text(kOurs), text(to), text(kRouter));
}

// The packets' checksums are as made up as those of all cases.
constexpr const char* kRules = R"(sysctl -qw net.netfilter.nf_conntrack_checksum=0
nft add table ip6 edge
nft 'add chain ip6 edge out { type nat hook postrouting priority 100; }'
nft add rule ip6 edge out oifname wm-out counter snat to 2001:db8:f:1::1-2001:db8:f:1::ffff)";

class SnatCase : public Case {
 public:
  Status prepare() override {
    SiteSpec site;
    site.pins = 0;
    site.edge_flows = 1'000;
    auto made = Wrapper::make(site, "wm_bench_kernel", edge_packet(EdgeWay::begin), 0);
    if (!made) return made.error();
    wrapper_ = std::move(*made);
    WM_TRY(space_.shell(links()));
    return wrapper_->plan(kNew, 0, kTcpSyn);
  }

  Result<double> run(bool null) override {
    WM_TRY(space_.shell(null ? "nft flush ruleset" : kRules));
    double ns = 0;
    const u64 before = left();
    WM_TRY(space_.in([&] { return send(ns); }));
    const u64 went = left() - before;
    if (went < kRun) return Error{fmt::format("{} of {} packets left", went, kRun)};
    if (null) return ns;
    begun_ += kRun;
    WM_TRY(space_.shell(fmt::format("nft list ruleset | grep -q 'packets {} '", kRun)));  // each began a connection
    return ns;
  }

  Result<u64> check() override { return begun_; }

 private:
  Status send(double& ns) {
    std::vector<u8> frame = edge_packet(EdgeWay::begin);
    xdp_md context = {};
    context.data_end = u32(frame.size());
    context.ingress_ifindex = if_nametoindex(kIn);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_size_in = u32(frame.size()),
                .ctx_in = &context, .ctx_size_in = sizeof context, .repeat = int(kRun),
                .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);
    if (bpf_prog_test_run_opts(wrapper_->site().object->program("wm_bench_kernel"), &options))
      return Error{std::string("packets cannot be sent through the kernel: ") + strerror(errno)};
    ns = double(options.duration);
    return Done{};
  }

  u64 left() const {
    u64 packets = 0;
    (void)space_.in([&]() -> Status {
      std::ifstream all("/proc/thread-self/net/dev");
      for (std::string line; std::getline(all, line);)
        if (const std::size_t at = line.find(std::string(kOut) + ":"); at != std::string::npos) {
          std::istringstream fields(line.substr(at + std::strlen(kOut) + 1));
          for (u32 i = 0; i < 10; ++i) fields >> packets;  // the tenth: packets sent
        }
      return Done{};
    });
    return packets;
  }

  Space space_;
  std::unique_ptr<Wrapper> wrapper_;
  u64 begun_ = 0;
};

}  // namespace

std::unique_ptr<Case> make_kernel_snat() { return std::make_unique<SnatCase>(); }

}  // namespace waymark::bench
