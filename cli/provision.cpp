#include "cli/provision.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/address_text.h"
#include "base/file.h"
#include "cli/load.h"
#include "config/kinds.h"
#include "provision/clients.h"
#include "provision/give.h"

namespace waymark::cli {

namespace {

using namespace provision;

Seconds now() { return Seconds(std::time(nullptr)); }

// The configuration and the clients; a sentence was printed where there are none.
struct Opened {
  Config config;
  Store store;
};
std::optional<Opened> opened(const ProvisionOptions& options) {
  auto config = load_config(options.config);
  if (!config) return {};
  const auto plan = plan_text(*config);
  auto store = plan ? Store::open(options.store, *plan) : Result<Store>(plan.error());
  if (!store) {
    complain(store.error());
    return {};
  }
  return Opened{std::move(*config), std::move(*store)};
}

int show(const ProvisionOptions& options, const Opened& in, const Result<Client>& client) {
  if (!client) return complain(client.error());
  const auto all = addressed(in.config, *client);
  if (!all) return complain(all.error());
  if (options.json)
    fmt::print("{}", as_json(in.config, {*all}));
  else if (options.networkd)
    fmt::print("{}", as_networkd(*all, options.interface));
  else if (options.ifupdown)
    fmt::print("{}", as_ifupdown(*all, options.interface));
  else
    fmt::print("{}\n", text(all->address));
  if (const std::string warning = warning_of(in.config, client->place, all->address); !warning.empty())
    fmt::print(stderr, "waymark: {}\n", warning);
  return 0;
}

int print_all(const Config& config, const std::vector<Client>& clients, bool json) {
  std::vector<Addressed> all;
  for (const Client& client : clients) {
    auto one = addressed(config, client);
    if (!one) return complain(one.error());
    all.push_back(std::move(*one));
  }
  fmt::print("{}", json ? as_json(config, all) : as_table(config, all));
  return 0;
}

}  // namespace

int provision_client_command(const ProvisionOptions& options) {
  if (const Status good = check_name(options.name); !good) return complain(good.error());
  auto in = opened(options);
  if (!in) return kFailed;
  return show(options, *in, give_client(in->config, in->store, options.name, *options.pop, options.policy, now()));
}

int provision_move_command(const ProvisionOptions& options) {
  const auto keep = config::Span{Duration(0), std::chrono::hours(24 * 366)}.read({{}, options.keep});
  if (!keep) return complain({"--keep " + keep.error().sentence});
  auto in = opened(options);
  if (!in) return kFailed;
  const Seconds at = now();
  const auto until = at + std::chrono::duration_cast<std::chrono::seconds>(*keep).count();
  return show(options, *in, move_client(in->config, in->store, options.name, {options.pop, options.policy, until}, at));
}

int provision_revoke_command(const ProvisionOptions& options) {
  auto in = opened(options);
  if (!in) return kFailed;
  const auto client = in->store.revoke(options.name, now());
  if (!client) return complain(client.error());
  fmt::print("client {} is revoked; its id, {}, is not given again\n", client->name, client->id);
  if (options.write.empty()) return 0;
  const auto all = in->store.all(true, now());
  if (!all) return complain(all.error());
  if (const Status written = replace_file(options.write, as_revoked(*all), 0644); !written)
    return complain(written.error());
  fmt::print("{} has it: POPs that watch it refuse the client's addresses within a second\n", options.write);
  return 0;
}

int provision_show_command(const ProvisionOptions& options) {
  auto in = opened(options);
  return in ? show(options, *in, in->store.find(options.name, now())) : kFailed;
}

int provision_list_command(const ProvisionOptions& options) {
  auto in = opened(options);
  if (!in) return kFailed;
  const auto clients = in->store.all(options.all || options.revoked, now());
  if (!clients) return complain(clients.error());
  if (options.revoked) {
    std::vector<Client> revoked = *clients;
    std::erase_if(revoked, [](const Client& c) { return !c.revoked; });
    if (!options.json) {
      fmt::print("{}", as_revoked(revoked));
      return 0;
    }
    return print_all(in->config, revoked, true);
  }
  return print_all(in->config, *clients, options.json);
}

int provision_server_address_command(const ProvisionOptions& options) {
  auto in = opened(options);
  if (!in) return kFailed;
  const auto client = in->store.find(options.name, now());
  if (!client) return complain(client.error());
  const auto given = give_server_address(in->config, *client, options.server, options.path, options.policy);
  if (!given) return complain(given.error());
  fmt::print("{}\n", text(given->address));
  return 0;
}

}  // namespace waymark::cli
