#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <map>

#include "lab/kit/netns.h"
#include "lab/kit/stage.h"
#include "lab/tenants/gateways.h"

namespace waymark::lab {
namespace {

constexpr Duration kPatience = std::chrono::seconds(15);

class WaymarkGateways : public Gateways {
 public:
  WaymarkGateways(const TenantsSite& site, const Tools& tools, const Daemons& daemons)
      : site_(site), tools_(tools), daemons_(daemons) {}

  Status start(const std::string& gateway, const Standing& standing) override {
    WM_TRY(site_.write_gateway(gateway, standing));
    auto p = daemons_.start(gateway, tools_.waymark);
    if (!p) return p.error();
    all_[gateway] = std::move(*p);
    return daemons_.ready(gateway);
  }

  Status change(const std::string& gateway, const Standing& standing) override {
    WM_TRY(site_.write_gateway(gateway, standing));
    auto said = daemons_.ask(gateway, {"reload"});
    return said ? Status(Done{}) : Status(said.error());
  }

  bool agree() const override { return true; }
  Status take(const std::string& gateway, u32 id) override {
    auto said = daemons_.ask(gateway, {"gateway", "take", std::to_string(id)});
    return said ? Status(Done{}) : Status(said.error());
  }

  Status kill(const std::string& gateway) override {
    all_[gateway].signal(SIGKILL);
    if (all_[gateway].wait(kPatience) != 128 + SIGKILL)
      return Error{fmt::format("the daemon of {} had ended already", gateway)};
    return Done{};
  }

  Status stop(const std::string& gateway) override {
    WM_TRY(daemons_.down({gateway}));
    if (!all_[gateway].wait(kPatience)) return Error{fmt::format("the daemon of {} does not end", gateway)};
    return Done{};
  }

  Status forget(const std::string& gateway) override {
    forget_instance(site_.instance(gateway));
    return Done{};
  }

  void release() override {
    for (auto& [gateway, daemon] : all_) daemon.release();
  }

 private:
  const TenantsSite& site_;
  const Tools& tools_;
  const Daemons& daemons_;
  std::map<std::string, Process> all_;
};

}  // namespace

std::unique_ptr<Gateways> waymark_gateways(const TenantsSite& site, const Tools& tools, const Daemons& daemons) {
  return std::make_unique<WaymarkGateways>(site, tools, daemons);
}

}  // namespace waymark::lab
