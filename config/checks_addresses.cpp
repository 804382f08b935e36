// Whose an address is, and who serves a port on it.
//
// Ports are compared service against service, once per pair of services that meet on some address: a service may have
// thousands of addresses and thousands of ranges, so address by address would take minutes.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/address_text.h"
#include "config/checks.h"
#include "config/kinds.h"

namespace waymark::config {
namespace {

struct Range {
  Protocol protocol;
  u32 first, last;
};

std::vector<Range> merged(std::vector<PortRange> ports) {
  std::sort(ports.begin(), ports.end(),
            [](auto& a, auto& b) { return std::tie(a.protocol, a.first) < std::tie(b.protocol, b.first); });
  std::vector<Range> out;
  for (const PortRange& p : ports) {
    if (!out.empty() && out.back().protocol == p.protocol && p.first <= out.back().last + 1)
      out.back().last = std::max(out.back().last, u32(p.last));
    else
      out.push_back({p.protocol, p.first, p.last});
  }
  return out;
}

// The first range in common; both lists are merged, so sorted and free of overlap.
const Range* common(const std::vector<Range>& a, const std::vector<Range>& b, Range& out) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (i->protocol == j->protocol && i->first <= j->last && j->first <= i->last) {
      out = {i->protocol, std::max(i->first, j->first), std::min(i->last, j->last)};
      return &out;
    }
    std::tie(i->protocol, i->last) < std::tie(j->protocol, j->last) ? void(++i) : void(++j);
  }
  return nullptr;
}

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

  void take(const Address& address, u32 index) {
    std::vector<u32>& holders = at_[{services_[index].zone, address}];
    if (!holders.empty() && holders.back() == index)
      return in_.problems.error(in_.places.at(address),
                                fmt::format("{} is listed twice in {}", text(address), title_of(index)));
    std::size_t ranges = ranges_[index].size();
    bool own_fault = ranges > kMaxRanges;
    for (const u32 other : holders) {
      ranges += ranges_[other].size();
      own_fault |= ranges - ranges_[index].size() > kMaxRanges;
      compare(address, other, index);
    }
    if (ranges > kMaxRanges && !own_fault && crowded_.insert(index).second) too_many_ranges(address, index, ranges);
    holders.push_back(index);
  }

  void compare(const Address& address, u32 other, u32 index) {
    if (in_.problems.full() || !compared_.insert({other, index}).second) return;
    Range both{};
    if (!common(ranges_[other], ranges_[index], both)) return;
    in_.problems.error(
        in_.places.at(address),
        fmt::format("{} on {} in zone \"{}\" is served by both {}, line {}, and {}",
                    text(PortRange{both.protocol, u16(both.first), u16(both.last)}), text(address),
                    services_[index].zone, title_of(other), in_.places.at(services_[other]).line, title_of(index)));
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
  std::vector<std::vector<Range>> ranges_;  // of each service
  std::unordered_map<std::pair<std::string_view, Address>, std::vector<u32>, AtHash> at_;
  std::set<std::pair<u32, u32>> compared_;
  std::set<u32> crowded_;
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

}  // namespace

void check_addresses(Checking& in) {
  check_owners(in);
  Served(in, in.config.service, "service").check();
  if (in.config.host) Served(in, in.config.host->service, "host service").check();
}

}  // namespace waymark::config
