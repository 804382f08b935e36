#include "lab/translator/box.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>

#include "lab/kit/loop.h"
#include "lab/kit/netns.h"

namespace waymark::lab {
namespace {

constexpr Duration kPatience = std::chrono::seconds(15);

class Waymark : public Box {
 public:
  Waymark(const TranslatorSite& site, const Tools& tools) : site_(site), tools_(tools), daemons_(site_, tools_) {}
  const char* name() const override { return "Waymark"; }

  Status up(bool outlives_us) override {
    daemons_.outlive_us = outlives_us;
    WM_TRY(site_.write_waymark());
    auto p = daemons_.start("t", tools_.waymark);
    if (!p) return p.error();
    daemon_ = std::move(*p);
    WM_TRY(daemons_.ready("t"));
    if (outlives_us) daemon_.release();
    return Done{};
  }

  Status down() override {
    WM_TRY(daemons_.down({"t"}));
    if (!daemon_.wait(kPatience)) return Error{"the daemon of t does not end"};
    return Done{};
  }

  Status kill() override {
    daemon_.signal(SIGKILL);
    if (daemon_.wait(kPatience) != 128 + SIGKILL) return Error{"the daemon of t had ended already"};
    return Done{};
  }

 private:
  const TranslatorSite& site_;
  const Tools& tools_;
  Daemons daemons_;
  Process daemon_;
};

class Tayga : public Box {
 public:
  explicit Tayga(const TranslatorSite& site) : site_(site) {}
  const char* name() const override { return "TAYGA"; }

  Status up(bool outlives_us) override {
    WM_TRY(site_.write_tayga());
    auto made = run({.netns = site_.netns("t"), .argv = {"tayga", "-c", site_.file("t.tayga"), "--mktun"}});
    if (!made) return made.error();
    WM_TRY(ip(site_.netns("t"),
              "link set dev nat64 up\nroute add 198.51.100.0/24 dev nat64\nroute add 192.0.2.0/24 dev nat64\n"
              "route add 2001:db8:64::/96 dev nat64\nroute add 2001:db8:1::/64 dev nat64\n"));
    auto p = Process::start({site_.netns("t"),
                             {"tayga", "-c", site_.file("t.tayga"), "--nodetach"},
                             site_.file("t.tayga.log"),
                             outlives_us});
    if (!p) return p.error();
    daemon_ = std::move(*p);
    if (outlives_us) daemon_.release();
    return Done{};
  }

  Status down() override {
    daemon_.signal(SIGTERM);
    if (!daemon_.wait(kPatience)) return Error{"TAYGA does not end"};
    return ip(site_.netns("t"), "link del nat64\n");
  }

  Status kill() override { return Error{"what TAYGA loses when it is killed is plain: everything"}; }

 private:
  const TranslatorSite& site_;
  Process daemon_;
};

}  // namespace

std::unique_ptr<Box> waymark_box(const TranslatorSite& site, const Tools& tools) {
  return std::make_unique<Waymark>(site, tools);
}

std::unique_ptr<Box> tayga_box(const TranslatorSite& site) { return std::make_unique<Tayga>(site); }

Status poll_without_merging(const std::string& netns, const std::string& interface) {
  const Inside inside(netns);
  if (!inside.entered()) return Error{fmt::format("namespace {} cannot be entered", netns)};
  bpf_insn pass[2] = {};
  pass[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  pass[0].imm = XDP_PASS;
  pass[1].code = BPF_JMP | BPF_EXIT;
  const int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "wm_lab_pass", "GPL", pass, 2, nullptr);
  const int attached =
      program < 0 ? program
                  : bpf_xdp_attach(int(if_nametoindex(interface.c_str())), program, XDP_FLAGS_DRV_MODE, nullptr);
  if (program >= 0) close(program);
  if (attached == 0) return Done{};
  return Error{fmt::format("no XDP program can be put on {} of {}: {}", interface, netns, std::strerror(-attached))};
}

}  // namespace waymark::lab
