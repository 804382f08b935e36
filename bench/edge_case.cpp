// The edge's cases in the kernel: bench_edge.bpf.h.
#include "bench/edge_case.h"

#include <algorithm>

#include "bench/xdp_case.h"
#include "dataplane/pipeline.h"

namespace waymark::bench {

namespace {

class EdgeCase : public WrapperCase {
 public:
  EdgeCase(EdgeWay way, u32 flows) : way_(way), flows_(flows) {}

  Status prepare() override {
    SiteSpec site;
    site.pins = flows_;
    site.edge_flows = std::max(1'000u, flows_ / 4 * 5);  // they never move, and need more room than others
    auto made =
        Wrapper::make(site, way_ == EdgeWay::back ? "wm_bench_edge_back" : "wm_bench_edge_out", edge_packet(way_), 0);
    if (!made) return made.error();
    wrapper_ = std::move(*made);
    WM_TRY(wrapper_->keep_ways(edge_destinations(way_, flows_)));
    WM_TRY(open());
    WM_TRY(wrapper_->plan(begins() ? kNew : kAmong, flows_, begins() ? kTcpSyn : kTcpAck));
    if (way_ == EdgeWay::flood) {  // no way is free when the measuring begins
      const auto ran = wrapper_->run(2 * kPins);
      if (!ran) return ran.error();
    }
    WM_TRY(measure_from_here());
    if (way_ == EdgeWay::begin) packets_ = std::min(packets_, flows_ / 16);  // a part of the room that is left
    return Done{};
  }

  Result<double> run(bool null) override {
    if (way_ == EdgeWay::back) WM_TRY(renew(0));
    Live live = object().live();
    if (way_ == EdgeWay::begin) end_half_open(live);
    return WrapperCase::run(null);
  }

  Result<u64> check() override {
    const std::vector<u8> arrived = edge_arrived(way_, object().live(), last_.frame);
    const auto made = wrapper_->made_of(arrived);
    if (!made) return made.error();
    if (*made == arrived || *made != last_.frame)
      return Error{"the last packet's bytes are not those that the user-space engine makes of it"};
    if (!begins()) {
      WM_TRY(all_ended_as((way_ == EdgeWay::back ? edge::why::back : edge::why::out).reason, sent_, sent_, before_,
                          object().counters()));
      return flows_seen();
    }
    return flows_begun();
  }

 private:
  bool begins() const { return way_ == EdgeWay::begin || way_ == EdgeWay::flood; }
  const Settings& settings() const { return wrapper_->site().image.settings; }

  Status open() {
    const auto ticks = wrapper_->ticks();
    if (!ticks) return ticks.error();
    Live live = object().live();
    const std::vector<u64> own = open_edge_flows(live, settings(), *ticks, flows_);
    const auto out = u32(std::count(own.begin(), own.end(), u64(0)));
    if (out > (begins() ? flows_ / 1'000 : 0))
      return Error{std::to_string(out) + " of " + std::to_string(flows_) + " flows have no room"};
    for (u32 n = 0; n < own.size(); ++n) live.pins[n / kPinWays].pin[n % kPinWays] = own[n];
    return Done{};
  }

  // Nearly each packet begins one: where all ways that it may have are of open flows, none.
  Result<u64> flows_begun() const {
    const Counters after = object().counters();
    const u64 begun = after.notes[u32(Note::edge_flow_begun)] - before_.notes[u32(Note::edge_flow_begun)];
    const u16 full = edge::why::table_full.reason;
    if (begun + after.reasons[full] - before_.reasons[full] == sent_ && begun >= sent_ - sent_ / 1'000) return begun;
    return Error{std::to_string(begun) + " of " + std::to_string(sent_) + " packets began a flow"};
  }

  Status renew(u32 stamps_ago) {
    const auto ticks = wrapper_->ticks();
    if (!ticks) return ticks.error();
    Live live = object().live();
    renew_edge_flows(live, (*ticks >> settings().stamp_shift) - stamps_ago);
    return Done{};
  }

  // Replies look into the index once a stamp.
  Result<u64> flows_seen() {
    const u32 draws = 4 * std::max(flows_, 1000u);
    if (way_ == EdgeWay::back) WM_TRY(renew(5));
    const auto touched = wrapper_->flows_touched(object().live().edge_flows, draws);
    if (!touched) return touched;
    return as_drawn(*touched, draws, flows_);
  }

  EdgeWay way_;
  u32 flows_;
};

}  // namespace

std::unique_ptr<Case> make_edge(EdgeWay way, u32 flows) { return std::make_unique<EdgeCase>(way, flows); }

}  // namespace waymark::bench
