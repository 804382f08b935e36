#include "node/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "core/memo.h"
#include "core/pins.h"
#include "core/steer.h"
#include "roles/role.h"

namespace waymark {

namespace {

constexpr u32 kSeedTries = 10'000;

// Prefixes are found by the table of theirs, addresses by write_steer().
Status write_fronts(Image& image, PrefixTable& prefixes, Fronts drafts) {
  if (drafts.size() > kMaxFronts)
    return Error{fmt::format("{} addresses are configured; at most {} fit", drafts.size(), kMaxFronts)};
  for (auto& [key, draft] : drafts) {
    Front front{};
    front.address = key.prefix.address;
    front.space = key.space;
    front.role = u8(draft.role);
    front.realm = draft.realm;
    std::fill(std::begin(front.rule), std::end(front.rule), kNoRule);
    std::sort(draft.rules.begin(), draft.rules.end(), [](const Rule& a, const Rule& b) { return a.first < b.first; });
    front.index = draft.index;
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
    if (is_one(key.prefix)) continue;
    Mapping mapping = plain_mapping(key.prefix, key.space, front.role);
    mapping.front = u32(image.fronts.size());
    prefixes.add(mapping);
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

// What the configuration says of an interface's MTU; 0 where it says nothing.
u32 given_mtu(const Config& config, const std::string& interface) {
  const auto& all = config.engine.mtu;
  const auto given = std::find_if(all.begin(), all.end(), [&](auto& m) { return m.interface == interface; });
  return given == all.end() ? 0 : given->mtu;
}

// The lower of the interface's own and what the configuration says.
u16 mtu_of(const Config& config, const InterfaceFacts& facts) {
  const u32 given = given_mtu(config, facts.name);
  const u32 mtu = !given ? facts.mtu : facts.mtu ? std::min(facts.mtu, given) : given;
  return u16(std::min(mtu, 0xffffu));
}

Status write_ports(Image& image, const CompileInput& in) {
  std::vector<Port> ports;
  for (const InterfaceConfig& interface : in.config.engine.interfaces) {
    const auto facts = std::find_if(in.interfaces.begin(), in.interfaces.end(),
                                    [&](const InterfaceFacts& f) { return f.name == interface.name; });
    if (facts == in.interfaces.end()) continue;  // an image with it is made when it is there
    ports.push_back({facts->index, interface.outer_vlan, interface.inner_vlan, zone_number(interface.zone), facts->mac,
                     0, 0, mtu_of(in.config, *facts), 0});
    for (const Descriptor* role : roles_at_work(in.config))
      if (role->open_port) role->open_port(in.config, interface, ports.back());
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
  auto add = [&](std::string_view name) -> Status {
    const u32 number = zone_number(name);
    if (const auto [known, is_new] = names.emplace(number, name); !is_new && known->second != name)
      return Error{fmt::format("the names of zones {} and {} have the same number; rename one", names[number], name)};
    return Done{};
  };
  for (const auto& interface : config.engine.interfaces) WM_TRY(add(interface.zone));
  for (const ServiceSpec& service : serves.service) WM_TRY(add(service.zone));
  for (const Descriptor* role : roles_at_work(config))
    if (role->zones)
      for (const std::string_view zone : role->zones(config)) WM_TRY(add(zone));
  return Done{};
}

}  // namespace

std::string unreached_mtu(const Config& config, const std::string& interface, u32 own) {
  const u32 given = given_mtu(config, interface);
  if (!own || given <= own) return {};
  return fmt::format(
      "\"mtu\" in [engine] gives {} to {}, whose own MTU is {}: that is in force; to raise it: ip link set {} "
      "mtu {}",
      given, interface, own, interface, given);
}

// Services' own idle times end at 2 h; a firewall keeps TCP for 2 h and 4 min at least (RFC 5382, REQ-5).
constexpr u32 kLongestIdle = 7'440;  // seconds

u32 stamp_shift_for(u32 ticks_per_second) {
  u32 shift = 0;  // the smallest for which that and a sweeper's delay fit into the stamps
  while ((u64(kStampMask - 24) << shift) < u64(kLongestIdle) * ticks_per_second) ++shift;
  return shift;
}

Meta new_meta(const TableSizes& sizes, u32 ticks_per_second, const std::function<u32()>& random) {
  Meta meta{};
  meta.layout = kLayoutVersion;
  for (u32& word : meta.pin_key) word = random();
  meta.targets = sizes.targets;
  meta.pin_buckets = sizes.pin_buckets;
  meta.embryo_buckets = sizes.embryo_buckets;
  meta.flow_buckets = sizes.flow_buckets;
  meta.flow_embryo_buckets = sizes.flow_embryo_buckets;
  meta.edge_buckets = sizes.edge_buckets;
  meta.edge_buckets4 = sizes.edge_buckets4;
  meta.edge_pool = sizes.edge_pool;
  meta.revocations = sizes.revocations;
  meta.ticks_per_second = ticks_per_second;
  meta.stamp_shift = stamp_shift_for(ticks_per_second);
  return meta;
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
  image.flow_buckets = in.meta.flow_buckets;
  image.flow_embryo_buckets = in.meta.flow_embryo_buckets;
  image.edge_buckets = in.meta.edge_buckets;
  image.edge_buckets4 = in.meta.edge_buckets4;
  image.edge_addresses = in.meta.edge_pool;
  image.revocations = in.meta.revocations;
  settings.stamp_shift = in.meta.stamp_shift;
  settings.way_ticks = ticks_of(kWayLifetime, in.meta);
  settings.fragment_stamps = std::min((ticks_of(kFragmentsWait, in.meta) >> kFragmentShift) + 1, kMemoStampMask / 2);
  settings.early_interval = interval_of(kEarlyASecond, in.meta.ticks_per_second);
  settings.embryo_stamps = stamps_for(kEmbryoLifetime, in.meta);
  settings.stale_stamps = stamps_for(kClosingLifetime, in.meta);
  image.roles = roles_of(in.config);
  image.first = first_role(in.config);

  WM_TRY(write_ports(image, in));
  Fronts fronts;
  for (const Descriptor* role : roles_at_work(in.config))
    if (role->compile) WM_TRY(role->compile({in, image, fronts, prefixes}));
  WM_TRY(write_fronts(image, prefixes, std::move(fronts)));
  WM_TRY(write_steer(image));
  WM_TRY(prefixes.write(image));
  return image;
}

}  // namespace waymark
