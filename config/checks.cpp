#include "config/checks.h"

#include <fmt/format.h>

#include "base/address_text.h"

namespace waymark::config {
namespace {

void check_purpose(Checking& in) {
  const Config& c = in.config;
  if (c.service.empty() && !c.host && in.places.good(c.service) && in.places.good(c.host))
    in.problems.error({}, "the file has neither a [[service]] nor a [host]: the node has nothing to do");
  if (!c.service.empty() && !c.director && in.places.good(c.director))
    in.problems.error(in.places.at(c.service[0]),
                      "a [[service]] needs [director], whose \"address\" the tunnels to its targets come from");
}

void check_director(Checking& in) {
  if (!in.config.director) return;
  const Address* first[2] = {};  // IPv6, IPv4
  for (const Address& address : in.config.director->address) {
    const bool ip4 = is_ip4(address);
    if (first[ip4])
      in.problems.error(in.places.at(address), fmt::format("[director] has a second {} address, {}; tunnels come from "
                                                           "one address per family",
                                                           ip4 ? "IPv4" : "IPv6", text(address)));
    else
      first[ip4] = &address;
  }
}

}  // namespace

std::string title(std::string_view what, const std::string& name) {
  return name.empty() ? fmt::format("a {} without a name", what) : fmt::format("{} \"{}\"", what, name);
}

void check(const Config& config, const Places& places, Problems& problems) {
  Checking in{config, places, problems};
  check_purpose(in);
  check_director(in);
  check_services(in);
  check_addresses(in);
  check_host(in);
  check_group(in);
  check_health(in);
}

}  // namespace waymark::config
