// The gateway's cases in the kernel: what each includes stands in bench_gateway.bpf.h.
#include "bench/gateway_case.h"

#include <algorithm>

#include "bench/translator_site.h"
#include "bench/xdp_case.h"
#include "core/tunnel.h"
#include "dataplane/pipeline.h"

namespace waymark::bench {

namespace {

constexpr u32 kOld = kPins / 10 * 9;  // flows that newcomers come to

class GatewayCase : public WrapperCase {
 public:
  explicit GatewayCase(const GatewaySpec& spec) : spec_(spec) {}

  Status prepare() override {
    const u32 open = begins() ? kOld : spec_.flows;
    arriving_ =
        spec_.alone ? packet_to_translate(false, Carried::tcp) : gateway_packet(spec_.way, spec_.tunnel, spec_.bits);
    auto made = Wrapper::make(gateway_site(open, spec_.tunnel, spec_.firewall, spec_.bits),
                              spec_.alone ? "wm_bench_firewall" : gateway_wrapper(spec_.way, spec_.tunnel), arriving_,
                              spec_.alone ? 0 : gateway_overhead(spec_.way, spec_.tunnel));
    if (!made) return made.error();
    wrapper_ = std::move(*made);
    WM_TRY(wrapper_->keep_ways(gateway_destinations()));
    if (asks()) {
      const auto ticks = wrapper_->ticks();
      if (!ticks) return ticks.error();
      const u32 in = open_flows(object().live(), settings(), *ticks, open);
      if (in != open && !(begins() && in > open - open / 10'000))
        return Error{std::to_string(in) + " of " + std::to_string(open) + " flows have room"};
    }
    if (asks() && !begins()) {  // each once, in turn
      before_ = object().counters();
      WM_TRY(wrapper_->plan(kOnce, open));
      const auto ran = wrapper_->run(open);
      if (!ran) return ran.error();
      WM_TRY(ended_as(open));
    }
    if (begins()) {
      WM_TRY(wrapper_->plan(kNew, 0, kTcpSyn));
      // No embryo's place is free when the measuring begins.
      const auto ran = wrapper_->run(4 * settings().firewall.embryo_buckets * kExactEmbryoWays);
      if (!ran) return ran.error();
    } else {
      WM_TRY(wrapper_->plan(kAmong, spec_.flows));
    }
    return measure_from_here();
  }

  Result<u64> check() override {
    WM_TRY(ended_as(sent_));
    if (!spec_.alone) WM_TRY(same_bytes());
    if (!begins()) return asks() ? flows_seen() : u64(spec_.flows);
    const u64 begun = object().counters().notes[u32(Note::flow_begun)] - before_.notes[u32(Note::flow_begun)];
    if (begun == sent_) return begun;
    return Error{std::to_string(begun) + " of " + std::to_string(sent_) + " packets began a flow"};
  }

 private:
  bool begins() const { return spec_.flows == 0; }
  bool asks() const { return spec_.firewall && spec_.way != GatewayWay::other; }
  const Settings& settings() const { return wrapper_->site().image.settings; }

  // The firewall alone ends nothing that it lets through.
  Status ended_as(u64 packets) const {
    const u64 wanted = spec_.alone ? 0 : packets;
    return all_ended_as(gateway_reason(spec_.way), wanted, packets, before_, object().counters());
  }

  Status same_bytes() const {
    if (last_.frame.size() != arriving_.size() + std::size_t(gateway_overhead(spec_.way, spec_.tunnel)))
      return Error{"the last packet's length is wrong"};
    std::vector<u8> arrived = arriving_;
    set_client(arrived, spec_.way, client_in(last_.frame, spec_.way, true));
    if (begins()) arrived[arrived.size() - 7] = kTcpSyn;
    const auto made = wrapper_->made_of(arrived);
    if (!made) return made.error();
    if (*made == arrived || *made != last_.frame)
      return Error{"the last packet's bytes are not those that the user-space engine makes of it"};
    return Done{};
  }

  Result<u64> flows_seen() {
    const u32 draws = 4 * std::max(spec_.flows, 1000u);
    const auto touched = wrapper_->flows_touched(object().live().flows, draws);
    if (!touched) return touched;
    return as_drawn(*touched, draws, spec_.flows);
  }

  GatewaySpec spec_;
  std::vector<u8> arriving_;
};

}  // namespace

std::unique_ptr<Case> make_gateway(const GatewaySpec& spec) { return std::make_unique<GatewayCase>(spec); }

const char* gateway_wrapper(GatewayWay way, Tunnel tunnel) {
  if (way != GatewayWay::out) return "wm_bench_reply";
  return tunnel == Tunnel::vxlan ? "wm_bench_tenant_vxlan" : "wm_bench_tenant";
}

int gateway_overhead(GatewayWay way, Tunnel tunnel) {
  const int header = int(tunnel_overhead(true, {u8(tunnel)})), shorter = int(sizeof(Ip6) - sizeof(Ip4));
  if (way == GatewayWay::other) return int(tunnel_overhead(true, {kTunnelIp}));
  return way == GatewayWay::back ? header - shorter : shorter - header;
}

SiteSpec gateway_site(u32 open, Tunnel tunnel, bool firewall, u32 bits) {
  SiteSpec site;
  site.gateway = true;
  site.firewall = firewall;
  site.bits = bits;
  site.tunnel = tunnel;
  site.pins = 0;
  site.flows = room_for(open);
  return site;
}

u16 gateway_reason(GatewayWay way) {
  if (way == GatewayWay::other) return gateway::why::onward.reason;
  return (way == GatewayWay::back ? gateway::why::to_ip4 : gateway::why::to_ip6).reason;
}

}  // namespace waymark::bench
