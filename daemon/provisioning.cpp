#include "daemon/provisioning.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/address_text.h"
#include "provision/clients.h"
#include "provision/give.h"

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

}  // namespace

Result<std::optional<std::map<u64, u64>>> clients_by_epoch(const Config& config, Seconds now) {
  if (!config.path || config.path->provision.empty()) return std::optional<std::map<u64, u64>>();
  const auto store = open_store(config);
  if (!store) return store.error();
  auto count = store->by_epoch(now);
  if (!count) return count.error();
  return std::optional(std::move(*count));
}

Result<Provisioned> change_client(const Config& config, const Provision& asked, Seconds now) {
  WM_TRY(provision::check_name(asked.name));
  auto store = open_store(config);
  if (!store) return store.error();
  const auto known = store->find(asked.name, now);
  const auto client =
      asked.act == Provision::Act::add
          ? provision::give_client(config, *store, asked.name, *asked.pop, asked.policy, now)
      : asked.act == Provision::Act::move
          ? provision::move_client(config, *store, asked.name, {asked.pop, asked.policy, now + asked.keep.count()}, now)
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
  const auto given = provision::give_server_address(config, *client, show.server, show.by, show.policy);
  if (!given) return given.error();
  return Rows{{"client", "server", "policy", "path", "address"},
              {{show.client, u64(show.server), show.policy, given->path, text(given->address)}}};
}

}  // namespace waymark
