// Result<T>: a value, or an Error that says in one sentence what is wrong. No exceptions cross a module's edge.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace waymark {

struct [[nodiscard]] Error {
  std::string sentence;  // whole and readable alone: "interface eth7 does not exist"
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::move(value)) {}
  Result(Error error) : held_(std::move(error)) {}

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() { return std::get<0>(held_); }
  const T& operator*() const { return std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  const Error& error() const { return std::get<1>(held_); }

 private:
  std::variant<T, Error> held_;
};

struct Done {};
using Status = Result<Done>;  // for what only succeeds or fails

}  // namespace waymark

// Leaves the function with the error of `expression`, if it has one.
#define WM_TRY(expression) \
  if (auto wm_status = (expression); !wm_status) return wm_status.error()
