// Small changes to a TOML text at the places that its tree reports (tree.h); what is not changed stays byte by byte.
// Whoever calls reads the result back and compares: a member may stand in ways that no one thought of here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/tree.h"

namespace waymark::config {

class Splicer {
 public:
  explicit Splicer(std::string_view text) : text_(text) {}

  // Whether the value begins with a brace: its members, or a member beside it, stand on the same line.
  bool opens_inline(const Node& value) const;

  // `word`, as "key = value", behind `last`, which is of the same table: there, behind a comma, if the table is inline;
  // else on the next line, with what stands before the key of `last`: spaces, or the first parts of a dotted key.
  std::optional<std::string> append(const Member& last, bool is_inline, std::string_view word) const;

  // The text without a member of a table; with its comma, or its line.
  std::optional<std::string> remove(const Table& table, std::size_t index, bool is_inline) const;

  std::optional<std::string> replace(const Node& value, std::string_view word) const;

 private:
  std::optional<std::size_t> offset(Mark at) const;
  std::size_t line_begin(std::size_t at) const;
  std::string cut(std::size_t from, std::size_t to, std::string_view instead) const;

  std::string_view text_;
};

}  // namespace waymark::config
