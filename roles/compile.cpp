#include "roles/compile.h"

#include <algorithm>

#include "core/pins.h"
#include "core/steer.h"

namespace waymark {

u32 zone_number(std::string_view name) { return zone_of(name.data(), u32(name.size())); }

FrontDraft& front(Fronts& fronts, Role role, Space space, const Prefix& prefix) {
  FrontDraft& draft = fronts[{space, prefix}];
  draft.role = role;
  return draft;
}

void add_rules(FrontDraft& draft, const std::vector<PortRange>& ports, u32 service) {
  for (const PortRange& range : ports)
    draft.rules.push_back(rule_of(u8(range.protocol), range.first, range.last, u16(service)));
}

void set_own(Settings& settings, u32 module, std::span<const Address> addresses) {
  for (const Address& a : addresses)
    if (is_ip4(a))
      settings.own[module].ip4 = number(ip4_of(a));
    else
      settings.own[module].ip6 = a;
}

u32 interval_of(u32 per_second, u32 ticks_per_second) {
  return per_second ? u32(std::max<u64>(1, (u64(ticks_per_second) << 16) / per_second)) : 0;
}

void set_limit(Settings& settings, AnswerKind kind, u32 per_second, u32 ticks_per_second) {
  settings.answer_interval[u32(kind)] = interval_of(per_second, ticks_per_second);
  settings.answer_burst[u32(kind)] = per_second;
}

u32 ticks_of(Duration time, const Meta& meta) {
  return u32(std::chrono::duration<double>(time).count() * meta.ticks_per_second);
}

u32 stamps_for(Duration idle, const Meta& meta) {
  const double ticks = std::chrono::duration<double>(idle).count() * meta.ticks_per_second;
  return std::max<u32>(1, u32(ticks / double(1u << meta.stamp_shift)) + 1);
}

}  // namespace waymark
