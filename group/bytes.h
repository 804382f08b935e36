// Integers and names as they stand in the group's messages: little-endian, whatever the machine; each reading is
// checked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "group/hmac.h"

namespace waymark::group {

constexpr size_t kGroupName = 63;  // of a name in a message, at most; the configuration allows 60

// Names as the configuration has them: what a peer sends reaches logs and tables, so nothing else is let in.
inline bool good_name(std::string_view name) {
  if (name.empty() || name.size() > kGroupName) return false;
  for (char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' &&
        c != '-')
      return false;
  return true;
}

class Writer {
 public:
  explicit Writer(std::vector<u8>& out) : out_(out) {}
  template <class T>
  void number(T value) {
    for (size_t i = 0; i < sizeof value; ++i) out_.push_back(u8(value >> 8 * i));
  }
  void name(std::string_view text) {
    number(u8(text.size()));
    out_.insert(out_.end(), text.begin(), text.end());
  }
  void bytes(Bytes more) { out_.insert(out_.end(), more.begin(), more.end()); }

 private:
  std::vector<u8>& out_;
};

// Reads from the front. Past the end it gives zeros and is no longer good().
class Reader {
 public:
  explicit Reader(Bytes bytes) : left_(bytes) {}
  bool good() const { return good_; }
  bool at_end() const { return left_.empty(); }
  size_t left() const { return left_.size(); }

  Bytes bytes(size_t size) {
    if (size > left_.size()) return good_ = false, left_ = {}, Bytes();
    const Bytes taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  template <class T>
  T number() {
    T value = 0;
    const Bytes taken = bytes(sizeof(T));
    for (size_t i = 0; i < taken.size(); ++i) value = T(value | T(taken[i]) << 8 * i);
    return value;
  }
  std::string name() {
    const Bytes taken = bytes(number<u8>());
    std::string text(taken.begin(), taken.end());
    if (!good_name(text)) good_ = false;
    return text;
  }

 private:
  Bytes left_;
  bool good_ = true;
};

}  // namespace waymark::group
