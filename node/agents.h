// Servers that register, on both sides of a node: as a director it takes registrations (agents/registrar.h), and adds
// those who registered to its services' targets; as a host it registers its own services (agents/registrant.h).
#pragma once

#include <optional>
#include <vector>

#include "agents/registrant.h"
#include "agents/registrar.h"
#include "config/services.h"
#include "health/health.h"

namespace waymark {

// Out of the files that the configuration names, in its order.
struct AgentKeys {
  std::vector<std::vector<u8>> peers;      // of [[agents.peer]]
  std::vector<std::vector<u8>> directors;  // of [[host.director]]
  bool operator==(const AgentKeys&) const = default;
};

class Agents {
 public:
  // `seed`: random, of each start its own. `epoch` grows with each start (agents/registrant.h).
  Agents(u64 seed, u32 epoch) : seed_(seed), epoch_(epoch) {}

  // Whether configure() would succeed: on machines of its own.
  static Status check(const Config& config, const AgentKeys& keys, Time now);
  // Before a configuration comes into force whose services are joined. Fails, and changes nothing, where it cannot be;
  // where it has no [agents] or registers nothing, that side ends.
  Status configure(const Config& config, const AgentKeys& keys, Time now);

  // Adds the targets that registered for these services, as services_of() makes them, behind their own. A name or an
  // address that a target of the configuration has stays its own.
  void join(Services& services, const Config& config) const;
  u64 changes() const { return registrar_ ? registrar_->changes() + 1 : 0; }  // counts what makes join() do otherwise

  // A host's own services are registered while they are well: those that are not checked always are.
  void set_well(const std::string& service, bool well, Time now);

  // Load of a registered service: as it counts in RegisterConfig's units. Fails where there is none of that name.
  struct Use {
    std::optional<u32> sessions, capacity;
  };
  Status set_load(const std::string& service, const Use& use, Time now);
  bool registers(const std::string& service) const { return registered(service) != nullptr; }
  Status drain(const std::string& service, bool on, Time now);  // "": all

  std::vector<agents::Datagram> tick(Time now);  // from the registrar; to_directors() has the registrant's
  std::vector<agents::Datagram> to_directors(Time now);
  Time deadline() const;
  std::vector<Event> take_events();

  agents::Registrar* registrar() { return registrar_ ? &*registrar_ : nullptr; }
  const agents::Registrar* registrar() const { return registrar_ ? &*registrar_ : nullptr; }
  agents::Registrant* registrant() { return registrant_ ? &*registrant_ : nullptr; }
  const agents::Registrant* registrant() const { return registrant_ ? &*registrant_ : nullptr; }

 private:
  const RegisterConfig* registered(const std::string& service) const;  // of the host's own
  void tell_load(const std::string& service, Time now);

  const u64 seed_;
  const u32 epoch_;
  std::optional<agents::Registrar> registrar_;
  std::optional<agents::Registrant> registrant_;
  std::vector<HostServiceConfig> own_;  // those that are registered
  std::map<std::string, Use> uses_;     // by service
};

}  // namespace waymark
