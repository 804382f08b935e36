// What the files of this folder share: how a target is called, and how a word is changed that packets read.
#pragma once

#include <atomic>
#include <string>

namespace waymark {

// "service/target"
inline std::string name_of(const std::string& service, const std::string& target) { return service + "/" + target; }

template <class T>
void store(T& word, T value) {
  std::atomic_ref(word).store(value, std::memory_order_release);
}

}  // namespace waymark
