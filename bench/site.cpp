#include "bench/site.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "base/address_text.h"
#include "bench/edge_case.h"
#include "bench/gateway_site.h"
#include "bench/path_case.h"
#include "bench/translator_site.h"
#include "core/pins.h"
#include "core/tunnel.h"

namespace waymark::bench {

namespace {

using namespace std::chrono_literals;

constexpr const char *kClient6 = "2001:db8:c::", *kClient4 = "10.0.0.0", *kService4 = "198.51.100.80";
constexpr const char *kDirector6 = "2001:db8:d::1", *kDirector4 = "192.0.2.1", *kServer6 = "2001:db8:5::1",
                     *kFellow6 = "2001:db8:5::2";

Address ip(const std::string& written) { return *parse_address(written); }

Address service6(u32 n) { return ip(fmt::format("2001:db8:80::{:x}:{:x}", n / 0x1000 + 1, n % 0x1000)); }

std::vector<u8> tcp_packet(const Address& source, const Address& destination, u8 flags) {
  std::vector<u8> frame;
  const auto add = [&](const auto& header) {
    const u8* bytes = reinterpret_cast<const u8*>(&header);
    frame.insert(frame.end(), bytes, bytes + sizeof header);
  };
  const bool ip4 = is_ip4(destination);
  add(Ethernet{kOurs, kRouter, wire16(ip4 ? kEtherIp4 : kEtherIp6)});
  if (ip4) {
    add(Ip4{0x45, 0, wire16(40), {0}, wire16(0x4000), 64, kProtoTcp, {0}, ip4_of(source), ip4_of(destination)});
  } else {
    Ip6 header{wire32(6u << 28), wire16(20), kProtoTcp, 64, {}, {}};
    std::memcpy(header.source, &source, sizeof source);
    std::memcpy(header.destination, &destination, sizeof destination);
    add(header);
  }
  add(Tcp{wire16(40'000), wire16(80), wire32(1), wire32(1), 0x50, flags, wire16(1000), {0}, {0}});
  return frame;
}

// By the second one nothing comes or goes: it is for roles that want two zones.
std::vector<InterfaceFacts> interfaces() { return {{"lo", kInterface, kOurs, 1500}, {"wan0", 2, kOurs, 1500}}; }

Result<Image> start(Node& node, const SiteSpec& spec, Time now) {
  const std::vector<InterfaceFacts> here = interfaces();
  Result<Image> image = node.prepare(config_of(spec), here);
  if (!image) return image;
  node.commit(now);
  for (const Address& target : node.next_hops_wanted())
    node.on_next_hop({target, true, here[0].index, kRouter, kOurs, 1500, ""}, now);
  return image;
}

template <class V>
void copy(std::span<V> from, std::span<V> to) {
  std::copy_n(from.begin(), std::min(from.size(), to.size()), to.begin());
}

void copy(const Live& from, const Live& to) {
#define WM_COPY(NAME, RECORD, ENTRIES, CLASS) copy(from.NAME, to.NAME);
  WM_LIVE_TABLES(WM_COPY)
  WM_STATE_TABLES(WM_COPY)
#undef WM_COPY
}

}  // namespace

TableSizes sizes_of(const SiteSpec& spec) {
  return sizes_for(spec.pins, kUsualTargets, spec.flows, spec.edge_flows, 0, 0, spec.path == PathWay::ask ? 1'024 : 0);
}

Meta meta_of(const TableSizes& sizes, u32 ticks_per_second) {
  std::mt19937 random(1);
  return new_meta(sizes, ticks_per_second, [&] { return u32(random()); });
}

void own_all(const Live& live) {
  for (PinBucket& bucket : live.pins)
    for (u64& word : bucket.pin) word &= ~kAdopted;
}

Config config_of(const SiteSpec& spec) {
  Config config = spec.path == PathWay::none ? Config{} : path_config(spec.path);
  config.name = "bench";
  config.engine.adjacency_lifetime = 1h;  // no daemon renews it while we measure
  if (spec.path != PathWay::none) return config;
  config.engine.pins = spec.pins;
  config.engine.flows = spec.flows;
  config.engine.interfaces = {{"lo", 0, 0, "public"}};
  if (spec.translator) {
    config.translator = translator_config(spec.maps);
    return config;
  }
  if (spec.gateway) {
    add_gateway(config, spec);
    return config;
  }
  if (spec.edge_flows) {
    add_edge(config, spec);
    return config;
  }
  if (spec.host) {
    HostServiceConfig web{"web", {service6(0)}, {{Protocol::tcp, 80, 80}}, {}, {ip(kServer6), ip(kFellow6)}};
    config.host = HostConfig{{ip(kServer6)}, {ip(kDirector6)}, {}, 6080, {web}};
    return config;
  }
  config.director = DirectorConfig{{ip(kDirector6), ip(kDirector4)}};
  for (u32 i = 0; i < spec.services; ++i) {
    ServiceConfig service;
    service.name = fmt::format("service-{}", i);
    service.address = {spec.ip4 ? ip(kService4) : service6(i)};
    service.ports = {{Protocol::tcp, 80, 80}};
    for (u32 n = 1; n <= spec.targets; ++n) {
      TargetConfig target;
      target.name = fmt::format("s{}", n);
      target.address = ip(fmt::format("{}{}", spec.ip4 ? "192.0.2.10" : "2001:db8:5::", n));
      target.tunnel = spec.tunnel;
      service.target.push_back(target);
    }
    config.service.push_back(service);
  }
  return config;
}

std::vector<u8> client_packet(bool ip4, u8 flags) {
  return tcp_packet(ip(ip4 ? kClient4 : kClient6), ip4 ? ip(kService4) : service6(0), flags);
}

std::vector<u8> stranger_packet() { return tcp_packet(ip(kClient6), ip("2001:db8:99::"), kTcpAck); }

std::vector<u8> tunnelled_packet() {
  std::vector<u8> inner = client_packet(false, kTcpAck);
  Ip6 outer{wire32(6u << 28), wire16(u16(inner.size() - sizeof(Ethernet))), kProtoIp6, 64, {}, {}};
  const Address source = ip(kDirector6), destination = ip(kServer6);
  std::memcpy(outer.source, &source, sizeof source);
  std::memcpy(outer.destination, &destination, sizeof destination);
  const u8* bytes = reinterpret_cast<const u8*>(&outer);
  inner.insert(inner.begin() + sizeof(Ethernet), bytes, bytes + sizeof outer);
  return inner;
}

std::vector<u8> stray_packet() {
  std::vector<u8> inner = client_packet(false, kTcpAck), header(sizeof(Ip6) + kGueLength + sizeof(GueCandidate));
  const u32 carried = u32(inner.size() - sizeof(Ethernet));
  const u16 length = u16(kGueLength + sizeof(GueCandidate) + carried);
  const Ip6 outer{wire32(6u << 28), wire16(length), kProtoUdp, 64, {}, {}};
  const Udp udp{wire16(0xc000), wire16(6080), wire16(length), {0}};
  const Gue gue{kGueCandidateWords, kProtoIp6, {0}};
  const Address source = ip(kDirector6), destination = ip(kServer6), candidate = ip(kFellow6);
  u8* at = header.data();
  std::memcpy(at, &outer, sizeof outer);
  std::memcpy(at + 8, &source, sizeof source);
  std::memcpy(at + 24, &destination, sizeof destination);
  std::memcpy(at + sizeof outer, &udp, sizeof udp);
  std::memcpy(at + sizeof outer + sizeof udp, &gue, sizeof gue);
  at += sizeof outer + kGueLength;
  at[0] = kGueSecondCandidate;
  std::memcpy(at + 4, &candidate, sizeof candidate);
  inner.insert(inner.begin() + sizeof(Ethernet), header.begin(), header.end());
  return inner;
}

Result<std::unique_ptr<UserspaceSite>> UserspaceSite::make(const SiteSpec& spec) {
  auto site = std::make_unique<UserspaceSite>(sizes_of(spec));
  site->engine.live().meta[0] = meta_of(sizes_of(spec), 250);
  site->node = std::make_unique<Node>(site->engine.live(), Clock{0s, kUserspaceTicks, 250});
  const Result<Image> image = start(*site->node, spec, 0s);
  if (!image) return image.error();
  site->engine.load(*image);
  return site;
}

Result<std::unique_ptr<KernelSite>> KernelSite::make(const SiteSpec& spec, std::span<const u8> elf,
                                                     std::vector<std::string> programs) {
  auto userspace = UserspaceSite::make(spec);
  if (!userspace) return userspace.error();
  auto site = std::make_unique<KernelSite>();
  site->image = (*userspace)->engine.image();
  const auto jumps = [](const std::string& wrapper) { return wrapper.ends_with("_jumped"); };
  const bool jumped = std::any_of(programs.begin(), programs.end(), jumps);
  for (const ProgramEntry& p : kPrograms)
    if (site->image.roles & role_bit(p.role) && (jumped || p.place >= kMaxRoles)) programs.push_back(p.function);
  programs.push_back("wm_clock");
  Object::Options options;
  options.programs = std::move(programs);
  Result<Object> object = Object::load(elf, site->image, options);
  if (!object) return object.error();
  site->object = std::make_unique<Object>(std::move(*object));
  // The slots that the Image counts on; next hops and choices follow by the packets' own clock.
  const Live from = (*userspace)->engine.live(), to = site->object->live();
  copy(from.targets, to.targets);
  copy(from.slot_names, to.slot_names);
  to.meta[0] = from.meta[0];
  for (Target& target : to.targets) target.route = 0;
  const Result<Moment> moment = site->object->now();
  if (!moment) return moment.error();
  const Result<u32> rate = measure_ticks_per_second(*site->object);
  if (!rate) return rate.error();
  to.meta[0].ticks_per_second = *rate;
  site->node = std::make_unique<Node>(to, Clock{moment->at, moment->ticks, *rate});
  const Result<Image> again = start(*site->node, spec, site->now());
  if (!again) return again.error();
  return site;
}

Time KernelSite::now() const {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

std::unique_ptr<UserspaceEngine> KernelSite::twin() const {
  auto engine = std::make_unique<UserspaceEngine>(image.sizes());
  engine->load(image);
  engine->set_owner(
      [](std::span<const u8>, const Packet&) { return Owner::nobody; });  // nobody listens on port 80 here
  copy(object->live(), engine->live());
  return engine;
}

}  // namespace waymark::bench
