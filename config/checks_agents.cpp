// Servers that register: who may, and with whom.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/address_text.h"
#include "base/pattern.h"
#include "config/checks.h"

namespace waymark::config {
namespace {

constexpr std::size_t kMostName = 54;  // a target's has 60, and ends with ".65535" where a server has several addresses

void check_peers(Checking& in, const AgentsConfig& agents) {
  if (!in.places.good(agents.peer)) return;
  if (agents.peer.empty())
    in.problems.error(in.places.at(agents), "[agents] has no [[agents.peer]]: nobody could register");
  check_unique_names(in, agents.peer, [](const AgentsConfig::Peer& p) { return title("agents peer", p.name); });
  for (const AgentsConfig::Peer& peer : agents.peer)
    if (in.places.good(peer.name) && peer.name.size() > kMostName)
      in.problems.error(in.places.at(peer.name),
                        fmt::format("{} has a name of {} characters; those who register have at most {}",
                                    title("agents peer", peer.name), peer.name.size(), kMostName));
  for (auto peer = agents.peer.begin(); peer != agents.peer.end(); ++peer) {
    if (!in.places.good(peer->spi)) continue;
    const auto first = std::ranges::find(agents.peer, peer->spi, &AgentsConfig::Peer::spi);
    if (first != peer)
      in.problems.error(in.places.at(peer->spi, *peer),
                        fmt::format("{} has spi {} like {}", title("agents peer", peer->name), peer->spi,
                                    title("agents peer", first->name)));
  }
}

// A registration names a service by its addresses alone.
void check_told_apart(Checking& in) {
  std::map<Prefix, const ServiceConfig*, InOrder> first;
  for (const ServiceConfig& service : in.config.service) {
    if (!service.registered || !in.places.good(service.address)) continue;
    for (const Prefix& address : service.address)
      if (const auto [at, is_new] = first.emplace(address, &service); !is_new && at->second != &service)
        in.problems.error(
            in.places.at(address),
            fmt::format("{} of {} is also of {}: servers that register could not tell them apart", text(address),
                        title("service", service.name), title("service", at->second->name)));
  }
}

// What allows nothing is a slip of somebody's pen. A name that has an error of its own may be the one that is meant.
void check_authorise(Checking& in, const AuthoriseConfig& entry, const AgentsConfig& agents) {
  const auto fits_none = [&](const std::string& pattern, const auto& things) {
    return std::ranges::none_of(things,
                                [&](const auto& t) { return !in.places.good(t.name) || fits(pattern, t.name); });
  };
  for (const std::string& pattern : entry.peer)
    if (fits_none(pattern, agents.peer))
      in.problems.warn(in.places.at(pattern),
                       fmt::format("no [[agents.peer]] is called \"{}\", so nothing is authorised by that", pattern));
  for (const std::string& pattern : entry.service)
    if (fits_none(pattern, in.config.service))
      in.problems.warn(in.places.at(pattern),
                       fmt::format("no [[service]] is called \"{}\", so nothing is authorised by that", pattern));
}

}  // namespace

void check_agents(Checking& in) {
  const Config& c = in.config;
  bool any = false;
  for (const ServiceConfig& service : c.service) {
    if (!service.registered || !in.places.good(service)) continue;
    any = true;
    const RegisteredConfig& r = *service.registered;
    const std::string whose = "[service.registered] of " + title("service", service.name);
    if (r.tunnel != Tunnel::gue) warn_unused(in, r.port, r, whose, "port", "without tunnel = \"gue\"");
    if (r.tunnel != Tunnel::gre) warn_unused(in, r.key, r, whose, "key", "without tunnel = \"gre\"");
    if (!c.agents)
      in.problems.error(in.places.at(*service.registered),
                        fmt::format("servers of {} have no [agents] to register with", title("service", service.name)));
  }
  if (c.agents) {
    check_peers(in, *c.agents);
    check_told_apart(in);
    if (!any)
      in.problems.error(in.places.at(*c.agents),
                        "[agents] has no [service.registered]: there is nothing to register for");
    if (c.authorise.empty() && in.places.good(c.authorise))
      in.problems.error(in.places.at(*c.agents), "[agents] has no [[authorise]]: every registration would be refused");
  }
  for (const AuthoriseConfig& entry : c.authorise)
    if (!c.agents)
      return in.problems.error(in.places.at(entry), "[[authorise]] is for the peers of [agents], and there are none");
    else
      check_authorise(in, entry, *c.agents);
}

}  // namespace waymark::config
