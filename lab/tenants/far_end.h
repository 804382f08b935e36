// An end of a GRE tunnel, by the lab's own tool: a device in a node.
#pragma once

#include <string>

#include "lab/kit/daemons.h"
#include "lab/kit/place.h"
#include "lab/kit/process.h"

namespace waymark::lab {

struct GrePlan {
  std::string device, from, to;
  u32 key, mtu;
};

class FarEnd {
 public:
  static Result<FarEnd> start(const Place& place, const std::string& node, const Tools& tools, const GrePlan& plan,
                              bool outlives_us = false);
  void release() { tool_.release(); }

 private:
  Process tool_;
};

}  // namespace waymark::lab
