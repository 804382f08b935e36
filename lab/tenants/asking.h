// What is asked of the site of lab `tenants` while nothing else happens there, in either data centre, before its
// events.
#pragma once

#include "lab/kit/verdict.h"
#include "lab/tenants/fabric.h"
#include "lab/tenants/questions.h"

namespace waymark::lab {

class Asking {
 public:
  Asking(TenantsFabric& fabric, const TenantQuestions& ask, Verdict& out) : fabric_(fabric), ask_(ask), out_(out) {}

  // Everything, with the server in the first data centre, in the second, and back in the first.
  Status all();

 private:
  Status in(DataCentre at);
  Status between_sites();
  Status strangers();
  Status dropped(const std::string& what, const std::string& reason, const TenantPlan& other,
                 const std::function<Result<u64>()>& send);

  TenantsFabric& fabric_;
  const TenantQuestions& ask_;
  Verdict& out_;
};

// How many routers a packet of a tenant's meets: the gateway, its data centre's, the server's where that is another
// one, and the last one.
u32 routers_between(const std::string& gateway, DataCentre server);

}  // namespace waymark::lab
