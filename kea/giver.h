// Which address a DHCPv6 client gets: its own, of Waymark's provisioned clients. Knows nothing of Kea.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/prefix.h"
#include "config/config.h"
#include "kea/parameters.h"
#include "provision/clients.h"

namespace waymark::kea {

using provision::Addressed, provision::Seconds;

// "duid:000300015254001234ab": the name that a client with this DUID has among provisioned ones. Refused are DUIDs of
// less than 3 octets (RFC 8415, 11.1), and of more than 57, for which names have no room.
Result<std::string> name_of(std::span<const u8> duid);

// An address and what a client is to be told of it: seconds, as in an IA Address option (RFC 8415, 21.6); a valid
// lifetime of 0 takes it away.
struct Told {
  Address address;
  u32 preferred, valid;
  bool operator==(const Told&) const = default;
};

class Giver {
 public:
  // Reads the configuration and opens the store. Checks all that needs no subnet of Kea's.
  static Result<Giver> open(const Parameters& parameters);

  bool has_rule(u32 subnet) const { return rules_.contains(subnet); }
  // The prefixes of the rules' subnets, out of Kea's whole configuration ("Dhcp6" of kea-dhcp6.conf). Refused is a rule
  // whose subnet is not there, is in a shared network, or does not hold all addresses of the rule's POP and policy in
  // one of its pools: Kea ends leases outside. Then no subnet has any address.
  Status take_subnets(const std::string& json);

  // The client's address in a subnet: the one it has, or a former one that still holds. None in a subnet of no rule.
  std::optional<Address> choose(const Addressed& client, u32 subnet) const;
  // For one IA_NA's addresses: a former one that still holds is deprecated, and ends when provisioning says so: neither
  // later, nor before if the client has another one of the same subnet.
  void tell_former(const Addressed& client, std::span<Told> told, Seconds now) const;

  // The client who has the name, if there is one. Refused until take_subnets() found all good.
  Result<std::optional<Addressed>> look(const std::string& name, Seconds now) const;
  // Makes the client, whom look() did not find. Refuses where the rule allows it not, and names that were revoked.
  Result<Addressed> make(u32 subnet, const std::string& name, Seconds now);

 private:
  Giver(Config config, provision::Store store) : config_(std::move(config)), store_(std::move(store)) {}
  Status check_subnet(const SubnetRule& rule, const KeaSubnet& subnet) const;
  Config config_;
  provision::Store store_;
  std::map<u32, SubnetRule> rules_;
  std::map<u32, Prefix> prefixes_;  // of all rules, or none
};

}  // namespace waymark::kea
