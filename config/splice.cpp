#include "config/splice.h"

namespace waymark::config {

std::optional<std::size_t> Splicer::offset(Mark at) const {
  std::size_t place = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;  // a byte order mark is no column
  for (u32 line = 1; line < at.line; ++line) {
    const std::size_t end = text_.find('\n', place);
    if (end == text_.npos) return {};
    place = end + 1;
  }
  for (u32 column = 1; column < at.column; ++column) {  // characters, not bytes
    if (place >= text_.size()) return {};
    ++place;
    while (place < text_.size() && (u8(text_[place]) & 0xc0) == 0x80) ++place;
  }
  return place;
}

std::size_t Splicer::line_begin(std::size_t at) const {
  const std::size_t before = at ? text_.rfind('\n', at - 1) : text_.npos;
  return before == text_.npos ? 0 : before + 1;
}

std::string Splicer::cut(std::size_t from, std::size_t to, std::string_view instead) const {
  std::string out(text_.substr(0, from));
  out += instead;
  out += text_.substr(to);
  return out;
}

bool Splicer::opens_inline(const Node& value) const {
  const auto at = offset(value.at);
  return at && *at < text_.size() && text_[*at] == '{';
}

std::optional<std::string> Splicer::append(const Member& last, bool is_inline, std::string_view word) const {
  const auto key = offset(last.at), end = offset(last.value.end);
  if (!key || !end || *end < *key) return {};
  if (is_inline) return cut(*end, *end, ", " + std::string(word));
  const std::string line = std::string(text_.substr(line_begin(*key), *key - line_begin(*key))) + std::string(word);
  const std::size_t newline = text_.find('\n', *end), first = text_.find('\n');
  const std::size_t model = newline == text_.npos ? first : newline;
  const std::string_view ending = model != text_.npos && model && text_[model - 1] == '\r' ? "\r\n" : "\n";
  if (newline == text_.npos) return cut(text_.size(), text_.size(), std::string(ending) + line);
  return cut(newline + 1, newline + 1, line + std::string(ending));
}

std::optional<std::string> Splicer::remove(const Table& table, std::size_t index, bool is_inline) const {
  const auto key = offset(table[index].at), end = offset(table[index].value.end);
  if (!key || !end) return {};
  if (!is_inline) {
    std::size_t begin = line_begin(*key);
    const std::size_t newline = text_.find('\n', *end);
    if (newline != text_.npos) return cut(begin, newline + 1, "");
    if (begin) --begin;  // the last line stays without an end
    if (begin && text_[begin - 1] == '\r') --begin;
    return cut(begin, text_.size(), "");
  }
  if (index) {
    const auto before = offset(table[index - 1].value.end);
    return before ? std::optional(cut(*before, *end, "")) : std::nullopt;
  }
  const auto next = table.size() > 1 ? offset(table[1].at) : std::nullopt;
  return next ? std::optional(cut(*key, *next, "")) : std::nullopt;
}

std::optional<std::string> Splicer::replace(const Node& value, std::string_view word) const {
  const auto begin = offset(value.at), end = offset(value.end);
  if (!begin || !end || *end < *begin) return {};
  return cut(*begin, *end, word);
}

}  // namespace waymark::config
