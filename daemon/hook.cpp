#include "daemon/hook.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace waymark {

namespace {

std::string words(int error) { return std::strerror(error); }

// Of a path without links: whether others than root and we can put something else there.
Status only_ours(const std::string& path, bool directory) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return Error{fmt::format("{}: {}", path, words(errno))};
  if (facts.st_uid != 0 && facts.st_uid != geteuid())
    return Error{fmt::format("{} belongs to user {}: only root and the daemon's user may own it", path, facts.st_uid)};
  const bool sticky = directory && (facts.st_mode & S_ISVTX);  // as /tmp: nobody moves what is another's
  if (facts.st_mode & (S_IWGRP | S_IWOTH) && !sticky)
    return Error{fmt::format("{} is writable by others than its owner: `chmod go-w {}`", path, path)};
  return Done{};
}

// What the program reads: a file in memory, so that nobody waits for whoever does not read.
int file_with(const std::string& text) {
  const int fd = memfd_create("waymark-event", MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (write(fd, text.data(), text.size()) == ssize_t(text.size()) && lseek(fd, 0, SEEK_SET) == 0) return fd;
  close(fd);
  return -1;
}

// "NAME=value", without bytes that would end it early.
std::string variable(const char* name, std::string_view value) {
  std::string out = fmt::format("{}=", name);
  for (const char c : value)
    if (c) out += c;
  return out;
}

}  // namespace

Status may_run(const std::string& path) {
  char resolved[PATH_MAX];
  if (path.empty() || path[0] != '/') return Error{fmt::format("on_event: \"{}\" is not an absolute path", path)};
  if (!realpath(path.c_str(), resolved)) return Error{fmt::format("on_event: {}: {}", path, words(errno))};
  struct stat facts {};
  if (stat(resolved, &facts) != 0) return Error{fmt::format("on_event: {}: {}", path, words(errno))};
  if (!S_ISREG(facts.st_mode)) return Error{fmt::format("on_event: {} is not a regular file", path)};
  std::string part = resolved;
  if (const Status ours = only_ours(part, false); !ours) return Error{"on_event: " + ours.error().sentence};
  while (part.size() > 1) {
    part.resize(std::max<std::size_t>(part.rfind('/'), 1));
    if (const Status ours = only_ours(part, true); !ours) return Error{"on_event: " + ours.error().sentence};
  }
  if (access(resolved, X_OK) != 0) return Error{fmt::format("on_event: {} is not executable: {}", path, words(errno))};
  return Done{};
}

Hook::Hook(Loop& loop, std::function<void(std::string)> told, Duration deadline)
    : loop_(loop), told_(std::move(told)), deadline_(deadline) {}

Hook::~Hook() {
  if (!running_) return;
  kill_group();
  watch_.reset();
  siginfo_t info{};
  while (waitid(P_PID, id_t(running_), &info, WEXITED) != 0 && errno == EINTR) continue;
  close(process_);
}

void Hook::configure(const std::string& path, const std::string& node) {
  if (path != path_) {
    queue_.clear();
    trouble_.clear();
  }
  path_ = path;
  node_ = node;
  if (path_.empty()) return;
  if (const Status may = may_run(path_); !may) fail(may.error().sentence);
}

void Hook::add(const Recorded& event, Time now) {
  if (path_.empty()) return;
  if (queue_.size() >= kQueue) {
    ++lost_;
    return;
  }
  queue_.push_back(event);
  next(now);
}

// While the process is not reaped its number, and that of its group, is nobody else's.
void Hook::kill_group() const { kill(-running_, SIGKILL); }

void Hook::step(Time now) {
  if (running_ && now >= due_ && !late_) {
    late_ = true;
    due_ = Time::max();
    kill_group();
  }
  next(now);
}

Time Hook::deadline() const { return due_; }

void Hook::fail(const std::string& why) {
  ++failed_;
  if (why == trouble_) return;  // as the time before
  trouble_ = why;
  told_(why);
}

void Hook::next(Time now) {
  while (!running_ && !queue_.empty()) {
    const Recorded event = std::move(queue_.front());
    queue_.pop_front();
    if (lost_ > lost_told_) {
      told_(fmt::format("on_event: {} events were not told, as {} does not keep up", lost_ - lost_told_, path_));
      lost_told_ = lost_;
    }
    if (const Status done = spawn(event); !done) {
      fail(done.error().sentence);
      continue;
    }
    late_ = false;
    due_ = now + deadline_;
  }
}

Status Hook::spawn(const Recorded& event) {
  if (Status may = may_run(path_); !may) return may;
  const int input = file_with(to_line(event));
  if (input < 0) return Error{fmt::format("on_event: the event cannot be handed over: {}", words(errno))};

  const char* search = std::getenv("PATH");
  const std::string variables[] = {variable("PATH", search ? search : "/usr/sbin:/usr/bin:/sbin:/bin"),
                                   variable("WAYMARK_EVENT_KIND", event.event.kind),
                                   variable("WAYMARK_EVENT_SUBJECT", event.event.subject),
                                   variable("WAYMARK_EVENT_TEXT", event.event.text),
                                   variable("WAYMARK_EVENT_SEVERITY", text(event.event.severity)),
                                   variable("WAYMARK_EVENT_TIME", text(event.time)),
                                   variable("WAYMARK_EVENT_NODE", node_)};
  std::vector<char*> environment;
  for (const std::string& v : variables) environment.push_back(const_cast<char*>(v.c_str()));
  environment.push_back(nullptr);
  char* const arguments[] = {const_cast<char*>(path_.c_str()), nullptr};

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addchdir_np(&files, "/");
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = posix_spawn(&running_, path_.c_str(), &files, &attributes, arguments, environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  close(input);
  if (error) {
    running_ = 0;
    return Error{fmt::format("on_event: {} cannot be run: {}", path_, words(error))};
  }
  process_ = int(syscall(SYS_pidfd_open, running_, 0));
  if (process_ < 0) {  // nobody would tell when it ends
    const int why = errno;
    kill_group();
    waitpid(running_, nullptr, 0);
    running_ = 0;
    return Error{fmt::format("on_event: {} cannot be watched: {}", path_, words(why))};
  }
  watch_ = loop_.on_readable(process_, [this] { ended(); });
  return Done{};
}

void Hook::ended() {
  siginfo_t info{};
  if (!running_ || waitid(P_PID, id_t(running_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
  kill_group();  // before it is reaped: what it left behind
  waitid(P_PID, id_t(running_), &info, WEXITED | WNOHANG);
  watch_.reset();
  close(process_);
  running_ = 0;
  process_ = -1;
  due_ = Time::max();
  ++ran_;
  if (late_)
    fail(fmt::format("on_event: {} did not end within {} s and was killed", path_,
                     std::chrono::duration<double>(deadline_).count()));
  else if (info.si_code != CLD_EXITED)
    fail(fmt::format("on_event: {} was ended by signal {}", path_, info.si_status));
  else if (info.si_status != 0)
    fail(fmt::format("on_event: {} failed with status {}", path_, info.si_status));
  else
    trouble_.clear();
  next(boot_time());
}

}  // namespace waymark
