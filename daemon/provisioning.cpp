#include "daemon/provisioning.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/address_text.h"
#include "provision/clients.h"

namespace waymark {

namespace {

using provision::Addressed, provision::Client, provision::Seconds, provision::Store;

Result<Store> open_store(const Config& config) {
  if (!config.path || config.path->provision.empty())
    return Error{"[path] has no \"provision\", which names the file of clients"};
  const auto plan = provision::plan_text(config);
  return plan ? Store::open(config.path->provision, *plan) : Result<Store>(plan.error());
}

std::string moment(Seconds at) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time_t(at))); }

Status add_to(Rows& rows, const Config& config, const Client& client) {
  const auto all = provision::addressed(config, client);
  if (!all) return all.error();
  const auto add = [&](const provision::Place& place, const Address& address, const char* state, std::string until) {
    rows.rows.push_back({client.name, client.id, u64(place.pop), provision::policy_text(config, place.policy),
                         text(address), std::string(state), std::move(until)});
  };
  add(client.place, all->address, client.revoked ? "revoked" : "valid", client.revoked ? moment(*client.revoked) : "-");
  for (std::size_t i = 0; i < all->former.size(); ++i)
    add(client.former[i].place, all->former[i].first, "former", moment(all->former[i].second));
  return Done{};
}

Rows no_clients() { return {{"client", "id", "pop", "policy", "address", "state", "time"}, {}}; }

Result<Client> add_client(const Config& config, Store& store, const Provision& asked, Seconds now) {
  const auto place = provision::place_of(config, *asked.pop, asked.policy);
  if (!place) return place.error();
  if (const auto made = provision::address_of(config, 1, *place); !made) return made.error();
  const auto most = provision::most_ids(config);
  return most ? store.add(asked.name, *place, *most, now) : Result<Client>(most.error());
}

Result<Client> move_client(const Config& config, Store& store, const Provision& asked, Seconds now) {
  const auto before = store.find(asked.name, now);
  if (!before) return before;
  const auto place = provision::place_of(config, asked.pop.value_or(before->place.pop),
                                         asked.policy.empty() ? std::to_string(before->place.policy) : asked.policy);
  if (!place) return place.error();
  if (const auto made = provision::address_of(config, before->id, *place); !made) return made.error();
  return store.move(asked.name, *place, now, now + asked.keep.count());
}

}  // namespace

Result<Provisioned> change_client(const Config& config, const Provision& asked, Seconds now) {
  WM_TRY(provision::check_name(asked.name));
  auto store = open_store(config);
  if (!store) return store.error();
  const auto known = store->find(asked.name, now);
  const auto client = asked.act == Provision::Act::add    ? add_client(config, *store, asked, now)
                      : asked.act == Provision::Act::move ? move_client(config, *store, asked, now)
                                                          : store->revoke(asked.name, now);
  if (!client) return client.error();
  Provisioned out{"", no_clients()};
  WM_TRY(add_to(out.rows, config, *client));
  if (known && known->place == client->place && !client->revoked) return out;
  const std::string has = text(provision::addressed(config, *client)->address);
  out.news = fmt::format("client {}, id {}, {} {}", client->name, client->id,
                         client->revoked ? "is revoked, and has no more"
                         : known         ? "has now"
                                         : "is new, and has",
                         has);
  return out;
}

Result<u64> id_of_client(const Config& config, const std::string& name, Seconds now) {
  const auto store = open_store(config);
  if (!store) return store.error();
  const auto client = store->find(name, now);
  return client ? Result<u64>(client->id) : Result<u64>(client.error());
}

Result<Rows> show_clients(const Config& config, const Show& show, Seconds now) {
  const auto store = open_store(config);
  if (!store) return store.error();
  Rows rows = no_clients();
  if (!show.client.empty()) {
    const auto client = store->find(show.client, now);
    if (!client) return client.error();
    WM_TRY(add_to(rows, config, *client));
    return rows;
  }
  const auto clients = store->all(show.revoked, now);
  if (!clients) return clients.error();
  for (const Client& client : *clients) {
    if (rows.rows.size() >= show.count) break;
    if (!show.revoked || client.revoked) WM_TRY(add_to(rows, config, client));
  }
  return rows;
}

Result<Rows> show_server_address(const Config& config, const Show& show, Seconds now) {
  const auto store = open_store(config);
  if (!store) return store.error();
  const auto client = store->find(show.client, now);
  if (!client) return client.error();
  const auto own = provision::address_of(config, client->id, client->place);
  if (!own) return own.error();
  const auto path = show.by.empty() ? provision::path_to(config, client->place.pop, show.server, show.policy)
                                    : Result<std::string>(show.by);
  if (!path) return path.error();
  const auto address = provision::server_address(config, *own, show.server, *path, show.policy);
  if (!address) return address.error();
  return Rows{{"client", "server", "policy", "path", "address"},
              {{show.client, u64(show.server), show.policy, *path, text(*address)}}};
}

}  // namespace waymark
