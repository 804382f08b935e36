// The director's part of the tables: fronts and rules of its services, what is set for each, how it answers.
#include "roles/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "core/steer.h"
#include "roles/director/reasons.h"
#include "roles/director/role.h"

namespace waymark::director {

namespace {

constexpr u32 kSeedTries = 10'000;

// Tries seeds, in a fixed order: with as many buckets as slots, or up to twice as many, most do at the largest size.
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

}  // namespace

Status compile(const Compiling& c) {
  const Config& config = c.in.config;
  Settings& settings = c.image.settings;
  settings.second_candidate = config.director->second_candidate;
  set_limit(settings, AnswerKind::reset, config.director->resets, c.in.meta.ticks_per_second);
  set_limit(settings, AnswerKind::unreachable, config.director->unreachables, c.in.meta.ticks_per_second);
  set_limit(settings, AnswerKind::closed, config.director->closed, c.in.meta.ticks_per_second);
  set_limit(settings, AnswerKind::told, config.director->errors, c.in.meta.ticks_per_second);
  set_limit(settings, AnswerKind::pinged, config.director->echoes, c.in.meta.ticks_per_second);
  settings.echo = config.director->echo;
  set_own(settings, kModule, config.director->address);
  for (std::size_t i = 0; i < c.in.indices.size(); ++i) {
    const ServiceSpec& service = c.in.serves.service[i];
    const u32 index = c.in.indices[i];
    if (index >= c.image.services.size()) c.image.services.resize(index + 1);
    c.image.services[index].affinity = u8(service.affinity);
    const Duration longest = std::max(service.tcp_idle, service.udp_idle);
    settings.stale_stamps = std::max(settings.stale_stamps, stamps_for(longest, c.in.meta));
    for (const Prefix& address : service.address) {
      FrontDraft& draft = front(c.fronts, Role::director, space_of(zone_number(service.zone)), address);
      draft.realm = u8(service.realm);
      add_rules(draft, service.ports, index);
    }
  }
  // Where routers send what they have to say of tunnels. An address that another role has, too, is that one's.
  for (const InterfaceConfig& interface : config.engine.interfaces)
    for (const Address& own : config.director->address)
      front(c.fronts, Role::director, space_of(zone_number(interface.zone)), own);
  return write_heirs(c.image, c.in.shared);
}

}  // namespace waymark::director
