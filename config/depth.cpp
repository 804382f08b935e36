#include "config/tree.h"

namespace waymark::config {
namespace {

// Walks over TOML text and knows just enough to skip strings and comments. It need only be right as long as the text
// is valid: behind the first syntax error toml++ builds nothing.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  bool find_too_deep(Mark& where) {
    u32 depth = 0, parts = 1;  // open brackets; parts of the key at hand
    while (at_ < text_.size()) {
      const char c = text_[at_];
      where = mark_;
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') step();
        continue;
      }
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '[' || c == '{') ++depth;
      if ((c == ']' || c == '}') && depth > 0) --depth;
      if (c == '[' || c == '{' || c == ',' || c == '=' || c == '\n') parts = 1;
      if (c == '.') ++parts;
      if (depth > kMaxDepth || parts > kMaxDepth) return true;
      step();
    }
    return false;
  }

 private:
  void step() {
    const char c = text_[at_++];
    if (c == '\n')
      mark_ = {mark_.line + 1, 1};
    else if ((u8(c) & 0xc0) != 0x80)  // not the inside of a UTF-8 sequence
      ++mark_.column;
  }

  bool three(char quote) const {
    return at_ + 2 < text_.size() && text_[at_] == quote && text_[at_ + 1] == quote && text_[at_ + 2] == quote;
  }

  void skip_string(char quote) {
    const bool many_lines = three(quote);
    for (int n = many_lines ? 3 : 1; n > 0; --n) step();
    while (at_ < text_.size()) {
      if (many_lines ? three(quote) : text_[at_] == quote) break;
      if (!many_lines && text_[at_] == '\n') return;
      if (quote == '"' && text_[at_] == '\\') step();
      if (at_ < text_.size()) step();
    }
    // A string over many lines may end in five quotes: two of them are its own.
    for (int n = many_lines ? 5 : 1; n > 0 && at_ < text_.size() && text_[at_] == quote; --n) step();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Mark mark_;
};

}  // namespace

bool find_too_deep(std::string_view text, Mark& where) { return Walk(text).find_too_deep(where); }

}  // namespace waymark::config
