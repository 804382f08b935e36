// The checked traffic of one site: a client tool in each client, a server tool in each server, and their counts.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lab/kit/place.h"
#include "lab/kit/process.h"
#include "lab/traffic/stats.h"

namespace waymark::lab {

struct Load {
  u32 connections = 2000;  // long-lived; all rates and counts are shared out over the clients
  u32 fresh = 80;          // short connections a second
  u32 probes = 1000;       // a second
};

// Who talks: nodes, and the addresses that servers listen at and clients ask, by commas.
struct Cast {
  std::vector<std::string> clients = kClients, servers = kServers;
  std::string at = kService6 + "," + kService4, to = at;
  std::map<std::string, std::string> at_of = {};  // of servers that listen elsewhere
  std::map<std::string, std::string> to_of = {};  // of clients that ask elsewhere
};

class Crew {
 public:
  // Namespaces are called <prefix>c1 and so on; `program` is waymark, which has the tools.
  Crew(std::string prefix, std::string program, Cast cast = {})
      : prefix_(std::move(prefix)), program_(std::move(program)), cast_(std::move(cast)) {}

  Status start_traffic(const Load& load);
  Status open(u64 may_lack = 0);         // until all long-lived connections are there, or all but so many
  Status resume();                       // after close(): open(), and the short ones and probes
  Status probe(u32 per_second);          // 0: none, and all that were sent have been answered or lost
  Status mark(const std::string& name);  // a new window
  Result<ClientReport> clients();        // all of them, added up
  Result<ServerReport> servers();
  Result<ServerReport> server(const std::string& name);  // of one that was killed: its last
  Status close();                                        // ends all traffic in order
  Status kill_server_tool(const std::string& name);      // -9, once its last report is heard

 protected:
  void recast(Cast cast) { cast_ = std::move(cast); }  // before there is traffic

 private:
  Result<ClientReport> tell(const std::string& command);
  Status wait_for(const std::string& what, const std::function<bool(const ClientReport&)>& holds);

  size_t place_of(const std::string& server) const;

  std::string prefix_, program_;
  Cast cast_;
  Load load_;
  std::vector<Process> clients_, servers_;
  std::map<std::string, ServerReport> gone_;
};

}  // namespace waymark::lab
