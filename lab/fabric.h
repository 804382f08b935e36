// A site that runs: daemons, web servers, checked traffic, and the handles by which the schedule moves them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lab/downloads.h"
#include "lab/process.h"
#include "lab/site.h"
#include "lab/stats.h"

namespace waymark::lab {

struct Load {
  u32 connections = 2000;  // long-lived; all rates and counts are shared out over the clients
  u32 fresh = 80;          // short connections a second
  u32 probes = 1000;       // a second
};

struct Tools {
  std::string waymark, next;  // `next`: the same, built with other program bytes
};

class Fabric {
 public:
  Fabric(Site site, Tools tools) : site_(std::move(site)), tools_(std::move(tools)) {}

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

  Status start_traffic(const Load& load);
  Status open();                         // until all long-lived connections are there
  Status resume();                       // after close(): open(), and the short ones and probes
  Status probe(u32 per_second);          // 0: none, and all that were sent have been answered or lost
  Status mark(const std::string& name);  // a new window
  Result<ClientReport> clients();        // all of them, added up
  Result<ServerReport> servers();
  Result<ServerReport> server(const std::string& name);
  Status close();  // ends all traffic in order

  Status start_downloads();  // from each client, by each family
  Downloads& downloads() { return downloads_; }

  const Site& site() const { return site_; }
  const Tools& tools() const { return tools_; }
  const DirectorPlan& plan() const { return plan_; }  // as last configured

 private:
  Status ready(const std::string& node) const;
  Result<ClientReport> tell(const std::string& command);
  Status wait_for(const std::string& what, const std::function<bool(const ClientReport&)>& holds);

  Site site_;
  Tools tools_;
  Load load_;
  DirectorPlan plan_;
  bool outlives_us_ = false;
  Process director_;
  std::vector<Process> hosts_, webs_, clients_, servers_;
  Downloads downloads_;
};

}  // namespace waymark::lab
