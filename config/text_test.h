// What the tests here share: a good file to begin with, and problems as text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/parse.h"

namespace waymark {

inline const std::string kTop =  // lines 1 to 4
    "[engine]\n"
    "interfaces = { eth0 = \"public\" }\n"
    "[director]\n"
    "address = \"10.0.0.1\"\n";
inline const std::string kWeb =  // lines 5 to 8
    "[[service]]\n"
    "name = \"web\"\n"
    "address = \"198.51.100.80\"\n"
    "ports = \"tcp/80\"\n";
inline const std::string kS1 =  // lines 9 to 11
    "[[service.target]]\n"
    "name = \"s1\"\n"
    "address = \"10.0.0.11\"\n";
inline const std::string kSite = kTop + kWeb + kS1;

inline const std::string kHostTop =  // lines 1 to 5
    "[engine]\n"
    "interfaces = { eth0 = \"servers\", \"eth1:100\" = \"servers\" }\n"
    "[host]\n"
    "address = \"10.0.0.11\"\n"
    "directors = \"10.0.0.1\"\n";
inline const std::string kHostWeb =  // lines 6 to 9
    "[[host.service]]\n"
    "name = \"web\"\n"
    "address = \"198.51.100.80\"\n"
    "ports = \"tcp/80\"\n";
inline const std::string kServer = kHostTop + kHostWeb;

// Every problem as `check` prints it, one a line; empty if there is none.
inline std::string problems_of(const std::string& toml) {
  std::string out;
  for (const Problem& p : parse_config(toml, "f").problems) out += (out.empty() ? "" : "\n") + render(p);
  return out;
}

// `text` with the first `from` replaced.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

// A file, and all that is said of it.
struct Case {
  std::string toml, problems;
};

inline void expect(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(problems_of(c.toml), c.problems) << c.toml;
}

}  // namespace waymark
