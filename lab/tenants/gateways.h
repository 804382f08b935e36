// What stands between tenants and cloud in lab `tenants`: Waymark, or in the control a NAT64 with state in each
// gateway.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/kit/daemons.h"
#include "lab/tenants/site.h"

namespace waymark::lab {

class Gateways {
 public:
  virtual ~Gateways() = default;
  virtual Status start(const std::string& gateway, const Standing& standing) = 0;   // until it is ready
  virtual Status change(const std::string& gateway, const Standing& standing) = 0;  // of one that runs
  // Where gateways agree among themselves, one that runs is told to take an id, and whoever holds it lets go. Where
  // they do not, both are changed.
  virtual bool agree() const { return false; }
  virtual Status take(const std::string&, u32) { return Done{}; }
  virtual Status kill(const std::string& gateway) = 0;    // -9 to its daemons
  virtual Status stop(const std::string& gateway) = 0;    // in order; of its flows nothing stays
  virtual Status forget(const std::string& gateway) = 0;  // once killed: what a machine without power has not
  virtual void release() = 0;                             // its daemons stay when this process ends
};

std::unique_ptr<Gateways> waymark_gateways(const TenantsSite& site, const Tools& tools, const Daemons& daemons);
// TAYGA for each tenant, and Linux's own source NAT behind it: flows of a gateway get one address of its own, out of
// the plan's prefix, and ports by which it alone knows them. Tunnels are the kernel's, and the lab's own for GRE.
std::unique_ptr<Gateways> plain_gateways(const TenantsSite& site, const Tools& tools);

}  // namespace waymark::lab
