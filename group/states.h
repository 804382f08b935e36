// What operators decided about targets, as all members come to know it: of two records of one target the later one is
// in force, wherever they met. So members that were apart agree once they have told each other all they have.
#pragma once

#include <map>

#include "group/message.h"

namespace waymark::group {

class States {
 public:
  // Takes those that are later than what is known; gives them back: they are news to others as well. What more targets
  // there are than any node has is left out.
  std::vector<StateRecord> merge(const std::vector<StateRecord>& records);
  std::vector<StateRecord> all() const;

 private:
  std::map<std::pair<std::string, std::string>, StateRecord> records_;  // by service and target
};

}  // namespace waymark::group
