// What an operator does with clients, by command and API alike: each is checked whole before the store changes.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "provision/store.h"

namespace waymark::provision {

// A new client gets no id above `most_id`.
Result<Client> give_client(const Config& config, Store& store, const std::string& name, u32 pop,
                           const std::string& policy, Seconds now, u64 most_id = ~u64(0));

// To another POP, or policy, or with the newest key; what is not said stays. The address before holds until `until`.
struct Move {
  std::optional<u32> pop;
  std::string policy;  // "": stays
  Seconds until = 0;
};
Result<Client> move_client(const Config& config, Store& store, const std::string& name, const Move& move, Seconds now);

// A server's address for one client. `path`: as server_address() takes one, "" for the one that is chosen.
struct ServerAddress {
  std::string path;
  Address address;
};
Result<ServerAddress> give_server_address(const Config& config, const Client& client, u32 server,
                                          const std::string& path, const std::string& policy);

}  // namespace waymark::provision
