// `waymark provision`: addresses for clients of POPs, each given once, and kept.
#pragma once

#include <optional>
#include <string>

namespace waymark::cli {

struct ProvisionOptions {
  std::string config, store, name, policy, path, interface = "eth0", keep = "24h", write;
  std::optional<unsigned> pop;
  unsigned server = 0;
  bool json = false, networkd = false, ifupdown = false, all = false, revoked = false;
};

// The exit statuses.
int provision_client_command(const ProvisionOptions& options);
int provision_move_command(const ProvisionOptions& options);
int provision_revoke_command(const ProvisionOptions& options);
int provision_show_command(const ProvisionOptions& options);
int provision_list_command(const ProvisionOptions& options);
int provision_server_address_command(const ProvisionOptions& options);

}  // namespace waymark::cli
