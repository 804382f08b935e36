// What names there are and what they have, compiled from [dns] and the plans of [path]: nothing of it changes, so the
// name server's thread reads it while another is made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "config/prefixes.h"
#include "core/plan.h"

namespace waymark::dns {

enum class Type : u16 {
  a = 1,
  ns = 2,
  soa = 6,
  hinfo = 13,
  aaaa = 28,
  opt = 41,
  https = 65,
  ixfr = 251,
  axfr = 252,
  any = 255
};

// Records of one name and type.
struct Records {
  std::string owner;  // a wire name, as are those in its data
  Type type;
  u32 ttl;
  std::vector<std::string> data;
};

struct Zone {
  Records soa, negative, ns;  // negative: the SOA as it stands beside what is not there (RFC 2308, 3)
};

struct Choice {
  u32 id, pop, weight;  // a server, where it is, and its share
};

// A name. There is one for what is above a name in its zone, too, without records (RFC 8020).
struct Node {
  u32 zone;
  std::vector<Records> records;    // the same for all clients
  std::vector<Choice> servers;     // none: AAAA is the same for all, too
  u32 policy = 0;                  // index in these servers' addresses
  std::optional<Records> unknown;  // the AAAA records for clients that are not known
};

class Zones {
 public:
  // Of a configuration that passed its checks and has [dns].
  static std::shared_ptr<const Zones> compile(const Config& config);

  struct Found {
    const Zone* zone = nullptr;  // null: outside of all zones
    const Node* node = nullptr;  // null: there is no such name
  };
  Found find(std::string_view name) const;  // a wire name in lower case

  const Plan& clients() const { return clients_; }
  const Plan& servers() const { return servers_; }
  bool has_pop(u32 id) const { return id < pops_.size() && pops_[id]; }
  bool is_resolver(const Address& from) const;
  u32 ttl() const { return ttl_; }      // of a client's own answer, in seconds
  u32 scope() const { return scope_; }  // how many bits of its address it is for
  u32 least() const { return least_; }  // how many it depends on
  u32 rate() const { return rate_; }
  u32 resolver_rate() const { return resolver_rate_; }
  std::size_t zones() const { return all_.size(); }

 private:
  void add_zone(const DnsZoneConfig& zone);
  Node& add_name(const DnsNameConfig& name);
  Node& at(const std::string& name, u32 zone);

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  std::unordered_map<std::string, Node, Hash, std::equal_to<>> nodes_;
  std::vector<Zone> all_;
  Plan clients_{}, servers_{};
  std::vector<bool> pops_;
  std::vector<Prefix> resolvers_;
  u32 ttl_ = 0, scope_ = 128, least_ = 128, rate_ = 1, resolver_rate_ = 1;
};

}  // namespace waymark::dns
