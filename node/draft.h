// Another configuration on its way into force. The loop writes down what it has to ask the tables for (Draft), any
// thread makes of it all that takes long (Compiled), and the loop puts that in force:
//
//   Node::draft()      on the loop     slots and service numbers, some microseconds a target
//   compile(draft)     on any thread   Image, lookups, tables of the choices: pure, and slow
//   Node::introduce()  on the loop     before the program is swapped: services that are new have their choices then
//   Node::commit()     on the loop     after it; or Node::abandon(), at any time after draft()
//
// Meanwhile the node goes on as it was: verdicts, decisions and next hops are taken as ever, and commit() honours them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "health/health.h"
#include "node/choices.h"
#include "node/compile.h"
#include "node/edge_flows.h"
#include "node/flows.h"
#include "node/neighbours.h"
#include "node/slots.h"
#include "node/sweep.h"

namespace waymark {

// What compile() needs of the tables and the machine, as values: nothing of it changes while a thread reads it.
struct Draft {
  std::shared_ptr<const Config> config;
  std::shared_ptr<const Services> serves;
  std::vector<InterfaceFacts> interfaces = {};
  std::vector<Prefix> natives = {};  // see CompileInput
  Meta meta{};
  std::vector<u32> services = {};  // their indices, as in serves->service
  std::vector<u32> slots = {};     // of all targets, in their order
  std::vector<u32> weights = {};   // of all targets, as operators and checks have it by now
  std::vector<u32> fellows = {};   // slots, as in serves->fellow
  std::vector<SharedSlot> shared = {};
  std::vector<Tables> before = {};  // the choices in force, as in serves->service; null where there is none
};

// A configuration with all that is looked up in it often. Never changed once it is made.
struct Roster {
  struct ServiceEntry {
    u32 index, first, count;  // its number in the tables; its targets are targets[first] and so many
    u64 digest;               // of what members of a group must agree in, beside its targets
    IdleTimes idle;
  };
  struct TargetEntry {
    u32 slot, service;  // the latter as in `services`
    u64 end;            // Target::end
  };
  std::shared_ptr<const Config> config;
  std::shared_ptr<const Services> serves;
  std::vector<ServiceEntry> services;  // as in serves->service
  std::vector<TargetEntry> targets;    // all, in their order
  std::vector<u32> order;              // positions in `targets`: each service's, in the order of its pool
  std::vector<u32> fellows;            // slots
  std::vector<u32> of_slot, of_index;  // positions in `targets`, by slot, and in `services`, by number; or kNone
  std::unordered_map<std::string_view, u32> service_named;
  static constexpr u32 kNone = ~0u;

  const TargetSpec& target(u32 at) const {
    const TargetEntry& entry = targets[at];
    return serves->service[entry.service].target[at - services[entry.service].first];
  }
  const std::string& service_of(u32 at) const { return serves->service[targets[at].service].name; }
  const ServiceEntry* service_at(u32 index) const {
    return index < of_index.size() && of_index[index] != kNone ? &services[of_index[index]] : nullptr;
  }
  u32 at_slot(u32 slot) const { return slot < of_slot.size() ? of_slot[slot] : kNone; }
  u32 find(std::string_view service, std::string_view target) const;  // a position in `targets`, or kNone
  std::vector<u32> find_all(std::string_view called) const;           // "service/target", or "target" in all services

 private:
  friend std::shared_ptr<const Roster> roster_of(const Draft& draft);
  struct Name {
    u32 service;
    std::string_view target;
    bool operator==(const Name&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Name& n) const {
      return std::hash<std::string_view>()(n.target) + n.service * 0x9e3779b97f4a7c15ull;
    }
  };
  std::unordered_map<Name, u32, Hash> target_named_;
};

std::shared_ptr<const Roster> roster_of(const Draft& draft);

// What commit() takes. The Image is for the engine; the rest is the node's own.
struct Compiled {
  Image image;
  std::shared_ptr<const Roster> roster;
  std::vector<Successor> pools;  // as the weights were when it was drafted; of services that have targets
  u32 stale_stamps = 1;          // as in the image, which may have been moved from
  Health::Plan checks = {};      // Control's
  FlowPlan flows = {};           // of the firewall's
  EdgePlan edge_flows = {};
  NeighbourPlan neighbours = {};  // in tenants' overlays
};

// Fails, with a sentence, where anything does not fit or an interface is missing.
Result<Compiled> compile(const Draft& draft);

}  // namespace waymark
