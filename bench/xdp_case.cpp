#include "bench/xdp_case.h"

#include <algorithm>

#include "bench/dns_case.h"
#include "bench/edge_case.h"
#include "bench/exact_case.h"
#include "bench/gateway_case.h"
#include "bench/path_case.h"
#include "bench/signal_case.h"
#include "bench/translator_case.h"
#include "dataplane/pipeline.h"

namespace waymark::bench {

namespace {

enum class Path { pass, hit, fresh, decap, decap_jumped, pass_on };

struct Spec {
  Path path;
  SiteSpec site;
  u32 flows = 1;
};

int overhead_of(const Spec& spec) {
  if (spec.path == Path::pass) return 0;
  if (spec.path == Path::decap || spec.path == Path::decap_jumped) return -int(tunnel_overhead(true, {kTunnelIp}));
  if (spec.path == Path::pass_on) return -int(sizeof(GueCandidate));
  return int(tunnel_overhead(!spec.site.ip4, {u8(spec.site.tunnel)}));
}

class XdpCase : public WrapperCase {
 public:
  explicit XdpCase(const Spec& spec) : spec_(spec) {}

  Status prepare() override {
    const bool pass = spec_.path == Path::pass, decap = decaps(), pass_on = spec_.path == Path::pass_on;
    auto wrapper = Wrapper::make(spec_.site,
                                 pass             ? "wm_bench_pass"
                                 : decap          ? jumped() ? "wm_bench_host_jumped" : "wm_bench_host"
                                 : pass_on        ? "wm_bench_stray"
                                 : spec_.site.ip4 ? "wm_bench_direct4"
                                                  : "wm_bench_direct6",
                                 pass      ? stranger_packet()
                                 : decap   ? tunnelled_packet()
                                 : pass_on ? stray_packet()
                                           : client_packet(spec_.site.ip4, kTcpAck),
                                 overhead_of(spec_));
    if (!wrapper) return wrapper.error();
    wrapper_ = std::move(*wrapper);
    if (spec_.path == Path::hit && spec_.site.pins) WM_TRY(wrapper_->pin(spec_.flows));
    if (spec_.path == Path::fresh) {
      WM_TRY(fill());  // and goes on with new flows
    } else {
      WM_TRY(wrapper_->plan(kAmong, spec_.flows));
    }
    WM_TRY(measure_from_here());
    traffic_before_ = traffic();
    return Done{};
  }

  Result<u64> check() override {
    const u16 reason = (spec_.path == Path::pass ? steer::why::not_ours
                        : decaps()               ? host::why::delivered
                                                 : forward::why::sent)
                           .reason;
    WM_TRY(all_ended_as(reason, sent_, sent_, before_, object().counters()));
    const auto expected = wrapper_->expected(last_.frame, spec_.site.tunnel == Tunnel::rewrite);
    if (!expected) return expected.error();
    if (*expected != last_.frame)
      return Error{"the last packet's bytes are not those that the user-space engine makes of it"};
    return flows();
  }

 private:
  bool jumped() const { return spec_.path == Path::decap_jumped; }
  bool decaps() const { return spec_.path == Path::decap || jumped(); }
  u32 verdict() const override { return spec_.path == Path::pass || decaps() ? kXdpPass : kXdpTx; }

  TargetCounters traffic() const {
    TargetCounters sum{};
    for (const TargetCounters& t : wrapper_->site().object->target_traffic(16))
      sum.packets += t.packets, sum.bytes += t.bytes, sum.flows += t.flows;
    return sum;
  }

  // Nine tenths of all pins, every second of them idle for longer than any service allows; and no embryo's place free.
  Status fill() {
    WM_TRY(wrapper_->pin(kPins / 10 * 9));
    const auto now = wrapper_->ticks();
    if (!now) return now.error();
    const Settings& settings = wrapper_->site().image.settings;
    const u32 stale = ((*now >> settings.stamp_shift) - settings.stale_stamps - 2) & kStampMask;
    u32 n = 0;
    for (PinBucket& bucket : wrapper_->site().object->live().pins)
      for (u64& word : bucket.pin)
        if (word && ++n % 2) {
          Pin pin = unpack(word);
          pin.stamp = stale;
          word = pack(pin);
        }
    WM_TRY(wrapper_->plan(kNew, 0, kTcpSyn));
    const auto ran = wrapper_->run(2 * kPins);
    return ran ? Status(Done{}) : ran.error();
  }

