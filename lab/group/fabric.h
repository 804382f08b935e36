// A group that runs: directors, hosts, routers' daemons, web servers, checked traffic, and the handles by which the
// schedule moves them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/group/site.h"
#include "lab/kit/crew.h"
#include "lab/kit/daemons.h"

namespace waymark::lab {

class GroupFabric : public Crew {
 public:
  GroupFabric(GroupSite site, Tools tools)
      : Crew(site.prefix(), tools.waymark), site_(std::move(site)), tools_(std::move(tools)), daemons_(site_, tools_) {}
  GroupFabric(const GroupFabric&) = delete;

  // All of it, until the router sends to both directors. `outlives_us`: it stays when this process ends.
  Status up(const GroupPlan& plan, bool outlives_us);
  Status down();  // ends the daemons that still run, in order

  Status configure(const GroupPlan& plan);              // a reload on those that run
  Status weigh(const std::string& target, u32 weight);  // likewise
  Status ask(const std::string& director, const std::vector<std::string>& words) const;
  Result<std::string> show(const std::string& director, const std::string& what) const;

  Status kill_director(const std::string& director);        // the machine: cut off, -9 to all, and its memory is gone
  Status launch_director(const std::string& director);      // a machine that comes up; not waiting for its routes
  Status start_daemon(const std::string& director);         // its daemon alone
  Result<Process> try_daemon(const std::string& director);  // likewise; its end is the caller's
  Process& daemon(const std::string& director) { return directors_[director].daemon; }
  void limit(const std::string& director, const Limits& limits) { daemons_.limits[director] = limits; }
  Status forget(const std::string& director) const;         // what a machine that starts again has not
  Status replace_director(const std::string& director);     // by a build with other program bytes
  Status await_hops(size_t directors) const;                // to so many does the router send
  Status flap(const std::string& director, bool up) const;  // its routing daemon withdraws, or announces again
  Status kill_server(const std::string& server);            // the machine

  const GroupSite& site() const { return site_; }
  const GroupPlan& plan() const { return plan_; }
  const Tools& tools() const { return tools_; }

 private:
  struct Director {
    Process daemon, bird;
    bool runs = false;
  };

  const GroupSite site_;
  const Tools tools_;
  Daemons daemons_;
  GroupPlan plan_;
  Process router_;
  std::map<std::string, Director> directors_;
  Servers servers_;
};

}  // namespace waymark::lab
