// The one file that includes toml++: its tree becomes ours.
#include "config/tree.h"

#include "base/file.h"

#include <fmt/format.h>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <algorithm>

namespace waymark::config {
namespace {

Mark mark_of(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

bool stands_before(Mark a, Mark b) { return a.line != b.line ? a.line < b.line : a.column < b.column; }

Node convert(const toml::node& from) {
  Node node{mark_of(from.source()), Table{}, {from.source().end.line, from.source().end.column}};
  if (const auto* table = from.as_table()) {
    Table members;
    members.reserve(table->size());
    for (const auto& [key, value] : *table)
      members.push_back({std::string(key.str()), mark_of(key.source()), convert(value)});
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return stands_before(a.at, b.at); });
    node.held = std::move(members);
  } else if (const auto* array = from.as_array()) {
    List items;
    items.reserve(array->size());
    for (const auto& item : *array) items.push_back(convert(item));
    node.held = std::move(items);
  } else if (const auto* text = from.as_string()) {
    node.held = text->get();
  } else if (const auto* number = from.as_integer()) {
    node.held = number->get();
  } else if (const auto* flag = from.as_boolean()) {
    node.held = flag->get();
  } else if (const auto* fraction = from.as_floating_point()) {
    node.held = Other{fmt::format("the fraction {}", fraction->get())};
  } else {
    node.held = Other{"a date or time"};
  }
  return node;
}

// What toml++ says may quote the file: keep it to one line that a terminal can bear.
std::string plain(std::string_view text) {
  std::string out;
  for (char c : text) out += u8(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

}  // namespace

Node parse_tree(std::string_view text, Problems& problems) {
  const Node nothing{{}, Table{}};
  if (text.size() > kMaxBytes) {
    problems.error({}, fmt::format("the file is larger than {}, the most that is read", size_text(kMaxBytes)));
    return nothing;
  }
  if (Mark where; find_too_deep(text, where)) {
    problems.error(where, fmt::format("this is nested more than {} levels deep", kMaxDepth));
    return nothing;
  }
  try {
    Node root = convert(toml::parse(text));
    root.at = {};
    return root;
  } catch (const toml::parse_error& error) {
    const Mark at = mark_of(error.source());
    problems.error({std::max(at.line, 1u), std::max(at.column, 1u)},
                   fmt::format("this is not TOML: {}", plain(error.description())));
  } catch (const std::exception& error) {
    problems.error({}, fmt::format("the file cannot be read as TOML: {}", plain(error.what())));
  }
  return nothing;
}

std::string describe(const Node& node) {
  if (const auto* text = node.as<std::string>()) return quoted(*text);
  if (const auto* number = node.as<std::int64_t>()) return std::to_string(*number);
  if (const auto* flag = node.as<bool>()) return *flag ? "true" : "false";
  if (const auto* other = node.as<Other>()) return other->words;
  return node.as<List>() ? "an array" : "a table";
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 80;
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const u8 c = u8(text[i]);
    if (i >= kMost && (c & 0xc0) != 0x80) return out + "...\"";  // cut between characters
    if (c < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", c);
    else if (c == 0xc2 && i + 1 < text.size() && u8(text[i + 1]) < 0xa0)
      out += fmt::format("\\u{:04x}", u8(text[++i]));  // the C1 controls, U+0080 to U+009F
    else
      out += char(c);
  }
  return out + "\"";
}

}  // namespace waymark::config
