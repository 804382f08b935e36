// What flows of [edge] are, for whoever has a configuration and many of their records: packets find that in the tables
// of one load.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "core/tables.h"
#include "dataplane/image.h"
#include "roles/edge/packet_family.h"

namespace waymark {

class EdgeServices {
 public:
  EdgeServices() = default;
  explicit EdgeServices(const EdgeConfig& edge);

  // The service's place in [edge]; none where the configuration has that no more. A ping is of the first service of its
  // address.
  std::optional<u32> service_of(const edge::Ends& ends) const;

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

  std::map<u8, Length, std::greater<>> lengths_;  // of prefixes, the longest first
};

// A load's tables, as a family's functions ask for them (roles/edge/packet_family.h).
struct EdgeLoad {
  EdgeLoad() = default;
  explicit EdgeLoad(const Image& image)
      : constants{{image.settings.role.edge}}, anycasts(image.edge_anycasts), pool(image.edge_pool) {}

  struct Constants {
    struct {
      edge::OwnSettings edge{};
    } role;
  } constants;
  std::vector<EdgeAnycast> anycasts;
  std::vector<u64> pool;

  const Constants& settings() const { return constants; }
  const EdgeAnycast* at(decltype(table::edge_anycasts), u32 i) const {
    return i < anycasts.size() ? &anycasts[i] : nullptr;
  }
  const u64* at(decltype(table::edge_pool), u32 i) const { return i < pool.size() ? &pool[i] : nullptr; }
};

}  // namespace waymark
