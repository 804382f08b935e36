// This process has no file descriptor left, for as long as this lives.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace waymark {

class NoFiles {
 public:
  NoFiles() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest = dup(0);  // all below it are in use
    close(lowest);
    rlimit now = before_;
    now.rlim_cur = rlim_t(lowest);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &now), 0);
    EXPECT_EQ(dup(0), -1);
  }
  ~NoFiles() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoFiles(const NoFiles&) = delete;
  NoFiles& operator=(const NoFiles&) = delete;

 private:
  rlimit before_{};
};

}  // namespace waymark
