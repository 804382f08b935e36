#include "lab/translator/box.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>

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

}  // namespace waymark::lab
