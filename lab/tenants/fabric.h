// The site of lab `tenants` with all that runs in it, and the handles by which its events move it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lab/kit/crew.h"
#include "lab/kit/daemons.h"
#include "lab/tenants/far_end.h"
#include "lab/tenants/gateways.h"
#include "lab/tenants/site.h"

namespace waymark::lab {

enum class By : u8 { waymark, plain };

class TenantsFabric : public Crew {
 public:
  TenantsFabric(TenantsSite site, Tools tools, By by);
  TenantsFabric(const TenantsFabric&) = delete;

  Status build(bool outlives_us);  // all but gateways
  Status start_gateways();         // with the spare one, where they agree among themselves
  Status start(const std::string& gateway);
  Status await_passage(Duration patience) const;  // of a ping of each tenant
  bool passes(const TenantPlan& tenant) const;    // one ping
  Status down();                                  // ends the gateways that run, in order
  void release();                                 // all stays when this process ends

  // Events.
  Status move_server(DataCentre to);
  Status announce_specific();
  Status kill(const std::string& gateway);  // its daemon
  Status stop(const std::string& gateway);  // in order
  Status lose(const std::string& gateway);  // the machine
  // `gateway` holds the id from now on, and its holder, if there is one yet, does not.
  Status take(const std::string& gateway, u32 id);

  const TenantsSite& site() const { return site_; }
  const Daemons& daemons() const { return daemons_; }
  const std::string& holder(u32 id) const;

 private:
  Status serve(const std::string& node, const std::string& at, bool outlives_us);
  bool runs(const std::string& gateway) const { return running_.contains(gateway); }

  const TenantsSite site_;
  const Tools tools_;
  Daemons daemons_;
  std::unique_ptr<Gateways> gateways_;
  std::map<std::string, Standing> standing_ = {{"g1", {{1}}}, {"g2", {{2}}}, {"g3", {}}};
  std::map<std::string, bool> running_;
  std::map<std::string, Process> birds_, web_;
  FarEnd blue_;
};

}  // namespace waymark::lab
