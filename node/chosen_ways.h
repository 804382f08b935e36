// The ways that names lead by: paths chosen over the graph of POPs (paths/), by what POPs measure of each other.
#pragma once

#include <map>
#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "dns/ways.h"
#include "paths/seen.h"
#include "paths/table.h"

namespace waymark {

class ChosenWays : public dns::Ways {
 public:
  // By a file with [path]. Of `before`, or null, a path stays until another one is better by the file's `hysteresis`.
  // Takes up to a second. An error: there are too many POPs.
  static Result<std::shared_ptr<const ChosenWays>> choose(const Config& config, const paths::Links& wan,
                                                          const ChosenWays* before);

  std::optional<std::vector<u32>> path(u32 from_pop, u32 to_pop, u32 policy) const override;
  const paths::Links& wan() const { return wan_; }
  // Of how many paths it has others than `before`, between two POPs by one set of rules.
  std::size_t others_than(const ChosenWays& before) const { return without_.others_than(before.without_); }

 private:
  paths::Links wan_;
  std::map<u32, paths::Rules> rules_;  // by a policy's index
  paths::Table with_, without_;        // what is down
};

}  // namespace waymark
