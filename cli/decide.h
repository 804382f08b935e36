// What operators decide about targets: drains and weights; what would cost a service its last target is asked twice.
#pragma once

#include <optional>
#include <string>

#include "cli/remote.h"

namespace waymark::cli {

struct DrainOptions {
  bool undo = false, force = false;
  std::optional<unsigned> wait = {};  // until the target has no flows here: seconds at most; 0: as long as it takes
};
int drain_command(const Daemon& daemon, const std::string& target, const DrainOptions& options);
int weight_command(const Daemon& daemon, const std::string& target, std::optional<unsigned> weight, bool force);

// `--wait` may stand before the target's name, and needs no number: what is none is the name. False where both are.
bool sort_words(const std::string& wait_word, std::string& target, unsigned& seconds);

// How many flows are pinned to targets of this name, as in `drain`, by an answer of /v1/targets; none where there is no
// such target.
std::optional<unsigned long long> pins_of(const std::string& targets_json, const std::string& target);

}  // namespace waymark::cli
