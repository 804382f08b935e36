// curl downloads of one file through the service: each comes out of a pipe as slowly as the lab reads it, so that it
// lasts as long as the lab wants, and every byte is compared with what the server had.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lab/kit/process.h"

namespace waymark::lab {

constexpr size_t kBlob = 12 << 20;  // bytes: two minutes at the slow pace
Status write_blob(const std::string& path, size_t bytes = kBlob);

struct Wanted {
  std::string netns, url;  // who fetches what
  std::string pipe;        // a path for it, which is made
};

class Downloads {
 public:
  Downloads() = default;
  Downloads(const Downloads&) = delete;
  Downloads& operator=(const Downloads&) = delete;
  ~Downloads();

  Status start(const std::vector<Wanted>& all);
  bool all_under_way() const;  // some bytes came, and not yet the last
  // Reads the rest at once. The sentence that says that all were whole, or which was not.
  Result<std::string> finish();

 private:
  struct One {
    std::string url;
    Process curl;  // the reader's, while it runs
    int fd = -1;
    bool wrong = false;
    std::atomic<size_t> got = 0;
    std::atomic<bool> over = false;
  };
  void read_all();
  static bool read_some(One& one, size_t bytes);

  std::vector<std::unique_ptr<One>> all_;
  std::thread reader_;
  std::atomic<bool> hurry_ = false, give_up_ = false;
};

}  // namespace waymark::lab
