// Lab `group`: its wires, addresses and configuration files. See group_site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/place.h"

namespace waymark::lab {

inline const std::vector<std::string> kDirectors = {"d1", "d2"};
const std::string& other_director(const std::string& director);

// What the directors' configurations say, as far as the lab ever changes it; the same on both.
struct GroupPlan {
  std::vector<TargetPlan> targets = {{"s1"}, {"s2"}, {"s3"}};
  bool second_candidate = true, mirror = true;
  bool tell = true;  // clients of a dead server
};

class GroupSite : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status write_directors(const GroupPlan& plan) const;  // d1.toml and d2.toml
  Status write_hosts() const;                           // s1.toml ...
  Status write_birds() const;                           // r.bird.conf, d1.bird.conf, d2.bird.conf
  Status write_key() const;                             // the group's secret

  // Frames on its links vanish, or go again; nobody is told, as no carrier is lost.
  Status cut_off(const std::string& node) const;  // a director or a server, from all
  Status join(const std::string& node) const;
  Status cut_group_link(bool cut) const;
};

}  // namespace waymark::lab
