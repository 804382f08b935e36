// Names as they stand in messages: each part behind its length, a zero at the end (RFC 1035, 3.1). Here always in lower
// case, so that equal bytes are equal names.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace waymark::dns {

// "www.example.net", as the configuration keeps it; "" is the root.
inline std::string wire_name(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    out += char(dot);
    out += text.substr(0, dot);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return out + '\0';
}

// The name above one that is not the root.
inline std::string_view parent(std::string_view wire) { return wire.substr(std::size_t(1) + (unsigned char)(wire[0])); }
inline bool is_root(std::string_view wire) { return wire.size() <= 1; }

}  // namespace waymark::dns
