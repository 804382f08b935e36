// Where in the file each field of a Config was given, kept beside it while it is checked. Fields are known by their
// address, so a Config must not move while Places about it are in use.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "config/problem.h"

namespace waymark::config {

class Places {
 public:
  template <class T>
  void put(const T& field, Mark at) {
    marks_[key(field)] = at;
  }
  // The field has an error of its own: what follows from it need not be said too.
  template <class T>
  void spoil(const T& field) {
    spoilt_.insert(key(field));
  }
  template <class T>
  bool good(const T& field) const {
    return !spoilt_.contains(key(field));
  }
  // Whether the file has it, rather than its default.
  template <class T>
  bool given(const T& field) const {
    return marks_.contains(key(field));
  }
  // Where the field stands; if it was left out, where its owner does.
  template <class T, class Owner>
  Mark at(const T& field, const Owner& owner) const {
    const auto found = marks_.find(key(field));
    return found != marks_.end() ? found->second : at(owner);
  }
  template <class T>
  Mark at(const T& field) const {
    const auto found = marks_.find(key(field));
    return found != marks_.end() ? found->second : Mark{};
  }

 private:
  // A struct and its first member share an address; the type tells them apart.
  struct Key {
    const void* address;
    const void* type;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& k) const {
      return std::hash<const void*>()(k.address) * 31 + std::hash<const void*>()(k.type);
    }
  };
  template <class T>
  static inline const char kTag = 0;
  template <class T>
  static Key key(const T& field) {
    return {&field, &kTag<T>};
  }

  std::unordered_map<Key, Mark, Hash> marks_;
  std::unordered_set<Key, Hash> spoilt_;
};

}  // namespace waymark::config
