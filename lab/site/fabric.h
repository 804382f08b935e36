// A site that runs: daemons, web servers, checked traffic, and the handles by which the schedule moves them.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/crew.h"
#include "lab/kit/daemons.h"
#include "lab/kit/downloads.h"
#include "lab/kit/process.h"
#include "lab/site/site.h"

namespace waymark::lab {

class Fabric : public Crew {
 public:
  Fabric(Site site, Tools tools)
      : Crew(site.prefix(), tools.waymark), site_(std::move(site)), tools_(std::move(tools)), daemons_(site_, tools_) {}
  Fabric(const Fabric&) = delete;

  // The site with nginx and daemons, ready for traffic. `outlives_us`: they stay when this process ends.
  Status up(const DirectorPlan& plan, bool outlives_us);
  Status down();  // detaches every daemon in order; the namespaces are somebody else's to remove

  // `program` starts as the director's daemon, or takes over from the running one; until it is ready.
  Status start_director(const std::string& program);
  Status replace_director(const std::string& program);
  Status launch_director(const std::string& program);  // not waiting until it is ready
  Status director_ready();
  Status kill_director();                           // -9
  Status renew_director(const DirectorPlan& plan);  // down, and up again from nothing
  Status configure(const DirectorPlan& plan, bool reload);
  Status ask_director(const std::vector<std::string>& words) const;  // e.g. {"drain", "s1"}
  Result<std::string> show(const std::string& what) const;           // `waymark show WHAT --json` of the director

  Result<std::string> reconciled() const;  // reconcile() of the director
  Status start_downloads();                // from each client, by each family
  Downloads& downloads() { return downloads_; }

  const Site& site() const { return site_; }
  const Tools& tools() const { return tools_; }
  const DirectorPlan& plan() const { return plan_; }  // as last configured

 private:
  const Site site_;
  const Tools tools_;
  Daemons daemons_;
  DirectorPlan plan_;
  Process director_;
  Servers servers_;
  Downloads downloads_;
};

}  // namespace waymark::lab
