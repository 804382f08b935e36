// Waymark's daemons and the web servers in a place's nodes, and how to talk to them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/kit/place.h"
#include "lab/kit/process.h"

namespace waymark::lab {

struct Tools {
  std::string waymark, next;  // `next`: the same, built with other program bytes
};

class Daemons {
 public:
  Daemons(const Place& place, const Tools& tools) : place_(place), tools_(tools) {}
  bool outlive_us = false;                    // they stay when this process ends
  std::map<std::string, Limits> limits = {};  // by node, of daemons that start from now on

  // `program` runs with the node's configuration, and logs to its .log; `replace`: it takes over from who runs.
  Result<Process> start(const std::string& node, const std::string& program, bool replace = false) const;
  Status ready(const std::string& node) const;                                                         // it answers
  Result<u64> sum(const std::string& node, const std::string& what, const std::string& column) const;  // of `show`
  Result<std::string> ask(const std::string& node, std::vector<std::string> words) const;  // e.g. {"drain", "s1"}
  Result<std::string> show(const std::string& node, const std::string& what) const;        // as JSON
  Result<u64> count(const std::string& node, const std::string& reason) const;             // packets that ended so
  Status down(const std::vector<std::string>& nodes) const;                                // `waymark down` in each
  // Likewise, by node, and until each has ended; each may take so long.
  Status down(std::map<std::string, Process>& running, Duration patience) const;

 private:
  const Place& place_;
  const Tools& tools_;
};

// nginx and a host daemon in each server, whose files are written already.
class Servers {
 public:
  Status start(const Place& place, const Daemons& daemons, const Tools& tools);
  Status kill(const std::string& server);  // -9 to both
  void end();                              // waits for the daemons, which are told to go, and ends nginx
  void release();

 private:
  struct One {
    std::string name;
    Process web, host;
  };
  std::vector<One> all_;
};

}  // namespace waymark::lab
