// Samples of metrics as text, in the exposition format.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "core/types.h"
#include "daemon/snapshot.h"

namespace waymark {

// One metric's name, help and samples, which stand together in the text.
class Family {
 public:
  Family(std::string& out, std::string name, const char* type, const char* help);
  using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;
  void sample(Labels labels, u64 value);

 private:
  std::string& out_;
  std::string name_;
};

void add_agents(std::string& out, const Snapshot& s);        // of servers that register
void add_path_metrics(std::string& out, const Snapshot& s);  // of a POP

}  // namespace waymark
