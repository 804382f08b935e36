#include "daemon/listening.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/address_text.h"
#include "base/file.h"
#include "daemon/sockaddr.h"

namespace waymark {

namespace {

constexpr int kBacklog = 128;

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error{fmt::format("the path of a socket is too long: {}", path)};
  path.copy(address.sun_path, path.size());
  return address;
}

unsigned long inode_of(const std::string& path) {
  struct stat seen {};
  return lstat(path.c_str(), &seen) == 0 && S_ISSOCK(seen.st_mode) ? seen.st_ino : 0;
}

Result<int> bind_unix(const std::string& path) {
  const Result<sockaddr_un> address = unix_address(path);
  if (!address) return address.error();
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Error{fmt::format("cannot make a socket: {}", std::strerror(errno))};
  const mode_t before = umask(0117);
  const int bound = bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  const int error = errno;
  umask(before);
  if (bound == 0) return fd;
  close(fd);
  return Error{fmt::format("cannot listen at the socket {}: {}", path, std::strerror(error))};
}

}  // namespace

Result<Listening> Listening::on_socket(const std::string& path) {
  WM_TRY(clear_socket(path));
  const Result<int> fd = bind_unix(path);
  if (!fd) return fd.error();
  Listening out;
  out.fd_ = *fd;
  out.path_ = out.bound_ = path;
  out.name_ = "the socket " + path;
  out.inode_ = inode_of(path);
  return out;
}

Result<Listening> Listening::beside_socket(const std::string& path) {
  const std::string beside = path + ".new";
  Result<Listening> out = on_socket(beside);
  if (!out) return out.error();
  out->path_ = path;
  out->name_ = "the socket " + path;
  return out;
}

Result<Listening> Listening::on_address(const std::string& address, const std::string& what, bool beside) {
  const auto colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  const auto parsed = parse_address(host);
  u16 port = 0;
  if (colon != address.npos) std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  if (!parsed || !port) return Error{fmt::format("{}: {} is no address and port", what, address)};
  SocketAddress at(*parsed, port);
  Listening out;
  out.name_ = fmt::format("{} for {}", address, what);
  out.fd_ = socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  setsockopt(out.fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  // Only where the one that listens there is about to leave: two instances must not share a port unnoticed.
  if (beside) out.share(true);
  if (out.fd_ < 0 || bind(out.fd_, at.get(), at.size()) != 0)
    return Error{fmt::format("cannot listen at {}: {}", out.name_, std::strerror(errno))};
  return out;
}

Status Listening::open() {
  if (listen(fd_, kBacklog) != 0) return Error{fmt::format("cannot listen at {}: {}", name_, std::strerror(errno))};
  if (bound_ != path_) {
    const std::string left = path_ + kLeft;
    unlink(left.c_str());
    if (link(path_.c_str(), left.c_str()) != 0 && errno != ENOENT)
      return Error{fmt::format("cannot listen at {}: {}: {}", name_, left, std::strerror(errno))};
    if (rename(bound_.c_str(), path_.c_str()) != 0)
      return Error{fmt::format("cannot listen at {}: {}", name_, std::strerror(errno))};
    bound_ = path_;
  }
  if (!local()) share(false);
  return Done{};
}

void Listening::give_back() {
  if (local()) rename((path_ + kLeft).c_str(), path_.c_str());
}
void Listening::settle() {
  if (local()) unlink((path_ + kLeft).c_str());
}
void Listening::reclaim() {
  if (displaced() && inode_of(path_ + kLeft) == inode_) give_back();
}

void Listening::share(bool on) {
  const int value = on;
  if (!local()) setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &value, sizeof value);
}

bool Listening::displaced() const { return local() && inode_of(bound_) != inode_; }

Listening::Listening(Listening&& other) noexcept { *this = std::move(other); }
Listening& Listening::operator=(Listening&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(bound_, other.bound_);
  std::swap(inode_, other.inode_);
  std::swap(name_, other.name_);
  return *this;
}
Listening::~Listening() {
  if (local() && !displaced()) unlink(bound_.c_str());
  if (fd_ >= 0) close(fd_);
}

}  // namespace waymark
