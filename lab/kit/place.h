// What all labs' wires have in common: names, the clients' and servers' addresses, and how namespaces come up.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "core/types.h"

namespace waymark::lab {

// Where things are. The service's addresses stand on every server's `lo`.
inline const std::string kService6 = "2001:db8:80::1", kService4 = "198.51.100.80";
constexpr u16 kEchoPort = 7000;
inline const std::vector<std::string> kClients = {"c1", "c2"};
inline const std::vector<std::string> kServers = {"s1", "s2", "s3", "s4"};  // s4 waits until it is added

struct TargetPlan {
  std::string name;
  u32 weight = 10;
};

// The tunnel ends of a server; its service's targets use one of them.
std::string address6(const std::string& server);
std::string address4(const std::string& server);
bool over_ip4(const std::string& server);  // s3 and s4

class Place {
 public:
  // Namespaces are called <prefix>c1 and so on; files go to `directory`, which raise() makes.
  Place(std::string prefix, std::string directory) : prefix_(std::move(prefix)), directory_(std::move(directory)) {}

  const std::string& prefix() const { return prefix_; }
  std::string netns(const std::string& node) const { return prefix_ + node; }
  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  std::string instance(const std::string& node) const { return prefix_ + node; }  // [node] name
  std::string socket(const std::string& node) const { return file(node + ".sock"); }

  // s1.nginx ..., serving <directory>/www; `more`: further directives of the server.
  Status write_nginx(const std::string& server, const std::string& more = "") const;
  // s1.knot ..., and s1.run for what it keeps: a zone of one name server with `records` besides, at these addresses;
  // `more`: further lines of the server.
  Status write_knot(const std::string& server, const std::string& domain, const std::string& records,
                    const std::vector<std::string>& at, const std::string& more = "") const;
  // s1.toml ...: tunnels come from `directors`; `hosts` are the service's other hosts' tunnel ends.
  Status write_host(const std::string& server, const std::vector<std::string>& directors,
                    const std::vector<std::string>& hosts) const;

 protected:
  using Settings = std::vector<std::pair<std::string, std::string>>;  // of sysctl
  using Interfaces = std::vector<std::pair<std::string, std::string>>;
  struct Wires {
    std::vector<std::string> nodes;
    std::string links;                                          // one `ip -batch` that joins them
    std::function<std::string(const std::string&)> commands;    // one in each node
    std::function<Settings(const std::string&)> more_settings;  // beside those that all have
    Interfaces whole_sums, polled;
  };
  void add_ends(Wires& wires) const;  // clients and servers
  Status raise(const Wires& wires) const;

  std::string wire(const std::string& a, const std::string& at_a, const std::string& b, const std::string& at_b) const;

 private:
  std::string prefix_, directory_;
};

// `ip -batch` takes the family from each line's addresses, except that "default via" is taken as IPv4's.
std::string client_commands(const std::string& client);              // eth0, to the router
std::string server_commands(const std::string& server, int tunnel);  // eth0; `tunnel`: bytes it adds at most
std::string segment_commands(const std::string& bridge, const std::vector<std::string>& ports);
std::string router_commands();  // its ends of the clients' and servers' links

std::string url(const std::string& address, const std::string& path);  // "http://[2001:db8::1]/path", or of IPv4
Status write_file(const std::string& path, const std::string& text);
Status write_secret(const std::string& path);  // of a [group], at random

}  // namespace waymark::lab
