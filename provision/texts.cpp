// Clients for people, for programs, and for the machines that get the addresses.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "base/text_table.h"
#include "provision/clients.h"

namespace waymark::provision {

namespace {

// "2026-11-29T22:25:00Z"
std::string moment(Seconds at) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time_t(at))); }

}  // namespace

std::string policy_text(const Config& config, u32 index) {
  const auto found = std::ranges::find(config.path->policy, index, &PathPolicyConfig::index);
  return found == config.path->policy.end() ? std::to_string(index) : found->name;
}

std::string as_table(const Config& config, const std::vector<Addressed>& clients) {
  TextTable table = {{"client", "id", "pop", "policy", "address", "state"}, {}};
  for (const Addressed& c : clients) {
    const Client& client = c.client;
    table.rows.push_back({client.name, std::to_string(client.id), std::to_string(client.place.pop),
                          policy_text(config, client.place.policy), text(c.address),
                          client.revoked ? "revoked " + moment(*client.revoked) : "valid"});
    for (std::size_t i = 0; i < c.former.size(); ++i) {
      const Place& place = client.former[i].place;
      table.rows.push_back({"", "", std::to_string(place.pop), policy_text(config, place.policy),
                            text(c.former[i].first), "until " + moment(c.former[i].second)});
    }
  }
  return aligned(table);
}

std::string as_revoked(const std::vector<Client>& clients) {
  std::string out = "# Ids of clients that are revoked, written by `waymark provision`\n";
  for (const Client& client : clients)
    if (client.revoked) out += fmt::format("client {}  # {}, {}\n", client.id, client.name, moment(*client.revoked));
  return out;
}

std::string as_json(const Config& config, const std::vector<Addressed>& clients) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const Addressed& c : clients) {
    const Client& client = c.client;
    nlohmann::ordered_json one = {{"client", client.name},      {"id", client.id},
                                  {"pop", client.place.pop},    {"policy", policy_text(config, client.place.policy)},
                                  {"address", text(c.address)}, {"made", client.made}};
    if (client.place.epoch) one["epoch"] = *client.place.epoch;
    if (client.revoked) one["revoked"] = *client.revoked;
    one["former"] = nlohmann::ordered_json::array();
    for (const auto& [address, until] : c.former)
      one["former"].push_back({{"address", text(address)}, {"until", until}});
    out.push_back(one);
  }
  return out.dump(2) + "\n";
}

// A former address is deprecated: what uses it goes on, and nothing new begins with it (RFC 4862, 5.5.4).
std::string as_networkd(const Addressed& client, const std::string& interface) {
  std::string out = fmt::format("# client {}, id {}\n[Match]\nName={}\n\n[Address]\nAddress={}/128\n",
                                client.client.name, client.client.id, interface, text(client.address));
  for (const auto& [address, until] : client.former)
    out += fmt::format("\n# until {}\n[Address]\nAddress={}/128\nPreferredLifetime=0\n", moment(until), text(address));
  return out;
}

std::string as_ifupdown(const Addressed& client, const std::string& interface) {
  std::string out = fmt::format("# client {}, id {}\niface {} inet6 static\n    address {}/128\n", client.client.name,
                                client.client.id, interface, text(client.address));
  for (const auto& [address, until] : client.former)
    out += fmt::format("    # until {}\n    up ip -6 addr add {}/128 dev $IFACE preferred_lft 0\n", moment(until),
                       text(address));
  return out;
}

}  // namespace waymark::provision
