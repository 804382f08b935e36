#include "daemon/revoked_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.h"
#include "daemon/log.h"
#include "roles/path/revoked.h"

namespace waymark {

RevokedFile::Mark RevokedFile::mark_of(const std::string& path) {
  struct stat s {};
  if (stat(path.c_str(), &s)) return {};
  return {u64(s.st_dev),          u64(s.st_ino) + 1,
          u64(s.st_size),         u64(s.st_mtim.tv_sec),
          u64(s.st_mtim.tv_nsec), u64(s.st_ctim.tv_sec) * 1'000'000'000 + u64(s.st_ctim.tv_nsec)};
}

void RevokedFile::follow(const std::string& path, Time now) {
  if (follows_ && path == path_) return;
  follows_ = true;
  path_ = path;
  trouble_.clear();
  due_ = path_.empty() ? Time::max() : now + kEvery;
  if (path_.empty()) {
    (void)take_(path_, {});  // fails where there is no POP, and nothing listed
    return;
  }
  seen_ = mark_of(path_);
  read();
}

// A file that changes is read once it stays as it is for a look: who writes it in place is not read half way.
void RevokedFile::look(Time now) {
  if (now < due_) return;
  due_ = now + kEvery;
  const Mark mark = mark_of(path_);
  const bool again = !trouble_.empty() && ++looks_ % kAgain == 0;  // there may be room by now
  if (mark == std::exchange(seen_, mark) && (mark != read_ || again)) read();
}

void RevokedFile::read() {
  read_ = seen_;
  Status done = Done{};
  const Result<std::string> text = read_file(path_, {.most_bytes = path::kMostRevokedBytes});
  if (!text) {
    done = text.error();
  } else if (const auto words = path::read_revoked(*text); !words) {
    done = Error{fmt::format("{}: {}", path_, words.error().sentence)};
  } else if (const Status taken = take_(path_, *words); !taken) {
    done = Error{fmt::format("{}: {}", path_, taken.error().sentence)};
  }
  const std::string why =
      done ? "" : fmt::format("\"revoked\" in [path]: what it said last stays in force: {}", done.error().sentence);
  if (why == trouble_) return;
  if (!why.empty())
    log::warning(why);
  else
    log::info(fmt::format("{} is followed again", path_));
  trouble_ = why;
}

}  // namespace waymark
