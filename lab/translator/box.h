// What translates in lab `translator`: Waymark, or TAYGA beside it for comparison, in the same place.
#pragma once

#include <memory>
#include <string>

#include "lab/kit/daemons.h"
#include "lab/translator/site.h"

namespace waymark::lab {

class Box {
 public:
  virtual ~Box() = default;
  virtual const char* name() const = 0;
  virtual Status up(bool outlives_us) = 0;  // until it translates, or would
  virtual Status down() = 0;                // in order; nothing of it is left in the node
  virtual Status kill() = 0;                // -9 to its daemon
};

std::unique_ptr<Box> waymark_box(const TranslatorSite& site, const Tools& tools);
std::unique_ptr<Box> tayga_box(const TranslatorSite& site);

}  // namespace waymark::lab
