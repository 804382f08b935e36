// What provisioned clients are given, by a POP's configuration: addresses, and how a machine is told of them.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "core/address.h"
#include "provision/store.h"

namespace waymark::provision {

// The clients' plan, which a store is of: "3fff:c00::/40, pop:8 policy:8 id:32 zero:40".
Result<std::string> plan_text(const Config& config);
Result<u64> most_ids(const Config& config);

// What is wrong with a client's name, which appears in tables and in files of others.
Status check_name(const std::string& name);

// Where a new address is; `policy`: a name or an index. Its epoch is that of the key that makes new addresses.
Result<Place> place_of(const Config& config, u32 pop, const std::string& policy);
Result<Address> address_of(const Config& config, u64 id, const Place& place);
// What else is to be known of it: "" or a sentence.
std::string warning_of(const Config& config, const Place& place, const Address& address);

// A policy's index, by that or its name; and its name, or the index where there is none.
Result<u32> policy_called(const PathConfig& path, const std::string& policy);
std::string policy_text(const Config& config, u32 index);

// The chosen path from a POP to a server, as server_address() takes one.
Result<std::string> path_to(const Config& config, u32 pop, u32 server, const std::string& policy);

// A server's address for one client. `path`: POPs in their order from the client's side, the last the server's.
Result<Address> server_address(const Config& config, const Address& client, u32 server, const std::string& path,
                               const std::string& policy);

// A client with its addresses: the one it has, and those that it keeps for a while.
struct Addressed {
  Client client;
  Address address;
  std::vector<std::pair<Address, Seconds>> former;
};
Result<Addressed> addressed(const Config& config, const Client& client);

std::string as_table(const Config& config, const std::vector<Addressed>& clients);
// Those who are revoked, as the file that POPs watch has them ([path] revoked).
std::string as_revoked(const std::vector<Client>& clients);
std::string as_json(const Config& config, const std::vector<Addressed>& clients);
// For one machine. New connections take the address that is not deprecated.
std::string as_networkd(const Addressed& client, const std::string& interface);
std::string as_ifupdown(const Addressed& client, const std::string& interface);

}  // namespace waymark::provision
