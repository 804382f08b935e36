// What the API is asked of the file of clients ([path] provision): addresses given, moved, revoked and shown. The file
// waits for disks and for other processes, so all of this is for the worker's thread.
#pragma once

#include <map>
#include <optional>

#include "daemon/command.h"
#include "daemon/rows.h"
#include "provision/store.h"

namespace waymark {

// A client with its addresses, the one that it has first; and what became of it.
struct Provisioned {
  std::string news;  // a sentence; empty: all was so before
  Rows rows;
};
Result<Provisioned> change_client(const Config& config, const Provision& asked, provision::Seconds now);

Result<u64> id_of_client(const Config& config, const std::string& name, provision::Seconds now);

// How many clients have an address of an epoch, one that still holds among them. None where no file of clients is
// named.
Result<std::optional<std::map<u64, u64>>> clients_by_epoch(const Config& config, provision::Seconds now);

// All clients, or one, with their addresses; or a server's address for one.
Result<Rows> show_clients(const Config& config, const Show& show, provision::Seconds now);
Result<Rows> show_server_address(const Config& config, const Show& show, provision::Seconds now);

}  // namespace waymark
