// The labs. From the table in labs.cpp come the help of `waymark lab`, `lab list`, which labs may be tested, shown and
// left standing, what they need, and with tests/labs.list what ./test runs and how long that may take.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/kit/daemons.h"
#include "lab/kit/verdict.h"
#include "lab/options.h"

namespace waymark::lab {

struct Lab {
  const char* name;
  u32 seconds;           // that a test of it may take on two cores
  const char* programs;  // that it starts, beside waymark and ip: by spaces
  const char* sentence;
  Verdict (*run)(const Tools& tools, const Options& given, const Say& say);
  std::span<const Option> options;  // of `demo` and `test`, beside --json
  bool has_demo = false;            // its events make a table that is worth looking at
  // Raises it with its daemons, all of which stay. What can be done there: commands to try, a line each.
  Result<std::vector<std::string>> (*raise)(const Tools& tools) = nullptr;
};

std::span<const Lab> labs();
const Lab* lab_called(std::string_view name);  // null: there is none

// What follows a lab's name on the command line; `plays`: for `demo` or `test`. See options().
Result<Options> options_of(const Lab& lab, bool plays, int argc, char** argv);

// The programs that are in none of the directories of `path` (as $PATH has them).
std::vector<std::string> missing_programs(const Lab& lab, std::string_view path);

std::string usage();          // `waymark lab --help`
std::string list_of_labs();   // `waymark lab list`: a name and a sentence each
std::string list_of_tests();  // tests/labs.list

}  // namespace waymark::lab
