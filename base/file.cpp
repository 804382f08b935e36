#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace waymark {

namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

Error failed(const std::string& path, const char* what) {
  return Error{fmt::format("{} {}: {}", path, what, std::strerror(errno))};
}

const char* kind_of(mode_t mode) {
  return S_ISDIR(mode)    ? "a directory"
         : S_ISFIFO(mode) ? "a FIFO"
         : S_ISSOCK(mode) ? "a socket"
         : S_ISCHR(mode)  ? "a character device"
         : S_ISBLK(mode)  ? "a block device"
                          : "not a regular file";
}

}  // namespace

std::string size_text(std::size_t bytes) {
  if (bytes < 10'000) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  const char* const units[] = {"KiB", "MiB", "GiB", "TiB"};
  double size = double(bytes) / 1024;
  std::size_t unit = 0;
  while (size >= 1000 && unit + 1 < std::size(units)) size /= 1024, ++unit;
  const bool whole = size >= 100 || size == double(std::size_t(size));
  return fmt::format("{:.{}f} {}", size, whole ? 0 : 1, units[unit]);
}

Result<std::string> read_file(const std::string& path, const FileRules& rules) {
  // Without O_NONBLOCK opening a FIFO waits for a writer; without O_NOCTTY a terminal could become ours.
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (file.fd < 0) return failed(path, "cannot be opened");
  struct stat facts {};
  if (fstat(file.fd, &facts) != 0) return failed(path, "cannot be read");
  const bool pipe = S_ISFIFO(facts.st_mode) && rules.may_be_a_pipe;
  if (!S_ISREG(facts.st_mode) && !pipe)
    return Error{fmt::format("{} is {}, not a regular file", path, kind_of(facts.st_mode))};
  if (rules.only_owners && facts.st_mode & 077)
    return Error{fmt::format("{} may be read by others than its owner; `chmod 600` it", path)};
  if (pipe && fcntl(file.fd, F_SETFL, fcntl(file.fd, F_GETFL) & ~O_NONBLOCK) != 0)
    return failed(path, "cannot be read");
  std::string text;
  // The size that a file claims is no bound: those in /proc claim none, and others may grow while they are read.
  while (text.size() <= rules.most_bytes) {
    const std::size_t have = text.size(), want = std::min<std::size_t>(64 << 10, rules.most_bytes + 1 - have);
    text.resize(have + want);
    const ssize_t got = read(file.fd, text.data() + have, want);
    text.resize(have + std::size_t(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "cannot be read");
    if (got == 0) return text;
  }
  return Error{fmt::format("{} is larger than {}, the most that is read", path, size_text(rules.most_bytes))};
}

Status rewrite_file(const std::string& path, const std::string& before, const std::string& text) {
  const std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), free);
  if (!real) return failed(path, "cannot be written");
  const std::string at = real.get(), folder = at.substr(0, std::max<std::size_t>(at.rfind('/'), 1));
  const Descriptor beside{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  // Whoever does the same has it for the moment.
  if (beside.fd < 0 || flock(beside.fd, LOCK_EX) != 0) return failed(path, "cannot be written");
  const auto now = read_file(at, {.most_bytes = before.size()});
  if (!now || *now != before)
    return Error{fmt::format("{} was changed by somebody else just now; nothing was written", path)};
  struct stat facts {};
  if (stat(at.c_str(), &facts) != 0) return failed(path, "cannot be written");
  if (facts.st_nlink > 1)
    return Error{fmt::format("{} has other names (hard links), which would keep the old text; write it by hand", path)};
  std::string fresh = at + ".XXXXXX";
  const Descriptor file{mkostemp(fresh.data(), O_CLOEXEC)};
  if (file.fd < 0) return failed(path, "cannot be written");
  const bool owned = fchown(file.fd, facts.st_uid, facts.st_gid) == 0 && fchmod(file.fd, facts.st_mode & 07777) == 0;
  const bool written = owned && write(file.fd, text.data(), text.size()) == ssize_t(text.size()) &&
                       fsync(file.fd) == 0 && rename(fresh.c_str(), at.c_str()) == 0;
  if (!written) {
    const Error why = failed(path, owned ? "cannot be written" : "cannot be written with its owner and mode");
    unlink(fresh.c_str());
    return why;
  }
  if (fsync(beside.fd) != 0) return failed(path, "is written, but may be lost in a crash");
  return Done{};
}

Status replace_file(const std::string& path, const std::string& text, unsigned mode) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode))
    return Error{fmt::format("{} is a directory, and cannot be replaced by a file", path)};
  std::string fresh = path + ".XXXXXX";
  const Descriptor file{mkostemp(fresh.data(), O_CLOEXEC)};
  if (file.fd < 0) return failed(path, "cannot be written");
  const bool written = write(file.fd, text.data(), text.size()) == ssize_t(text.size()) && fchmod(file.fd, mode) == 0 &&
                       rename(fresh.c_str(), path.c_str()) == 0;
  if (written) return Done{};
  const Error why = failed(path, "cannot be written");
  unlink(fresh.c_str());
  return why;
}

Status clear_socket(const std::string& path) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return errno == ENOENT ? Status(Done{}) : failed(path, "cannot be looked at");
  if (!S_ISSOCK(facts.st_mode))
    return Error{fmt::format("{} is {}, not a socket: choose another path, or remove it", path,
                             S_ISREG(facts.st_mode) ? "a regular file" : kind_of(facts.st_mode))};
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof at.sun_path) return Error{fmt::format("{} is too long for a socket's path", path)};
  std::memcpy(at.sun_path, path.c_str(), path.size());
  const Descriptor probe{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (probe.fd < 0) return failed(path, "cannot be tried");
  // A full queue (EAGAIN) is somebody's who listens; only a refusal says that nobody does.
  if (connect(probe.fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 || errno != ECONNREFUSED)
    return Error{fmt::format("somebody listens at the socket {}", path)};
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, "cannot be removed");
  return Done{};
}

}  // namespace waymark
