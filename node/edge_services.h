// Which anycast service of [edge] a flow of its table is of. Packets find that in the tables of one load; this is for
// whoever has a configuration and many flows.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "core/tables.h"
#include "roles/edge/packet_flow.h"

namespace waymark {

class EdgeServices {
 public:
  EdgeServices() = default;
  explicit EdgeServices(const EdgeConfig& edge);

  // Where the client sends it; none, as below, where the configuration has that no more.
  std::optional<Address> anycast_of(const edge::Key& key) const;
  // The service's place in [edge]. A ping is of the first service of its address.
  std::optional<u32> service_of(const edge::Key& key) const;

 private:
  struct Ports {
    PortRange range;
    u32 service;
  };
  struct Hash {
    std::size_t operator()(const Address& a) const { return hash_words(a.high, a.low, 0); }
  };
  struct Length {
    Address mask;
    std::unordered_map<Address, std::vector<Ports>, Hash> prefixes;
  };

  std::unordered_map<u32, u64> halves_;           // of anycast addresses, by number
  std::map<u8, Length, std::greater<>> lengths_;  // of prefixes, the longest first
};

}  // namespace waymark
