// Integers and names as they stand in messages between nodes: little-endian, whatever the machine; each reading is
// checked.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace waymark {

using ByteView = std::span<const u8>;

constexpr size_t kMostName = 63;  // of a name in a message, at most; the configuration allows 60

// Names as the configuration has them: what a peer sends reaches logs and tables, so nothing else is let in.
inline bool good_name(std::string_view name) {
  if (name.empty() || name.size() > kMostName) return false;
  for (char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' &&
        c != '-')
      return false;
  return true;
}

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<u8>& out) : out_(out) {}
  template <class T>
  void number(T value) {
    for (size_t i = 0; i < sizeof value; ++i) out_.push_back(u8(value >> 8 * i));
  }
  void name(std::string_view text) {
    number(u8(text.size()));
    out_.insert(out_.end(), text.begin(), text.end());
  }
  void bytes(ByteView more) { out_.insert(out_.end(), more.begin(), more.end()); }

 private:
  std::vector<u8>& out_;
};

// Reads from the front. Past the end it gives zeros and is no longer good().
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : left_(bytes) {}
  bool good() const { return good_; }
  bool at_end() const { return left_.empty(); }
  size_t left() const { return left_.size(); }

  ByteView bytes(size_t size) {
    if (size > left_.size()) return good_ = false, left_ = {}, ByteView();
    const ByteView taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  template <class T>
  T number() {
    T value = 0;
    const ByteView taken = bytes(sizeof(T));
    for (size_t i = 0; i < taken.size(); ++i) value = T(value | T(taken[i]) << 8 * i);
    return value;
  }
  std::string name() {
    const ByteView taken = bytes(number<u8>());
    std::string text(taken.begin(), taken.end());
    if (!good_name(text)) good_ = false;
    return text;
  }

 private:
  ByteView left_;
  bool good_ = true;
};

}  // namespace waymark
