#include "provision/give.h"

#include <algorithm>

#include "provision/clients.h"

namespace waymark::provision {

Result<Client> give_client(const Config& config, Store& store, const std::string& name, u32 pop,
                           const std::string& policy, Seconds now, u64 most_id) {
  const auto place = place_of(config, pop, policy);
  if (!place) return place.error();
  if (const auto made = address_of(config, 1, *place); !made) return made.error();
  const auto most = most_ids(config);
  return most ? store.add(name, *place, std::min(*most, most_id), now) : Result<Client>(most.error());
}

Result<Client> move_client(const Config& config, Store& store, const std::string& name, const Move& move, Seconds now) {
  const auto before = store.find(name, now);
  if (!before) return before;
  const auto place = place_of(config, move.pop.value_or(before->place.pop),
                              move.policy.empty() ? std::to_string(before->place.policy) : move.policy);
  if (!place) return place.error();
  if (const auto made = address_of(config, before->id, *place); !made) return made.error();
  return store.move(name, *place, now, move.until);
}

Result<ServerAddress> give_server_address(const Config& config, const Client& client, u32 server,
                                          const std::string& path, const std::string& policy) {
  const auto own = address_of(config, client.id, client.place);
  if (!own) return own.error();
  const auto way = path.empty() ? path_to(config, client.place.pop, server, policy) : Result<std::string>(path);
  if (!way) return way.error();
  const auto address = server_address(config, *own, server, *way, policy);
  return address ? Result<ServerAddress>(ServerAddress{*way, *address}) : Result<ServerAddress>(address.error());
}

}  // namespace waymark::provision
