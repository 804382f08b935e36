#include "daemon/checks/http_status.h"

#include <utility>

namespace waymark {

namespace {

// "HTTP/1.1 200 OK"; the reason phrase may be empty, and some leave its space out too.
bool is_status_line(std::string_view line) {
  const auto digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9'; };
  return line.size() >= 12 && line.starts_with("HTTP/1.") && digit(7) && line[8] == ' ' && digit(9) && digit(10) &&
         digit(11) && (line.size() == 12 || line[12] == ' ');
}

}  // namespace

HttpStatus::Read HttpStatus::add(std::string_view bytes) {
  began_ = began_ || !bytes.empty();
  for (const char c : bytes) {
    if (in_fields_ && ++interim_ > kMostInterim) return Read::endless;
    if (c == '\n') {
      if (const Read read = end_line(); read != Read::more) return read;
    } else if (line_.size() < kMostLine) {
      line_ += c;
    } else if (!in_fields_) {
      return Read::no_http;
    }
  }
  return Read::more;
}

HttpStatus::Read HttpStatus::end_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  const std::string line = std::exchange(line_, {});
  if (in_fields_) {
    in_fields_ = !line.empty();
    return Read::more;
  }
  if (!is_status_line(line)) return Read::no_http;
  code_ = line.substr(9, 3);
  in_fields_ = code_[0] == '1' && code_ != "101";
  return in_fields_ ? Read::more : Read::known;
}

}  // namespace waymark
