// What tenants and their server ask in lab `tenants`: each a sentence of what was seen, or the error that says what was
// not.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/daemons.h"
#include "lab/tenants/site.h"

namespace waymark::lab {

class TenantQuestions {
 public:
  using Found = Result<std::string>;
  TenantQuestions(const TenantsSite& site, const Tools& tools) : site_(site), tools_(tools) {}

  // Of the server, or of another site of the tenant's.
  Found ping(const std::string& node, const std::string& to) const;
  Found trace(const std::string& node, const std::string& to, u32 routers) const;  // how many are between
  Found echoes_find_mtu(const std::string& node, const std::string& to, u32 mtu) const;
  Found upload(const std::string& node, const std::string& to, u32 mtu) const;  // its sender learns the MTU

  Found who(const TenantPlan& tenant) const;                // by HTTP: whom the server sees
  Found download(const TenantPlan& tenant, u32 mtu) const;  // the server learns the MTU
  Found ping_back(const TenantPlan& tenant) const;          // the server's, of the tenant's address, and of nobody else

  // Packets that must come to nothing: pings, of which none is answered. How many were sent.
  Result<u64> from_foreign_source(const TenantPlan& tenant) const;
  Result<u64> in_other_vni(const TenantPlan& tenant) const;
  Result<u64> in_gre_of(const TenantPlan& other, const TenantPlan& tenant) const;  // from this tenant's far end
  Result<u64> by_ip6_to(const TenantPlan& other, const TenantPlan& tenant) const;  // in this tenant's tunnel
  Result<u64> unsolicited(const TenantPlan& tenant) const;  // the server's datagrams, to ports of no flow
  // The same, ten a second to each tenant for as long as the process lives; and how many have ever come there.
  Result<Process> intrude() const;
  Result<u64> intruded(const TenantPlan& tenant) const;
  Result<u64> to_far(const TenantPlan& tenant) const;    // to red's other site
  Result<u64> received(const TenantPlan& tenant) const;  // packets, out of its tunnel

 private:
  Result<u64> refused(const TenantPlan& tenant, const std::string& commands, std::vector<std::string> words) const;

  const TenantsSite& site_;
  const Tools& tools_;
};

}  // namespace waymark::lab
