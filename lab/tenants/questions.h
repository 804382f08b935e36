// What tenants and their server ask in lab `tenants`: each a sentence of what was seen, or the error that says what was
// not.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/process.h"
#include "lab/tenants/site.h"

namespace waymark::lab {

class TenantQuestions {
 public:
  using Found = Result<std::string>;
  explicit TenantQuestions(const TenantsSite& site) : site_(site) {}
  Status start();  // the servers, until they answer

  bool passes(const TenantPlan& tenant) const;  // one ping
  // Of the server, or of another site of the tenant's.
  Found ping(const std::string& node, const std::string& to) const;
  Found trace(const std::string& node, const std::string& to, u32 routers) const;  // how many are between
  Found echoes_find_mtu(const std::string& node, const std::string& to, u32 mtu) const;
  Found upload(const std::string& node, const std::string& to, u32 mtu) const;  // its sender learns the MTU

  Found who(const TenantPlan& tenant) const;  // by HTTP: whom the server sees
  Found download(const TenantPlan& tenant) const;
  Found ping_back(const TenantPlan& tenant) const;  // the server's, of the tenant's address, and of nobody else

  // Packets that must come to nothing: pings, of which none is answered. How many were sent.
  Result<u64> from_foreign_source(const TenantPlan& tenant) const;
  Result<u64> in_vni_of(const TenantPlan& other, const TenantPlan& tenant) const;  // from this tenant's far end
  Result<u64> by_ip6_to(const TenantPlan& other, const TenantPlan& tenant) const;  // in this tenant's tunnel
  Result<u64> unsolicited(const TenantPlan& tenant) const;  // the server's datagrams, to ports of no flow
  Result<u64> to_far(const TenantPlan& tenant) const;       // to red's other site
  Result<u64> received(const TenantPlan& tenant) const;     // frames, out of its tunnel

 private:
  Status serve(const std::string& node, const std::string& at);
  Result<u64> refused(const TenantPlan& tenant, const std::string& commands, std::vector<std::string> words) const;

  const TenantsSite& site_;
  std::vector<Process> web_;
};

}  // namespace waymark::lab
