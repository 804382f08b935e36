// Lab `group`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

inline const std::vector<std::string> kDirectors = {"d1", "d2"};
const std::string& other_director(const std::string& director);
std::string metrics_of(const std::string& director);       // "[2001:db8:d::2]:9100": where clients reach it
std::string group_listen_of(const std::string& director);  // "[2001:db8:6::1]:6090"

// What the directors' configurations say, as far as the lab ever changes it; the same on both.
struct GroupPlan {
  std::vector<TargetPlan> targets = {{"s1"}, {"s2"}, {"s3"}};
  bool second_candidate = true, mirror = true;
  bool tell = true;                               // clients of a dead server
  std::vector<std::string> present = kDirectors;  // who starts with the group
  std::map<std::string, std::string> keys = {};   // by director: the file of its secret, where it is another
  std::optional<u32> wait = {};                   // seconds for members that do not answer
  bool metrics = false;                           // at metrics_of(director)
  std::string more = {};                          // text at the end
};

class GroupSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status write_directors(const GroupPlan& plan) const;  // d1.toml and d2.toml
  Status write_hosts() const;                           // s1.toml ...
  Status write_birds() const;                           // r.bird.conf, d1.bird.conf, d2.bird.conf
  Status write_key(const std::string& name) const;      // a new secret; the group's is "group.key"

  // Frames on its links vanish, or go again; nobody is told, as no carrier is lost.
  Status cut_off(const std::string& node) const;  // a director or a server, from all
  Status join(const std::string& node) const;
  Status cut_group_link(bool cut) const;
};

}  // namespace waymark::lab
