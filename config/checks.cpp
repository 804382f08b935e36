#include "config/checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/suggest.h"

namespace waymark::config {
namespace {

void check_purpose(Checking& in) {
  const Config& c = in.config;
  const bool good = in.places.good(c.service) && in.places.good(c.host) && in.places.good(c.translator);
  if (only_plans(c) && (c.plan.empty() || c.director) && good && in.places.good(c.plan))
    in.problems.error({},
                      "the file has neither a [[service]] nor a [host] nor a [translator]: the node has nothing to do");
  if (!c.service.empty() && !c.director && in.places.good(c.director))
    in.problems.error(in.places.at(c.service[0]),
                      "a [[service]] needs [director], whose \"address\" the tunnels to its targets come from");
}

void check_mtu(Checking& in) {
  const EngineConfig& engine = in.config.engine;
  if (!in.places.good(engine) || !in.places.good(engine.interfaces)) return;
  for (const MtuConfig& mtu : engine.mtu) {
    const auto& all = engine.interfaces;
    if (std::any_of(all.begin(), all.end(), [&](auto& i) { return i.name == mtu.interface; })) continue;
    std::vector<std::string_view> names;
    for (const InterfaceConfig& i : all) names.push_back(i.name);
    const auto near = nearest(mtu.interface, names);
    in.problems.error(in.places.at(mtu),
                      fmt::format("interface \"{}\" of \"mtu\" in [engine] is not in its "
                                  "interfaces{}",
                                  mtu.interface, near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
  }
}

void check_first_role(Checking& in) {
  const Role first = in.config.engine.first;
  if (first == Role::count || !in.places.good(in.config.engine)) return;
  const bool good =
      in.places.good(in.config.director) && in.places.good(in.config.host) && in.places.good(in.config.translator);
  if (good && !(roles_of(in.config) & role_bit(first)))
    in.problems.error(in.places.at(in.config.engine),
                      fmt::format("\"first\" in [engine] is \"{0}\", but the file has no [{0}]", name_of(first)));
}

}  // namespace

void check_one_per_family(Checking& in, const std::vector<Address>& addresses, std::string_view of,
                          std::string_view why) {
  const Address* first[2] = {};  // IPv6, IPv4
  for (const Address& address : addresses) {
    const bool ip4 = is_ip4(address);
    if (first[ip4])
      in.problems.error(in.places.at(address), fmt::format("{} has a second {} address, {}; {}", of,
                                                           ip4 ? "IPv4" : "IPv6", text(address), why));
    else
      first[ip4] = &address;
  }
}

std::string title(std::string_view what, const std::string& name) {
  return name.empty() ? fmt::format("a {} without a name", what) : fmt::format("{} \"{}\"", what, name);
}

void check(const Config& config, const Places& places, Problems& problems) {
  Checking in{config, places, problems};
  check_purpose(in);
  check_mtu(in);
  check_first_role(in);
  if (config.director)
    check_one_per_family(in, config.director->address, "[director]", "tunnels come from one address per family");
  check_services(in);
  check_addresses(in);
  check_host(in);
  check_group(in);
  check_health(in);
  check_translator(in);
  check_plans(in);
}

}  // namespace waymark::config
