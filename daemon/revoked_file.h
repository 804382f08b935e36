// The file of revoked ids that POPs share ([path] revoked), watched by looks at it: a change is in force a moment
// later, on whatever file system it lies, and however it was written.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/types.h"

namespace waymark {

class RevokedFile {
 public:
  static constexpr Duration kEvery = std::chrono::milliseconds(200);
  static constexpr u32 kAgain = 25;  // looks: so often a file that is refused is read again
  // Puts in force what it lists.
  using Take = std::function<Status(const std::string& file, const std::vector<u64>& words)>;

  explicit RevokedFile(Take take) : take_(std::move(take)) {}

  // Another file, which is read at once, or the same; "" for none: what the last one listed is listed no more.
  void follow(const std::string& path, Time now);
  void look(Time now);  // where it is due
  Time deadline() const { return due_; }
  const std::string& path() const { return path_; }
  // Why what it said last stays in force, as a sentence; empty where it is followed.
  const std::string& trouble() const { return trouble_; }

 private:
  using Mark = std::array<u64, 6>;  // tells versions of it apart; zeros: it is not there
  static Mark mark_of(const std::string& path);
  void read();

  Take take_;
  std::string path_, trouble_;
  Mark seen_{}, read_{};
  bool follows_ = false;
  u32 looks_ = 0;
  Time due_ = Time::max();
};

}  // namespace waymark
