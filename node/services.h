// What the configuration says that a node is to serve. And what a service is, whatever it is called: a reload that
// renames services, targets and zones is recognised by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/services.h"

namespace waymark {

Services services_of(const Config& config);

// Where the tunnel to a target begins: the first of a node's own addresses that is of its family; ::, where none is.
Address source_for(const std::vector<Address>& own, const Address& target);

// A hash of what packets see of a service: addresses and ports. The same on all directors.
u64 scope_of(const ServiceSpec& service);

// A service that the tables know, from this configuration or one before.
struct KnownService {
  std::string name;
  u64 scope = 0;
  u32 realm = 0;
};

// Tells zones apart that serve the same address, by the `realm` of their services: it goes into the flow hash, and no
// zone's name does. A zone keeps the realm of those of its services that are known, whatever it was called before; else
// it is 0, and of new zones with one address the first by name has the lower one, alike on all directors. Fails where
// 256 realms are not enough.
Status set_realms(Services& services, const std::vector<KnownService>& known);

}  // namespace waymark
