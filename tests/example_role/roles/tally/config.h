// [tally]: whose packets are counted.
#pragma once

#include <string>
#include <vector>

#include "config/values.h"

namespace waymark {

struct TallyConfig {
  std::string zone = "public";
  std::vector<Address> address;
};

namespace tally {
using Section = TallyConfig;
}

}  // namespace waymark
