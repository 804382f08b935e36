#include "lab/kit/downloads.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "lab/kit/loop.h"
#include "lab/traffic/message.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;

constexpr Duration kPace = milliseconds(40), kPatience = std::chrono::seconds(30);
constexpr size_t kSlowly = 4096;  // bytes in each kPace

u8 blob_byte(size_t at) { return u8(mix(at / 8) >> at % 8 * 8); }

}  // namespace

Status write_blob(const std::string& path, size_t size) {
  std::vector<char> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = char(blob_byte(i));
  std::ofstream out(path, std::ios::binary);
  if (!(out.write(bytes.data(), std::streamsize(size)) << std::flush))
    return Error{fmt::format("{} cannot be written", path)};
  return Done{};
}

Downloads::~Downloads() {
  give_up_ = true;
  if (reader_.joinable()) reader_.join();
  for (auto& one : all_) close(one->fd);
}

Status Downloads::start(const std::vector<Wanted>& all) {
  for (const Wanted& w : all) {
    if (mkfifo(w.pipe.c_str(), 0600) != 0) return Error{fmt::format("{}: {}", w.pipe, std::strerror(errno))};
    const int fd = open(w.pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // first: curl waits for a reader
    if (fd < 0) return Error{fmt::format("{}: {}", w.pipe, std::strerror(errno))};
    auto& one = *all_.emplace_back(std::make_unique<One>());
    one.url = w.url;
    one.fd = fd;
    auto curl = Process::start({.netns = w.netns,
                                .argv = {"curl", "-sS", "--fail", "--globoff", "-o", w.pipe, w.url},
                                .log = w.pipe + ".log"});
    if (!curl) return curl.error();
    one.curl = std::move(*curl);
  }
  reader_ = std::thread([this] { read_all(); });
  return Done{};
}

void Downloads::read_all() {
  Time end = Time::max();
  while (!give_up_ && now() < end) {
    if (hurry_ && end == Time::max()) end = now() + kPatience;
    bool more = false, all_over = true;
    for (auto& one : all_) {
      more |= !one->over && read_some(*one, hurry_ ? kBlob : kSlowly);
      all_over &= one->over;
    }
    if (all_over) return;
    if (!hurry_ || !more) std::this_thread::sleep_for(hurry_ ? milliseconds(1) : kPace);
  }
}

// True: there may be more at once.
bool Downloads::read_some(One& one, size_t bytes) {
  u8 buffer[65536];
  const ssize_t n = read(one.fd, buffer, std::min(bytes, sizeof buffer));
  if (n == 0 && !one.curl.running()) one.over = true;  // else it has not opened the pipe yet
  if (n <= 0) return false;
  for (size_t i = 0; i < size_t(n); ++i) one.wrong |= buffer[i] != blob_byte(one.got + i);
  one.got += size_t(n);
  return true;
}

bool Downloads::all_under_way() const {
  return !all_.empty() && std::all_of(all_.begin(), all_.end(), [](auto& one) { return one->got > 0 && !one->over; });
}

Result<std::string> Downloads::finish() {
  hurry_ = true;
  if (reader_.joinable()) reader_.join();
  for (auto& one : all_) {
    const auto status = one->curl.wait(Duration::zero());
    if (status != 0)
      return Error{fmt::format("the download of {} ended with status {}", one->url, status.value_or(-1))};
    if (one->got != kBlob || one->wrong)
      return Error{fmt::format("the download of {} is not what the server had: {} bytes", one->url, one->got.load())};
  }
  return fmt::format("{} downloads of {} MB came whole, every byte compared", all_.size(), kBlob >> 20);
}

}  // namespace waymark::lab
