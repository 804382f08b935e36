// Lab `site`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "core/types.h"

namespace waymark::lab {

// Where things are. The service's addresses stand on every server's `lo`.
inline const std::string kService6 = "2001:db8:80::1", kService4 = "198.51.100.80";
inline const std::string kDirector6 = "2001:db8:5::d", kDirector4 = "192.0.2.1";
constexpr u16 kEchoPort = 7000;
inline const std::vector<std::string> kClients = {"c1", "c2"};
inline const std::vector<std::string> kServers = {"s1", "s2", "s3", "s4"};  // s4 waits until it is added

struct TargetPlan {
  std::string name;
  u32 weight = 10;
};

// What the director's configuration says, as far as the lab ever changes it.
struct DirectorPlan {
  std::vector<TargetPlan> targets = {{"s1"}, {"s2"}, {"s3"}};
  bool persist = true;
  u32 pins = 65536;
};

class Site {
 public:
  // Namespaces are called <prefix>c1 and so on; files go to `directory`, which build() makes.
  Site(std::string prefix, std::string directory) : prefix_(std::move(prefix)), directory_(std::move(directory)) {}

  Status build() const;
  std::string netns(const std::string& node) const { return prefix_ + node; }
  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  std::string instance(const std::string& node) const { return prefix_ + node; }  // [node] name
  std::string socket(const std::string& node) const { return file(node + ".sock"); }

  Status write_director(const DirectorPlan& plan) const;  // d.toml
  Status write_host(const std::string& server) const;     // s1.toml ...
  Status write_nginx(const std::string& server) const;    // s1.nginx ..., serving <directory>/www

 private:
  std::string prefix_, directory_;
};

Status write_file(const std::string& path, const std::string& text);

}  // namespace waymark::lab
