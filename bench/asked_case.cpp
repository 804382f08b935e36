// The case of a name server in XDP.
#include "bench/path_case.h"
#include "bench/xdp_case.h"
#include "dataplane/pipeline.h"
#include "dns/ways.h"
#include "node/asked.h"

namespace waymark::bench {

namespace {

constexpr u32 kSeconds = 1'700'000'000;

class AskedCase : public WrapperCase {
 public:
  Status prepare() override {
    SiteSpec site;
    site.pins = 0;
    site.path = PathWay::ask;
    auto made = Wrapper::make(site, "wm_bench_ask", question_, 0);
    if (!made) return made.error();
    wrapper_ = std::move(*made);
    const auto ticks = wrapper_->ticks();
    if (!ticks) return ticks.error();
    path::AskedPlan plan = path::asked_plan(path_config(PathWay::ask));
    std::vector<u64> words = asked_ways(plan, dns::DirectWays());
    AskedTables asked(wrapper_->site().object->live());
    asked.follow(std::move(plan), std::move(words));
    asked.set_cookies(kAskedCookies);
    asked.step(wrapper_->site().now(), *ticks, kSeconds);
    WM_TRY(wrapper_->plan_as_is());
    return measure_from_here();
  }

  Result<u64> check() override {
    WM_TRY(all_ended_as(path::why::answered.reason, sent_, sent_, before_, object().counters()));
    const auto made = wrapper_->made_of(question_);
    if (!made) return made.error();
    if (*made == question_ || *made != last_.frame)
      return Error{"the last answer's bytes are not those that the user-space engine makes of the question"};
    return 1;
  }

 private:
  const std::vector<u8> question_ = asking_packet(kSeconds - 100);
};

}  // namespace

std::unique_ptr<Case> make_asked() { return std::make_unique<AskedCase>(); }

}  // namespace waymark::bench
