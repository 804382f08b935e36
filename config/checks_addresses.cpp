// Whose an address is, and who serves a port on it.
//
// Ports are compared service against service, once per pair of services that meet on some address: a service may have
// thousands of addresses and thousands of ranges, so address by address would take minutes.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <type_traits>

#include "base/address_text.h"
#include "config/checks.h"
#include "config/kinds.h"
#include "config/ranges.h"

namespace waymark::config {
namespace {

// The same checks for [[service]] and [[host.service]]: within one list, what is served must be one service's.
template <class S>
class Served {
 public:
  Served(Checking& in, const std::vector<S>& services, std::string_view what)
      : in_(in), services_(services), what_(what) {}

  void check() {
    for (const S& s : services_) ranges_.push_back(merged(s.ports));
    for (u32 i = 0; i < services_.size() && !in_.problems.full(); ++i) {
      check_own_ports(services_[i]);
      if (ranges_[i].size() > kMaxRanges) too_many_ranges(services_[i].ports, i, ranges_[i].size());
      for (const Address& address : services_[i].address) take(address, i);
    }
  }

 private:
  struct Holders {
    std::vector<u32> services;
    std::size_t ranges = 0;
  };
  struct AtHash {
    std::size_t operator()(const std::pair<std::string_view, Address>& k) const {
      return std::hash<std::string_view>()(k.first) ^ AddressHash()(k.second);
    }
  };

  std::string title_of(u32 index) const { return title(what_, services_[index].name); }

  void check_own_ports(const S& s) {
    std::vector<const PortRange*> sorted;
    for (const PortRange& p : s.ports) sorted.push_back(&p);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](auto a, auto b) { return std::tie(a->protocol, a->first) < std::tie(b->protocol, b->first); });
    const PortRange* widest = nullptr;
    for (const PortRange* p : sorted) {
      if (widest && widest->protocol == p->protocol && p->first <= widest->last) {
        const auto [earlier, later] = std::minmax(widest, p);
        in_.problems.error(in_.places.at(*later),
                           fmt::format("{} and {} of {} overlap", text(*earlier), text(*later), title(what_, s.name)));
        if (p->last <= widest->last) continue;
      }
      widest = p;
    }
  }

  // Tunnels carry no zone, so on a host all are one.
  std::string_view zone_of(u32 index) const {
    if constexpr (std::is_same_v<S, ServiceConfig>)
      return services_[index].zone;
    else
      return {};
  }

  void take(const Address& address, u32 index) {
    Holders& holders = at_[{zone_of(index), address}];
    if (!holders.services.empty() && holders.services.back() == index)
      return in_.problems.error(in_.places.at(address),
                                fmt::format("{} is listed twice in {}", text(address), title_of(index)));
    if (holders.ranges > kMaxRanges) return;  // was said; and so no address costs more than kMaxRanges comparisons
    for (const u32 other : holders.services) compare(address, other, index);
    holders.services.push_back(index);
    holders.ranges += ranges_[index].size();
    if (holders.ranges > kMaxRanges && ranges_[index].size() <= kMaxRanges && crowded_.insert(index).second)
      too_many_ranges(address, index, holders.ranges);
  }

  void compare(const Address& address, u32 other, u32 index) {
    if (in_.problems.full() || !compared_.insert(u64(other) << 32 | index).second) return;
    const auto both = common(ranges_[other], ranges_[index]);
    if (!both) return;
    const auto zone = zone_of(index);
    in_.problems.error(in_.places.at(address),
                       fmt::format("{} on {}{} is served by both {}, line {}, and {}", text(*both), text(address),
                                   zone.empty() ? "" : fmt::format(" in zone \"{}\"", zone), title_of(other),
                                   in_.places.at(services_[other]).line, title_of(index)));
  }

  template <class Where>
  void too_many_ranges(const Where& where, u32 index, std::size_t ranges) {
    in_.problems.error(in_.places.at(where),
                       fmt::format("an address of {} has {} ranges of ports; at most {} are supported", title_of(index),
                                   ranges, kMaxRanges));
  }

  Checking& in_;
  const std::vector<S>& services_;
  std::string_view what_;
  std::vector<std::vector<PortRange>> ranges_;  // of each service
  std::unordered_map<std::pair<std::string_view, Address>, Holders, AtHash> at_;
  std::unordered_set<u64> compared_;  // pairs of services
  std::unordered_set<u32> crowded_;
};

// An address that the node itself or a target has cannot be a service's: its tunnels would be taken for clients'.
void check_owners(Checking& in) {
  std::unordered_map<Address, std::string, AddressHash> owner;
  std::size_t count = 0;
  const auto learn = [&](const auto& services, std::string_view what) {
    for (const auto& s : services)
      for (const Address& address : s.address) {
        owner.emplace(address, title(what, s.name));
        if (++count == kMaxAddresses + 1)
          in.problems.error(in.places.at(address),
                            fmt::format("there are more than {} addresses in all services", kMaxAddresses));
      }
  };
  const auto refuse = [&](const Address& address, const std::string& whose) {
    if (const auto found = owner.find(address); found != owner.end())
      in.problems.error(in.places.at(address),
                        fmt::format("{} is both {} and an address of {}", text(address), whose, found->second));
  };
  learn(in.config.service, "service");
  if (in.config.host) learn(in.config.host->service, "host service");
  if (in.config.director)
    for (const Address& a : in.config.director->address) refuse(a, "the address of [director]");
  if (in.config.host)
    for (const Address& a : in.config.host->address) refuse(a, "the address of [host]");
  for (const ServiceConfig& s : in.config.service)
    for (const TargetConfig& t : s.target)
      if (in.places.good(t.address) && in.places.given(t.address))
        refuse(t.address, fmt::format("{} of {}", title("target", t.name), title("service", s.name)));
}

// What the translator answers for, or maps alone: a service or a host there would win over it without a word. In
// another zone the same address is another one.
void check_translators(Checking& in) {
  if (!in.config.translator) return;
  const TranslatorConfig& translator = *in.config.translator;
  std::unordered_map<Address, std::string, AddressHash> owner;
  for (const ServiceConfig& s : in.config.service)
    if (s.zone == translator.zone)
      for (const Address& address : s.address) owner.emplace(address, "an address of " + title("service", s.name));
  if (in.config.host)
    for (const Address& address : in.config.host->address) owner.emplace(address, "the address of [host]");
  const auto refuse = [&](const auto& where, const Address& address, std::string_view whose) {
    if (const auto found = owner.find(address); found != owner.end())
      in.problems.error(in.places.at(where), fmt::format("{} is both {} and {}", text(address), whose, found->second));
  };
  for (const Address& address : translator.address) refuse(address, address, "the address of [translator]");
  for (const AddressMapConfig& map : translator.map) {
    if (!in.places.good(map)) continue;
    if (map.ip4.length == 32) refuse(map.ip4, map.ip4.address, "mapped by [translator]");
    if (map.ip6.length == 128) refuse(map.ip6, map.ip6.address, "mapped by [translator]");
  }
}

}  // namespace

void check_addresses(Checking& in) {
  check_owners(in);
  check_translators(in);
  Served(in, in.config.service, "service").check();
  if (in.config.host) Served(in, in.config.host->service, "host service").check();
}

}  // namespace waymark::config
