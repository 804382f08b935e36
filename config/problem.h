// What is wrong with a configuration, and where: collected in one pass, then put in the order of the file.
#pragma once

#include <string>
#include <vector>

#include "core/types.h"

namespace waymark {

struct Problem {
  std::string file;
  u32 line, column;  // from 1; columns count characters, not bytes
  std::string sentence;
  bool warning;  // the configuration is usable all the same
};

// "file:line:column: sentence", a warning as "file:line:column: warning: sentence".
std::string render(const Problem& problem);

namespace config {

struct Mark {
  u32 line = 1, column = 1;
};

// Collects problems about one file: the first kMost errors and the first kMost warnings.
class Problems {
 public:
  static constexpr u32 kMost = 200;

  explicit Problems(std::string file) : file_(std::move(file)) {}

  void error(Mark at, std::string sentence);
  void warn(Mark at, std::string sentence);
  bool full() const { return errors_ > kMost; }  // another error would not be kept
  bool any_error() const { return errors_ > 0; }

  // In the order of the file; ends with a sentence if some were not kept.
  std::vector<Problem> take();

 private:
  std::string file_;
  std::vector<Problem> found_;
  u32 errors_ = 0, warnings_ = 0;
};

}  // namespace config
}  // namespace waymark
