// Lab `site`: its wires, addresses and configuration files. See site.cpp for the picture.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/place.h"

namespace waymark::lab {

inline const std::string kDirector6 = "2001:db8:5::d", kDirector4 = "192.0.2.1";

// What the director's configuration says, as far as the lab ever changes it.
struct DirectorPlan {
  std::vector<TargetPlan> targets = {{"s1"}, {"s2"}, {"s3"}};
  bool persist = true;
  u32 pins = 65536;
};

class Site : public Place {
 public:
  using Place::Place;

  Status build() const;
  Status write_director(const DirectorPlan& plan) const;  // d.toml
  Status write_host(const std::string& server) const;     // s1.toml ...
};

}  // namespace waymark::lab
