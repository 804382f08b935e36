// What the files of this folder share: how a target is called, and how a word is changed that packets read.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace waymark {

// "service/target"
inline std::string name_of(std::string_view service, std::string_view target) {
  std::string name;
  name.reserve(service.size() + 1 + target.size());
  return name.append(service).append("/").append(target);
}

template <class T>
void store(T& word, T value) {
  std::atomic_ref(word).store(value, std::memory_order_release);
}

}  // namespace waymark
