// Servers that register: who may, and with whom.
#include <fmt/format.h>

#include <algorithm>

#include "config/checks.h"
#include "config/pattern.h"

namespace waymark::config {
namespace {

void check_peers(Checking& in, const AgentsConfig& agents) {
  if (!in.places.good(agents.peer)) return;
  if (agents.peer.empty())
    in.problems.error(in.places.at(agents), "[agents] has no [[agents.peer]]: nobody could register");
  check_unique_names(in, agents.peer, [](const AgentsConfig::Peer& p) { return title("agents peer", p.name); });
  for (auto peer = agents.peer.begin(); peer != agents.peer.end(); ++peer) {
    if (!in.places.good(peer->spi)) continue;
    const auto first = std::ranges::find(agents.peer, peer->spi, &AgentsConfig::Peer::spi);
    if (first != peer)
      in.problems.error(in.places.at(peer->spi, *peer),
                        fmt::format("{} has spi {} like {}", title("agents peer", peer->name), peer->spi,
                                    title("agents peer", first->name)));
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
