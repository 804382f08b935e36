// What the files of this folder share: how a target is called, and how a word is changed that packets read.
#pragma once

#include <algorithm>
#include <atomic>
#include <iterator>
#include <string>
#include <string_view>

#include "core/records.h"

namespace waymark {

// "service/target"
inline std::string name_of(std::string_view service, std::string_view target) {
  std::string name;
  name.reserve(service.size() + 1 + target.size());
  return name.append(service).append("/").append(target);
}

// What does not fit is cut off.
inline void put_name(char (&field)[kNameLength], std::string_view name) {
  std::fill(std::begin(field), std::end(field), '\0');
  std::copy_n(name.data(), std::min<std::size_t>(name.size(), kNameLength - 1), field);
}

template <class T>
void store(T& word, T value) {
  std::atomic_ref(word).store(value, std::memory_order_release);
}

}  // namespace waymark
