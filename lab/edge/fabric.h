// The site of lab `edge` with all that runs in it, and the handles by which its events move it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/edge/site.h"
#include "lab/kit/crew.h"
#include "lab/kit/daemons.h"

namespace waymark::lab {

class EdgeFabric : public Crew {
 public:
  EdgeFabric(EdgeSite site, Tools tools, Anycast how);
  EdgeFabric(const EdgeFabric&) = delete;

  Status up(bool outlives_us);  // until each client reaches its site
  Status down();                // Waymark's daemons, in order

  // Events. Those of edges happen in a control that has none, too: to nobody.
  Status prefer(Preferred site);         // the second router, of its sites
  Status spread(bool on);                // each packet to one of the two, at random
  Status withdraw(u32 site, bool gone);  // its route to the anycast address; its servers live
  Status kill(const std::string& edge);  // its daemon
  Status start(const std::string& edge);
  Status upgrade(const std::string& edge);
  Status send_by(bool other);  // the first client's router, of its edges
  Status lose_machine(const std::string& edge);
  Status lose_server(const std::string& server);  // all that serves there

  bool has_edges() const { return how_ == Anycast::by_edges; }
  const EdgeSite& site() const { return site_; }
  const Daemons& daemons() const { return daemons_; }
  // Who answers a client's request: the site's server sees this address.
  Result<std::string> who_asks(const std::string& client) const;

 private:
  Status launch(const std::string& node);
  bool is_first_preferred() const;  // by the second router

  const EdgeSite site_;
  const Tools tools_;
  const Anycast how_;
  Daemons daemons_;
  std::map<std::string, Process> birds_, waymark_;
  std::map<std::string, std::vector<Process>> servers_;  // nginx and knotd of each
};

}  // namespace waymark::lab
