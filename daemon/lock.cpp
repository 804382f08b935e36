#include "daemon/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace waymark {

namespace {

constexpr int kTries = 200;
constexpr useconds_t kPause = 1'000;

// False, with errno, where it cannot be. Who only asks whether it is held (Lock::held) has it for a moment, shared with
// others who ask: that is waited for.
bool lock_alone(int fd) {
  for (int i = 0; i < kTries; ++i) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK || flock(fd, LOCK_SH | LOCK_NB) != 0) return false;
    flock(fd, LOCK_UN);
    usleep(kPause);
  }
  errno = EWOULDBLOCK;
  return false;
}

int holder_of(int fd) {
  char text[16] = {};
  return pread(fd, text, sizeof text - 1, 0) > 0 ? std::atoi(text) : 0;
}

}  // namespace

Result<Lock> Lock::take(const std::string& path, std::optional<int>* holder) {
  // The file stays for good: a lock on a file that somebody removed and made anew would be another lock.
  Lock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (lock.fd_ < 0) return Error{fmt::format("{}: {}", path, std::strerror(errno))};
  if (!lock_alone(lock.fd_)) {
    if (errno != EWOULDBLOCK) return Error{fmt::format("{}: {}", path, std::strerror(errno))};
    const int pid = holder_of(lock.fd_);
    if (holder) *holder = pid;
    return Error{fmt::format("process {} holds {}", pid, path)};
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.fd_, 0) != 0 || pwrite(lock.fd_, pid.data(), pid.size(), 0) != ssize_t(pid.size()))
    return Error{fmt::format("{}: {}", path, std::strerror(errno))};
  return lock;
}

bool Lock::held(const std::string& path) {
  const Lock probe(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return probe.fd_ >= 0 && flock(probe.fd_, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Lock::Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Lock& Lock::operator=(Lock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Lock::~Lock() {
  if (fd_ >= 0) close(fd_);
}

Result<std::string> run_folder() {
  const std::string path = "/run/waymark";
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
    return Error{fmt::format("{} cannot be made: {}", path, std::strerror(errno))};
  return path;
}

}  // namespace waymark
