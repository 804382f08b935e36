// At most N values, held in place: a sender's lengths and counts never decide how much memory a message takes.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

#include "core/types.h"

namespace waymark::signalling {

template <class T, size_t N>
class Few {
 public:
  Few() = default;
  Few(std::initializer_list<T> values) {
    for (const T& value : values) add(value);
  }

  // False: there are N already, and nothing changed.
  bool add(const T& value) {
    if (size_ == N) return false;
    values_[size_++] = value;
    return true;
  }
  bool add(std::span<const T> values) {
    if (values.size() > N - size_) return false;
    std::copy(values.begin(), values.end(), values_.begin() + size_);
    size_ += values.size();
    return true;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  T& operator[](size_t i) { return values_[i]; }
  const T& operator[](size_t i) const { return values_[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }

  bool operator==(const Few& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

 private:
  std::array<T, N> values_{};
  size_t size_ = 0;
};

}  // namespace waymark::signalling
