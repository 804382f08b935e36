// Whose an address is, and who serves a port on it.
//
// Ports are compared service against service, once per pair of services that meet on some address: a service may have
// thousands of addresses and thousands of ranges, so address by address would take minutes.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_set>

#include "base/address_text.h"
#include "config/checks.h"
#include "config/kinds.h"
#include "config/prefixes.h"
#include "config/ranges.h"
#include "roles/role.h"

namespace waymark::config {
namespace {

struct PrefixHash {
  std::size_t operator()(const Prefix& p) const { return AddressHash()(p.address) * 131 + p.length; }
};

// Within one list, what is served must be one service's.
class PortOwners {
 public:
  PortOwners(Checking& in, const std::vector<Served>& services) : in_(in), services_(services) {}

  void check() {
    for (const Served& s : services_) ranges_.push_back(merged(s.ports));
    for (u32 i = 0; i < services_.size() && !in_.problems.full(); ++i) {
      check_own_ports(services_[i]);
      if (ranges_[i].size() > kMaxRanges) too_many_ranges(services_[i].ports, i, ranges_[i].size());
      for (const Prefix& address : services_[i].addresses) take(address, i);
    }
  }

 private:
  struct Holders {
    std::vector<u32> services;
    std::size_t ranges = 0;
  };
  struct AtHash {
    std::size_t operator()(const std::pair<std::string_view, Prefix>& k) const {
      return std::hash<std::string_view>()(k.first) ^ PrefixHash()(k.second);
    }
  };

  const std::string& title_of(u32 index) const { return services_[index].title; }

  void check_own_ports(const Served& s) {
    std::vector<const PortRange*> sorted;
    for (const PortRange& p : s.ports) sorted.push_back(&p);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](auto a, auto b) { return std::tie(a->protocol, a->first) < std::tie(b->protocol, b->first); });
    const PortRange* widest = nullptr;
    for (const PortRange* p : sorted) {
      if (widest && widest->protocol == p->protocol && p->first <= widest->last) {
        const auto [earlier, later] = std::minmax(widest, p);
        in_.problems.error(in_.places.at(*later),
                           fmt::format("{} and {} of {} overlap", text(*earlier), text(*later), s.title));
        if (p->last <= widest->last) continue;
      }
      widest = p;
    }
  }

  void take(const Prefix& address, u32 index) {
    Holders& holders = at_[{services_[index].zone, address}];
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

  void compare(const Prefix& address, u32 other, u32 index) {
    if (in_.problems.full() || !compared_.insert(u64(other) << 32 | index).second) return;
    const auto both = common(ranges_[other], ranges_[index]);
    if (!both) return;
    const auto zone = services_[index].zone;
    in_.problems.error(in_.places.at(address),
                       fmt::format("{} on {}{} is served by both {}, line {}, and {}", text(*both), text(address),
                                   zone.empty() ? "" : fmt::format(" in zone \"{}\"", zone), title_of(other),
                                   services_[other].at.line, title_of(index)));
  }

  template <class Where>
  void too_many_ranges(const Where& where, u32 index, std::size_t ranges) {
    in_.problems.error(in_.places.at(where),
                       fmt::format("an address of {} has {} ranges of ports; at most {} are supported", title_of(index),
                                   ranges, kMaxRanges));
  }

  Checking& in_;
  const std::vector<Served>& services_;
  std::vector<std::vector<PortRange>> ranges_;  // of each service
  std::unordered_map<std::pair<std::string_view, Prefix>, Holders, AtHash> at_;
  std::unordered_set<u64> compared_;  // pairs of services
  std::unordered_set<u32> crowded_;
};

// Packets of both could come in, or a service's clients would be taken for tunnels. In another zone the same address is
// another one.
bool clash(const Owned& a, Role role_a, const Owned& b, Role role_b) {
  const bool meet = a.zone.empty() || b.zone.empty() || a.zone == b.zone;
  if (role_a != role_b && meet && a.kinds & b.kinds & Owned::entered) return true;
  return (a.kinds & Owned::served && b.kinds & Owned::tunnel) || (a.kinds & Owned::tunnel && b.kinds & Owned::served);
}

}  // namespace

void check_served(Checking& in, const std::vector<Served>& services) { PortOwners(in, services).check(); }

void check_owners(Checking& in) {
  struct Holder {
    Owned owned;
    Role role;
  };
  std::unordered_map<Prefix, std::vector<Holder>, PrefixHash> holders;
  std::size_t served = 0;
  std::set<u8> wide;        // lengths of served prefixes
  std::vector<Owned> ends;  // of tunnels
  for (u32 role = 0; role < kRoles; ++role) {
    std::vector<Owned> all;
    if (const auto owns = descriptor_of(Role(role)).owns) owns(in, all);
    for (Owned& one : all) {
      if (one.kinds & Owned::served && ++served == kMaxAddresses + 1)
        in.problems.error(one.at, fmt::format("there are more than {} addresses in all services", kMaxAddresses));
      std::vector<Holder>& known = holders[one.prefix];
      bool alike = false;  // to one that is known, which will do for it: so a crowd at one address costs little
      for (const Holder& other : known) {
        alike = alike || (other.role == Role(role) && other.owned.kinds == one.kinds && other.owned.zone == one.zone);
        if (!clash(other.owned, other.role, one, Role(role))) continue;
        const bool services_last = !(other.owned.kinds & Owned::served) && one.kinds & Owned::served;
        const Owned &blamed = services_last ? other.owned : one, &holds = services_last ? one : other.owned;
        in.problems.error(blamed.at, fmt::format("{} is both {} and {}", text(one.prefix), blamed.whose, holds.whose));
        break;
      }
      if (one.kinds & Owned::served && !is_one(one.prefix)) wide.insert(one.prefix.length);
      if (one.kinds & Owned::tunnel && is_one(one.prefix)) ends.push_back(one);
      if (!alike) known.push_back({std::move(one), Role(role)});
    }
  }
  // What goes to a tunnel's end within a served prefix would be directed, and tunnelled, once more.
  for (const Owned& end : ends)
    for (const u8 length : wide) {
      Prefix around(end.prefix.address, length);
      if (length >= end.prefix.length) continue;
      around.address = around.address & mask_of(around);
      const auto found = holders.find(around);
      if (found == holders.end()) continue;
      for (const Holder& holder : found->second)
        if (holder.owned.kinds & Owned::served) {
          in.problems.error(end.at, fmt::format("{} is both {} and in {}, {}", text(end.prefix), end.whose,
                                                text(around), holder.owned.whose));
          break;
        }
    }
}

}  // namespace waymark::config
