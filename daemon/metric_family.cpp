#include "daemon/metric_family.h"

#include <fmt/format.h>

namespace waymark {

namespace {

std::string escaped(std::string_view value) {  // of a label
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

}  // namespace

Family::Family(std::string& out, std::string name, const char* type, const char* help)
    : out_(out), name_(std::move(name)) {
  out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name_, help, name_, type);
}

void Family::sample(Labels labels, u64 value) {
  out_ += name_;
  char open = '{';
  for (auto& [label, text] : labels) {
    out_ += fmt::format("{}{}=\"{}\"", open, label, escaped(text));
    open = ',';
  }
  out_ += fmt::format("{} {}\n", labels.size() ? "}" : "", value);
}

}  // namespace waymark