  // How many distinct flows the runs saw, or a sentence where they are not those that the case is about.
  Result<u64> flows() {
    if (spec_.path == Path::pass || spec_.site.host) return u64(spec_.flows);
    const TargetCounters after = traffic();
    const u64 packets = after.packets - traffic_before_.packets, fresh = after.flows - traffic_before_.flows;
    if (packets != sent_)
      return Error{"the targets' counters saw " + std::to_string(packets) + " packets of " + std::to_string(sent_)};
    if (spec_.path == Path::fresh)
      return fresh == sent_ ? Result<u64>(fresh)
                            : Error{std::to_string(fresh) + " of " + std::to_string(sent_) + " packets began a flow"};
    if (fresh) return Error{std::to_string(fresh) + " packets were taken for new flows"};
    if (!spec_.site.pins) return u64(spec_.flows);
    const u32 draws = 4 * std::max(spec_.flows, 1000u);
    const auto touched = wrapper_->pins_touched(draws);
    if (!touched) return touched;
    return as_drawn(*touched, draws, spec_.flows);
  }

  Spec spec_;
  TargetCounters traffic_before_{};
};

template <Path path, u32 flows, u32 services = 1, Tunnel tunnel = Tunnel::ip, bool ip4 = false>
std::unique_ptr<Case> make() {
  return std::make_unique<XdpCase>(Spec{path, {services, ip4, tunnel, path >= Path::decap, room_for(flows)}, flows});
}

// The edge's servers' side, without pins: any of 65,536 flows to the one target, or to that of the consistent choice.
template <u32 targets>
std::unique_ptr<Case> stateless() {
  SiteSpec site;
  site.tunnel = Tunnel::rewrite;
  site.pins = 0;
  site.targets = targets;
  return std::make_unique<XdpCase>(Spec{Path::hit, site, 65'536});
}

}  // namespace

std::unique_ptr<Case> make_userspace(u32 flows);
template <u32 flows>
std::unique_ptr<Case> userspace() {
  return make_userspace(flows);
}

template <bool whole, bool ip6, Carried carried = Carried::tcp, u32 maps = 0, bool jumped = false>
std::unique_ptr<Case> translator() {
  return make_translator({whole, ip6, carried, maps, jumped});
}
template <bool whole, bool ip6>
std::unique_ptr<Case> userspace_translation() {
  return make_userspace_translation(whole, ip6);
}

template <GatewayWay way, u32 flows = 1, Tunnel tunnel = Tunnel::ip, bool firewall = true>
std::unique_ptr<Case> gateway_role() {
  return make_gateway({way, flows, tunnel, firewall});
}
template <GatewayWay way, u32 bits, u32 flows = 1>
std::unique_ptr<Case> gateway_bits() {
  return make_gateway({.way = way, .flows = flows, .bits = bits});
}
template <u32 flows>
std::unique_ptr<Case> firewall_alone() {
  return make_gateway({.way = GatewayWay::out, .flows = flows, .alone = true});
}
template <GatewayWay way, u32 flows>
std::unique_ptr<Case> userspace_gateway() {
  return make_userspace_gateway(way, flows);
}

template <EdgeWay way, u32 flows>
std::unique_ptr<Case> edge_role() {
  return make_edge(way, flows);
}

template <PathWay way>
std::unique_ptr<Case> path_role() {
  return make_path(way);
}

template <ExactWay way, u32 flows = 0, bool ip6 = false>
std::unique_ptr<Case> exact() {
  return make_exact({way, flows, ip6});
}
template <u32 flows>
std::unique_ptr<Case> userspace_exact() {
  return make_userspace_exact(flows);
}

const std::vector<NamedCase>& all_cases() {
  constexpr GatewayWay out = GatewayWay::out, back = GatewayWay::back;
  static const std::vector<NamedCase> cases = {
      {"xdp.pass.services_1", true, make<Path::pass, kAnyFlows>, 15},
      {"xdp.pass.services_10000", true, make<Path::pass, kAnyFlows, 10'000>, 25},
      {"xdp.director.hit_1", true, make<Path::hit, 1>, 25},
      {"xdp.director.hit_1_gue", true, make<Path::hit, 1, 1, Tunnel::gue>, 37},
      {"xdp.director.hit_1_ip4", true, make<Path::hit, 1, 1, Tunnel::ip, true>, 25},
      {"xdp.director.rewrite", true, make<Path::hit, 1, 1, Tunnel::rewrite>, 35},
      {"xdp.director.hit_64k", true, make<Path::hit, 65'536>, 75},
      {"xdp.director.hit_1m", true, make<Path::hit, 1'000'000>, 190},
      {"xdp.director.new", true, make<Path::fresh, kAnyFlows>, 180},
      {"xdp.host.decap", true, make<Path::decap, 1>, 20},
      {"xdp.host.decap_jumped", true, make<Path::decap_jumped, 1>, 33},
      {"xdp.host.pass_on", true, make<Path::pass_on, 1>, 100},
      {"xdp.translate.4to6.tcp", true, translator<false, false, Carried::tcp>, 30},
      {"xdp.translate.4to6.udp", true, translator<false, false, Carried::udp>, 30},
      {"xdp.translate.4to6.echo", true, translator<false, false, Carried::echo>, 35},
      {"xdp.translate.4to6.error", true, translator<false, false, Carried::error>, 60},
      {"xdp.translate.6to4.tcp", true, translator<false, true, Carried::tcp>, 30},
      {"xdp.translate.6to4.udp", true, translator<false, true, Carried::udp>, 30},
      {"xdp.translate.6to4.echo", true, translator<false, true, Carried::echo>, 35},
      {"xdp.translate.6to4.error", true, translator<false, true, Carried::error>, 60},
      {"xdp.translator.role", true, translator<true, false>, 55},
      {"xdp.translator.role_jumped", true, translator<true, false, Carried::tcp, 0, true>, 66},
      {"xdp.translator.role_6to4", true, translator<true, true>, 55},
      {"xdp.translator.map_10k", true, translator<true, false, Carried::tcp, 10'000>, 100},
      {"xdp.gateway.4to6.hit_1", true, gateway_role<out, 1>, 75},
      {"xdp.gateway.4to6.hit_64k", true, gateway_role<out, 65'536>, 125},
      {"xdp.gateway.4to6.hit_1m", true, gateway_role<out, 1'000'000>, 165},
      {"xdp.gateway.4to6.new", true, gateway_role<out, 0>, 185},
      {"xdp.gateway.4to6.open", true, gateway_role<out, 1, Tunnel::ip, false>, 55},
      {"xdp.gateway.4to6.dscp", true, gateway_bits<out, 1>, 78},
      {"xdp.gateway.4to6.bits", true, gateway_bits<out, 3>, 84},
      {"xdp.gateway.4to6.bits_new", true, gateway_bits<out, 3, 0>, 225},
      {"xdp.gateway.4to6.vxlan", true, gateway_role<out, 1, Tunnel::vxlan>, 93},
      {"xdp.gateway.6to4.hit_1", true, gateway_role<back, 1>, 75},
      {"xdp.gateway.6to4.hit_64k", true, gateway_role<back, 65'536>, 125},
      {"xdp.gateway.6to4.hit_1m", true, gateway_role<back, 1'000'000>, 165},
      {"xdp.gateway.6to4.open", true, gateway_role<back, 1, Tunnel::ip, false>, 55},
      {"xdp.gateway.6to4.dscp", true, gateway_bits<back, 1>, 78},
      {"xdp.gateway.6to4.bits", true, gateway_bits<back, 3>, 84},
      {"xdp.gateway.6to4.vxlan", true, gateway_role<back, 1, Tunnel::vxlan>, 100},
      {"xdp.gateway.other", true, gateway_role<GatewayWay::other>, 45},
      {"xdp.firewall.hit_1", true, firewall_alone<1>, 20},
      {"xdp.firewall.hit_64k", true, firewall_alone<65'536>, 70},
      {"xdp.firewall.hit_1m", true, firewall_alone<1'000'000>, 110},
      {"xdp.firewall.new", true, firewall_alone<0>, 130},
      {"xdp.edge.out.hit_1", true, edge_role<EdgeWay::out, 1>, 45},
      {"xdp.edge.out.hit_64k", true, edge_role<EdgeWay::out, 65'536>, 95},
      {"xdp.edge.out.hit_1m", true, edge_role<EdgeWay::out, 1'000'000>, 135},
      {"xdp.edge.back.hit_1", true, edge_role<EdgeWay::back, 1>, 40},
      {"xdp.edge.back.hit_64k", true, edge_role<EdgeWay::back, 65'536>, 75},
      {"xdp.edge.back.hit_1m", true, edge_role<EdgeWay::back, 1'000'000>, 105},
      {"xdp.edge.new", true, edge_role<EdgeWay::begin, 50'000>, 160},
      {"xdp.edge.new_1m", true, edge_role<EdgeWay::begin, 1'000'000>, 500},
      {"xdp.edge.new_in_a_flood", true, edge_role<EdgeWay::flood, 1'000'000>, 700},
      {"kernel.snat.new", true, make_kernel_snat, 10'000},
      {"xdp.edge.server.one", true, stateless<1>, 30},
      {"xdp.edge.server.choice", true, stateless<2>, 38},
      {"xdp.path.forward", true, path_role<PathWay::forward>, 42},
      {"xdp.path.tunnel", true, path_role<PathWay::tunnel>, 60},
      {"xdp.path.entry_address", true, path_role<PathWay::entry_address>, 72},
      {"xdp.path.entry_pair", true, path_role<PathWay::entry_pair>, 82},
      {"xdp.dns.personal", true, make_asked, 250},
      {"xdp.address.tag", true, make_tag, 30},
      {"xdp.exact.hit_1", true, exact<ExactWay::hit, 1>, 15},
      {"xdp.exact.hit_64k", true, exact<ExactWay::hit, 65'536>, 60},
      {"xdp.exact.hit_1m", true, exact<ExactWay::hit, 1'000'000>, 110},
      {"xdp.exact.hit_1m_ip6", true, exact<ExactWay::hit, 1'000'000, true>, 120},
      {"xdp.exact.unknown", true, exact<ExactWay::unknown>, 60},
      {"xdp.exact.new", true, exact<ExactWay::fresh>, 150},
      {"xdp.exact.insert", true, exact<ExactWay::insert>, 180},
      {"xdp.exact.full", true, exact<ExactWay::full>, 300},
      {"userspace.director.hit_1", false, userspace<1>, 25},
      {"userspace.director.hit_1m", false, userspace<1'000'000>, 80},
      {"userspace.translate.4to6", false, userspace_translation<false, false>, 14},
      {"userspace.translate.6to4", false, userspace_translation<false, true>, 16},
      {"userspace.translator.role", false, userspace_translation<true, false>, 45},
      {"userspace.gateway.4to6.hit_1", false, userspace_gateway<out, 1>, 75},
      {"userspace.gateway.4to6.hit_1m", false, userspace_gateway<out, 1'000'000>, 165},
      {"userspace.gateway.6to4.hit_1", false, userspace_gateway<back, 1>, 75},
      {"userspace.gateway.6to4.hit_1m", false, userspace_gateway<back, 1'000'000>, 165},
      {"userspace.path.forward", false, make_userspace_path, 35},
      {"dns.personal", false, make_dns, 1'000},
      {"signal.verify", false, make_signal_verify, 400},
      {"signal.update", false, make_signal_update, 700},
      {"userspace.exact.hit_1", false, userspace_exact<1>, 12},
      {"userspace.exact.hit_1m", false, userspace_exact<1'000'000>, 80},
  };
  return cases;
}

}  // namespace waymark::bench
