// What hosted code knows of a role: one Descriptor, in roles/*/role.cpp. Who serves all roles (the checks, the
// compiler, the daemon, the command line) goes through the list and names none of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/problem.h"

namespace waymark {

namespace config {
struct Checking;
}

// An address or a prefix that something in a configuration has.
struct Owned {
  enum Kind : u8 {
    entered = 1,  // packets to it that come in are this role's
    served = 2,   // clients reach a service there, here or behind tunnels: no tunnel may begin or end there
    tunnel = 4,   // tunnels begin or end there
  };
  Prefix prefix;
  u8 kinds;               // of Kind
  std::string_view zone;  // where packets to it come in; empty: in any
  std::string whose;      // "an address of service \"web\"", after "is both" or "and"
  config::Mark at;
};

struct Descriptor {
  Role role;
  // What gives it work, as sentences call it: "[[service]]". And whether a configuration has that.
  const char* work;
  bool (*has_work)(const Config&);
  // Of a node's roles the one with the lowest attaches its program, where [engine] first does not say.
  u32 precedence;
  // Whose packets to its own addresses are: "a service's address".
  const char* address_text;
  // What `check` says it does: "translates by 1 prefix and 2 maps". Of a configuration that gives it work.
  std::string (*summary)(const Config&);

  // The rest is for roles that have such a thing; null: none.
  // Rules between keys (config/checks.h), also where there is no section; then what is tidied in a good configuration.
  void (*check)(config::Checking&) = nullptr;
  void (*settle)(Config&) = nullptr;
  // What it has, so that no two roles have the same.
  void (*owns)(const config::Checking&, std::vector<Owned>&) = nullptr;
  std::vector<std::string_view> (*zones)(const Config&) = nullptr;
  // Named things that come and go with a reload, and what one is called: "host service".
  const char* thing = nullptr;
  std::vector<std::string_view> (*things)(const Config&) = nullptr;
};

const Descriptor& descriptor_of(Role role);

// Those of a configuration's roles that have work, in the order of their numbers.
std::vector<const Descriptor*> roles_at_work(const Config& config);

// "1 service", "2 services"; `several` where that is no plural.
std::string counted(std::size_t n, const std::string& what, const std::string& several = "");

}  // namespace waymark
