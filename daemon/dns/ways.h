// The ways that names lead by: paths chosen over the graph of POPs (paths/), which are the same on every machine.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "base/result.h"
#include "config/config.h"
#include "dns/ways.h"
#include "paths/table.h"

namespace waymark {

class ChosenWays : public dns::Ways {
 public:
  // By a file with [path]. `lost`: POPs that paths do without, as long as others lead there. Of `before`, or null, a
  // path stays until another one is better by the file's `hysteresis`. Takes up to a second. An error: there are too
  // many POPs.
  static Result<std::shared_ptr<const ChosenWays>> choose(const Config& config, const std::set<u32>& lost,
                                                          const ChosenWays* before);

  std::optional<std::vector<u32>> path(u32 from_pop, u32 to_pop, u32 policy) const override;
  const std::set<u32>& lost() const { return lost_; }

 private:
  std::set<u32> lost_;
  std::map<u32, paths::Rules> rules_;  // by a policy's index
  paths::Table with_, without_;        // what is lost
};

}  // namespace waymark
