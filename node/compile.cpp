#include "node/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "core/pins.h"
#include "core/steer.h"
#include "node/translations.h"

namespace waymark {

namespace {

constexpr u32 kSeedTries = 10'000;

u32 zone_number(const std::string& name) { return zone_of(name.data(), u32(name.size())); }

// One front while it is being gathered.
struct FrontDraft {
  Role role = Role::count;
  u8 realm = 0;
  std::vector<Rule> rules;
};
struct FrontKey {
  Space space;
  Address address;
  bool operator<(const FrontKey& o) const {
    return std::tie(space, address.high, address.low) < std::tie(o.space, o.address.high, o.address.low);
  }
};
using Drafts = std::map<FrontKey, FrontDraft>;

// The front of an address. Nobody else has it: the configuration was checked for that.
FrontDraft& front(Drafts& drafts, Role role, Space space, const Address& address) {
  FrontDraft& draft = drafts[{space, address}];
  draft.role = role;
  return draft;
}

void add_rules(FrontDraft& draft, const std::vector<PortRange>& ports, u32 service) {
  for (const PortRange& range : ports)
    draft.rules.push_back(rule_of(u8(range.protocol), range.first, range.last, u16(service)));
}

// A fellow's rules say which services this host shares with it: ranges of their indices, and its number among fellows.
void add_shared_services(FrontDraft& draft, const HostConfig& host, const Address& fellow, u32 number) {
  for (u32 index = 0; index < host.service.size(); ++index) {
    const auto& hosts = host.service[index].hosts;
    if (std::find(hosts.begin(), hosts.end(), fellow) == hosts.end()) continue;
    if (!draft.rules.empty() && draft.rules.back().first + draft.rules.back().span + 1 == index)
      ++draft.rules.back().span;
    else
      draft.rules.push_back({index, 0, u16(number)});
  }
}

void gather_host(Drafts& drafts, const Config& config) {
  const HostConfig& host = *config.host;
  const auto add = [&](Space space, const Address& address) -> FrontDraft& {
    return front(drafts, Role::host, space, address);
  };
  for (u32 index = 0; index < host.service.size(); ++index)
    for (const Address& address : host.service[index].address)
      add_rules(add(kServed, address), host.service[index].ports, index);
  const std::vector<Address> fellows = fellows_of(host);
  for (const InterfaceConfig& interface : config.engine.interfaces) {
    const u32 zone = zone_number(interface.zone);
    for (const Address& address : host.address) add(space_of(zone), address);
    for (const Address& address : host.directors) add(space_of(zone, SpaceKind::director), address);
    for (u32 number = 0; number < fellows.size(); ++number) {
      FrontDraft& draft = add(space_of(zone, SpaceKind::fellow), fellows[number]);
      if (draft.rules.empty()) add_shared_services(draft, host, fellows[number], number);  // else a second interface
    }
  }
}

Drafts gather(const CompileInput& in) {
  Drafts drafts;
  if (in.config.host) gather_host(drafts, in.config);
  for (std::size_t i = 0; i < in.indices.size(); ++i) {
    const ServiceSpec& service = in.serves.service[i];
    for (const Address& address : service.address) {
      FrontDraft& draft = front(drafts, Role::director, space_of(zone_number(service.zone)), address);
      draft.realm = u8(service.realm);
      add_rules(draft, service.ports, in.indices[i]);
    }
  }
  if (in.config.translator)
    for (const Address& address : in.config.translator->address)
      front(drafts, Role::translator, space_of(zone_number(in.config.translator->zone)), address);
  return drafts;
}

Status write_fellows(Image& image, const CompileInput& in) {
  if (in.fellows.size() > kMaxFellows)
    return Error{fmt::format("{} other hosts are named; at most {} fit", in.fellows.size(), kMaxFellows)};
  for (const u32 slot : in.fellows) image.fellows.push_back({slot, 0});
  return Done{};
}

Status write_fronts(Image& image, Drafts drafts) {
  if (drafts.size() > kMaxFronts)
    return Error{fmt::format("{} addresses are configured; at most {} fit", drafts.size(), kMaxFronts)};
  for (auto& [key, draft] : drafts) {
    Front front{};
    front.address = key.address;
    front.space = key.space;
    front.role = u8(draft.role);
    front.realm = draft.realm;
    std::fill(std::begin(front.rule), std::end(front.rule), kNoRule);
    std::sort(draft.rules.begin(), draft.rules.end(), [](const Rule& a, const Rule& b) { return a.first < b.first; });
    if (draft.rules.size() <= kFrontRules) {
      std::copy(draft.rules.begin(), draft.rules.end(), front.rule);
    } else {
      if (image.rules.size() + draft.rules.size() > kMaxRules)
        return Error{fmt::format("more than {} port ranges are configured in all", kMaxRules)};
      front.index = u32(image.rules.size());
      front.rule_count = u16(draft.rules.size());
      image.rules.insert(image.rules.end(), draft.rules.begin(), draft.rules.end());
    }
    image.fronts.push_back(front);
  }
  return Done{};
}

// Tries seeds, in a fixed order, until no bucket overflows. Four ways and a quarter of the buckets per front: one seed
// in three does at the largest size, nearly every one at common sizes.
Status write_steer(Image& image) {
  const u32 bits = std::max<u32>(6, u32(std::bit_width(image.fronts.size())) + 2);
  image.settings.steer_bits = bits;
  for (u64 seed = 1; seed <= kSeedTries; ++seed) {
    image.steer.assign(std::size_t(1) << bits, SteerBucket{});
    bool fits = true;
    for (u32 i = 0; i < image.fronts.size() && fits; ++i) {
      const u64 hash = steer_hash(mix(seed), image.fronts[i].space, image.fronts[i].address);
      auto& ways = image.steer[hash >> (64 - bits)].way;
      u32* way = std::find(std::begin(ways), std::end(ways), 0u);
      fits = way != std::end(ways);
      if (fits) *way = u32(hash) << 16 | (i + 1);
    }
    image.settings.steer_seed = mix(seed);
    if (fits) return Done{};
  }
  return Error{fmt::format("no arrangement of {} addresses was found", image.fronts.size())};
}

bool accepts_tunnels(const Config& config, const InterfaceConfig& interface) {
  if (!config.host) return false;
  const auto& listed = config.host->interfaces;
  std::string name = interface.name;
  if (interface.outer_vlan) name += fmt::format(":{}", interface.outer_vlan);
  if (interface.inner_vlan) name += fmt::format(":{}", interface.inner_vlan);
  return listed.empty() || std::find(listed.begin(), listed.end(), name) != listed.end();
}

// As write_steer(): with as many buckets as slots, or up to twice as many, most seeds do at the largest size.
Status write_heirs(Image& image, std::span<const SharedSlot> shared) {
  if (shared.empty()) return Done{};
  const u32 bits = std::max<u32>(1, std::min(u32(std::bit_width(kMaxHeirs)) - 1, u32(std::bit_width(shared.size()))));
  for (u64 seed = 1; seed <= kSeedTries; ++seed) {
    image.heirs.assign(std::size_t(1) << bits, HeirBucket{});
    const bool fits = std::all_of(shared.begin(), shared.end(), [&](const SharedSlot& s) {
      auto& slots = image.heirs[heir_bucket(mix(seed), s.end, s.service, bits)].slot;
      u32* way = std::find(std::begin(slots), std::end(slots), 0u);
      if (way == std::end(slots)) return false;
      *way = s.slot;
      return true;
    });
    if (!fits) continue;
    image.settings.heir_bits = u8(bits);
    image.settings.heir_seed = mix(seed);
    return Done{};
  }
  return Error{fmt::format("no arrangement of {} targets that several services have was found", shared.size())};
}

// The interface's own, or what the configuration says instead.
u16 mtu_of(const Config& config, const InterfaceFacts& facts) {
  const auto& all = config.engine.mtu;
  const auto given = std::find_if(all.begin(), all.end(), [&](auto& m) { return m.interface == facts.name; });
  const u32 mtu = given == all.end() ? facts.mtu : facts.mtu ? std::min(facts.mtu, given->mtu) : given->mtu;
  return u16(std::min(mtu, 0xffffu));
}

Status write_ports(Image& image, const CompileInput& in) {
  std::vector<Port> ports;
  for (const InterfaceConfig& interface : in.config.engine.interfaces) {
    const auto facts = std::find_if(in.interfaces.begin(), in.interfaces.end(),
                                    [&](const InterfaceFacts& f) { return f.name == interface.name; });
    if (facts == in.interfaces.end()) continue;  // an image with it is made when it is there
    ports.push_back({facts->index, interface.outer_vlan, interface.inner_vlan, zone_number(interface.zone), facts->mac,
                     u8(accepts_tunnels(in.config, interface)), 0, mtu_of(in.config, *facts), 0});
  }
  for (u64 seed = 1; seed <= kSeedTries; ++seed) {
    image.ports.assign(1u << kPortBits, Port{});
    bool fits = true;
    for (const Port& port : ports) {
      Port& place = image.ports[port_hash(mix(seed), port.interface, port.outer_vlan, port.inner_vlan)];
      fits = fits && place.interface == 0;
      place = port;
    }
    image.settings.port_seed = mix(seed);
    if (fits) return Done{};
  }
  return Error{fmt::format("no arrangement of {} interfaces and VLANs was found", ports.size())};
}

Status check_zones(const Config& config, const Services& serves) {
  std::map<u32, std::string> names;
  auto add = [&](const std::string& name) -> Status {
    const u32 number = zone_number(name);
    if (const auto [known, is_new] = names.emplace(number, name); !is_new && known->second != name)
      return Error{fmt::format("the names of zones {} and {} have the same number; rename one", names[number], name)};
    return Done{};
  };
  for (const auto& interface : config.engine.interfaces) WM_TRY(add(interface.zone));
  for (const ServiceSpec& service : serves.service) WM_TRY(add(service.zone));
  if (config.translator) WM_TRY(add(config.translator->zone));
  return Done{};
}

// So many answers a second, and as many at once.
void set_limit(Settings& settings, AnswerKind kind, u32 per_second, u32 ticks_per_second) {
  const u64 second = u64(ticks_per_second) << 16;
  settings.answer_interval[u32(kind)] = per_second ? u32(std::max<u64>(1, second / per_second)) : 0;
  settings.answer_burst[u32(kind)] = per_second;
}

}  // namespace

std::vector<Address> fellows_of(const HostConfig& host) {
  std::vector<Address> all;
  for (const HostServiceConfig& service : host.service)
    for (const Address& address : service.hosts) {
      const auto is_own = [&](const Address& own) { return own == address; };
      const auto is_alike = [&](const Address& own) { return is_ip4(own) == is_ip4(address); };
      const auto& own = host.address;
      if (std::any_of(own.begin(), own.end(), is_own) || std::none_of(own.begin(), own.end(), is_alike)) continue;
      if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
    }
  return all;
}

u32 stamp_shift_for(u32 ticks_per_second) {
  u32 shift = 0;  // the smallest for which 2 h and a sweeper's delay fit into the stamps
  while ((u64(kStampMask - 24) << shift) < u64(7200) * ticks_per_second) ++shift;
  return shift;
}

u32 stamps_for(Duration idle, const Meta& meta) {
  const double ticks = std::chrono::duration<double>(idle).count() * meta.ticks_per_second;
  return std::max<u32>(1, u32(ticks / double(1u << meta.stamp_shift)) + 1);
}

Result<Image> compile(const CompileInput& in) {
  Image image;
  WM_TRY(check_zones(in.config, in.serves));
  Settings& settings = image.settings;
  PrefixTable prefixes;
  image.targets = in.meta.targets;
  std::copy(std::begin(in.meta.pin_key), std::end(in.meta.pin_key), settings.pin_key);
  settings.pin_buckets = in.config.engine.pins ? in.meta.pin_buckets : 0;
  settings.embryo_buckets = in.config.engine.pins ? in.meta.embryo_buckets : 0;
  settings.stamp_shift = in.meta.stamp_shift;
  settings.embryo_stamps = stamps_for(kEmbryoLifetime, in.meta);
  settings.stale_stamps = stamps_for(kClosingLifetime, in.meta);
  if (in.config.director) {
    const DirectorConfig& director = *in.config.director;
    settings.second_candidate = director.second_candidate;
    set_limit(settings, AnswerKind::reset, director.resets, in.meta.ticks_per_second);
    set_limit(settings, AnswerKind::unreachable, director.unreachables, in.meta.ticks_per_second);
  }
  if (in.config.translator) {
    const TranslatorConfig& translator = *in.config.translator;
    set_limit(settings, AnswerKind::error, translator.errors, in.meta.ticks_per_second);
    set_limit(settings, AnswerKind::echo, translator.echoes, in.meta.ticks_per_second);
    WM_TRY(add_settings(settings, translator, in.meta.ticks_per_second));
    WM_TRY(add_prefixes(prefixes, translator, in.natives));
  }
  image.roles = roles_of(in.config);
  image.first = first_role(in.config);
  settings.gue_port = in.config.host ? in.config.host->port : u16(0);

  u32 services = 0;
  for (std::size_t i = 0; i < in.indices.size(); ++i) {
    const ServiceSpec& service = in.serves.service[i];
    services = std::max(services, in.indices[i] + 1);
    const Duration longest = std::max(service.tcp_idle, service.udp_idle);
    settings.stale_stamps = std::max(settings.stale_stamps, stamps_for(longest, in.meta));
  }
  image.services.resize(services);
  for (std::size_t i = 0; i < in.indices.size(); ++i)
    image.services[in.indices[i]].affinity = u8(in.serves.service[i].affinity);

  WM_TRY(write_fellows(image, in));
  WM_TRY(write_heirs(image, in.shared));
  WM_TRY(write_fronts(image, gather(in)));
  WM_TRY(write_steer(image));
  WM_TRY(prefixes.write(image));
  WM_TRY(write_ports(image, in));
  return image;
}

}  // namespace waymark
