// Who runs under a name: a lock on a file, which the kernel lets go of when its holder dies, however it dies.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace waymark {

class Lock {
 public:
  // Takes it or fails at once: with the holder's process id in `holder` where another has it.
  static Result<Lock> take(const std::string& path, std::optional<int>* holder = nullptr);

  // Whether somebody holds it just now.
  static bool held(const std::string& path);

  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&& other) noexcept;
  ~Lock();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

// "/run/waymark", which is made where it does not exist.
Result<std::string> run_folder();

}  // namespace waymark
