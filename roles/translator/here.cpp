// What a translator needs of the machine around it. The first packet to each destination goes by the kernel, and so do
// all while its neighbour is not known or its way leads elsewhere than through Waymark's interfaces: without forwarding
// nothing works for long.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/address_text.h"
#include "roles/translator/role.h"
#include "rtnetlink/machine.h"
#include "rtnetlink/natives.h"
#include "rtnetlink/rules.h"

namespace waymark::translator {

using namespace here;

namespace {

constexpr std::size_t kTold = 4;  // routes within one prefix

void look_at_forwarding(const Config& config, Findings& out) {
  for (const std::string& name : untagged_in(config, config.translator->zone)) {
    here::look_at_forwarding(name, false, out);
    here::look_at_forwarding(name, true, out);
    const u32 filter = ip4_setting(name, "rp_filter");
    if (filter == 2 && config.announce && !config.translator->map.empty())
      error(out, fmt::format("the kernel drops what was translated to IPv4 and came in by {}, as rp_filter is on and "
                             "[announce] has unreachable routes to its sources: sysctl -w "
                             "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{}.rp_filter=0",
                             name, name));
    if (filter == 1)
      error(out,
            fmt::format(
                "the kernel drops what was translated to IPv4 and came in by {}, as rp_filter is strict "
                "and the way back is another: sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{}.rp_filter=0",
                name, name));
  }
}

bool holds(const Prefix& outer, const Address& address) {
  if (is_ip4(outer.address) != is_ip4(address)) return false;
  const u32 bits = outer.length + (is_ip4(address) ? 96u : 0u);
  for (u32 i = 0; i < bits; i += 8) {
    const u8 differ = byte_of(outer.address, i / 8) ^ byte_of(address, i / 8);
    if (differ >> (bits - i >= 8 ? 0 : 8 - (bits - i))) return false;
  }
  return true;
}

// Where the configuration names what comes here to be translated. Routes to the IPv6 side of a map, and within "all of
// IPv4", are as they must be.
std::vector<Prefix> named(const TranslatorConfig& translator) {
  std::vector<Prefix> out;
  for (const EmbeddingConfig& e : translator.prefix) {
    out.push_back(e.prefix);
    out.insert(out.end(), e.ip4.begin(), e.ip4.end());
  }
  for (const AddressMapConfig& m : translator.map) out.push_back(m.ip4);
  std::erase_if(out, [](const Prefix& p) { return p.length == 0; });
  return out;
}

void look_at_routes(const Config& config, Findings& out) {
  const auto found = natives(config.announce ? std::optional(config.announce->protocol) : std::nullopt);
  if (!found) return warn(out, found.error().sentence);
  const auto& own = config.translator->address;
  for (const Prefix& p : named(*config.translator)) {
    std::string routes;
    std::size_t count = 0;
    for (const Prefix& n : *found) {
      const bool host = n.length == (is_ip4(n.address) ? 32 : 128);
      if (n.length <= p.length || !holds(p, n.address)) continue;
      if (host && std::find(own.begin(), own.end(), n.address) != own.end()) continue;
      if (++count <= kTold) routes += fmt::format("{}{}/{}", routes.empty() ? "" : ", ", text(n.address), n.length);
    }
    if (count > kTold) routes += fmt::format(" and {} more", count - kTold);
    if (count)
      warn(out,
           fmt::format("within {}/{} this machine has routes or addresses of its own, which win: packets to {} are "
                       "not translated",
                       text(p.address), p.length, routes));
  }
}

// A way is kept for all packets to a destination, whoever they are from: where rules choose by more, none is kept.
void look_at_rules(Findings& out) {
  const Result<std::vector<RuleFact>> all = rules();
  if (!all) return warn(out, all.error().sentence);
  for (const RuleFact& rule : *all)
    if (const std::string chooses = beside_destination(rule); !chooses.empty())
      warn(out, fmt::format("rule {} of IPv{} ({}) does not choose by destination alone: while it is there the kernel "
                            "sends all that is translated, which is slower",
                            rule.priority, rule.ip6 ? 6 : 4, chooses));
}

}  // namespace

void look_here(const Config& config, Findings& out) {
  look_at_forwarding(config, out);
  look_at_routes(config, out);
  look_at_rules(out);
  for (const Address& address : config.translator->address) {
    const Result<bool> local = is_local(address);
    if (local && !*local)
      warn(out, fmt::format("{}, where the translator's ICMP errors come from, is no address of this machine: let "
                            "routers know the way here, or {}",
                            text(address), address_command(address)));
  }
}

}  // namespace waymark::translator
