#include "lab/kit/process.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "lab/kit/loop.h"

namespace waymark::lab {
namespace {

volatile std::sig_atomic_t interrupt_came = 0;

void limit(__rlimit_resource what, u64 most) {
  const rlimit both{most, most};
  if (most && setrlimit(what, &both) != 0) _exit(125);
}

[[noreturn]] void become(const Command& c, int in, int out, pid_t parent) {
  setpgid(0, 0);
  if (!c.outlives_us) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(125);
  }
  for (int s : {SIGINT, SIGTERM, SIGPIPE}) std::signal(s, SIG_DFL);
  if (!c.netns.empty()) {
    const int ns = open(("/run/netns/" + c.netns).c_str(), O_RDONLY | O_CLOEXEC);
    if (ns < 0 || setns(ns, CLONE_NEWNET) != 0) {
      dprintf(out, "namespace %s cannot be entered: %s\n", c.netns.c_str(), std::strerror(errno));
      _exit(125);
    }
  }
  limit(RLIMIT_NOFILE, c.limits.files);
  limit(RLIMIT_AS, c.limits.memory);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  std::vector<char*> argv;
  for (const auto& word : c.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  dprintf(STDERR_FILENO, "%s cannot be started: %s\n", argv[0], std::strerror(errno));
  _exit(126);
}

}  // namespace

Result<Process> Process::start(const Command& c) {
  int in[2], out[2] = {-1, -1};
  if (pipe2(in, O_CLOEXEC) != 0) return Error{"no pipe can be made"};
  if (c.log.empty()) {
    if (pipe2(out, O_CLOEXEC) != 0) return Error{"no pipe can be made"};
  } else {
    out[1] = open(c.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out[1] < 0) return Error{fmt::format("{} cannot be written: {}", c.log, std::strerror(errno))};
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(c, in[0], out[1], parent);
  close(in[0]);
  close(out[1]);
  Process p;
  p.pid_ = pid;
  p.in_ = in[1];
  p.out_ = out[0];
  if (pid < 0) return Error{fmt::format("no process can be made: {}", std::strerror(errno))};
  return p;
}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(in_, other.in_);
  std::swap(out_, other.out_);
  std::swap(status_, other.status_);
  std::swap(heard_, other.heard_);
  return *this;
}

Process::~Process() {
  if (running()) {
    ::kill(-pid_, SIGKILL);
    reap(0);
  }
  if (in_ >= 0) close(in_);
  if (out_ >= 0) close(out_);
}

void Process::reap(int options) {
  int status = 0;
  if (pid_ <= 0 || status_ || waitpid(pid_, &status, options) != pid_) return;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool Process::running() {
  reap(WNOHANG);
  return pid_ > 0 && !status_;
}

void Process::signal(int number) const {
  if (pid_ > 0 && !status_) ::kill(pid_, number);
}

std::optional<int> Process::wait(Duration patience) {
  const Time end = now() + patience;
  for (; running() && now() < end; usleep(2000)) {
    // A program that fills its pipe never ends: read along.
    pollfd p{out_, POLLIN, 0};
    char bytes[65536];
    while (out_ >= 0 && poll(&p, 1, 0) == 1 && now() < end) {
      const ssize_t n = read(out_, bytes, sizeof bytes);
      if (n <= 0) break;
      heard_.append(bytes, size_t(n));
    }
  }
  return status_;
}

Status Process::say(const std::string& line) const {
  const std::string whole = line + "\n";
  if (write(in_, whole.data(), whole.size()) != ssize_t(whole.size())) return Error{"a program of the lab has ended"};
  return Done{};
}

void Process::say_end() {
  close(in_);
  in_ = -1;
}

Result<std::string> Process::line(Duration patience) {
  const Time end = now() + patience;
  for (;;) {
    if (const size_t at = heard_.find('\n'); at != std::string::npos) {
      std::string out = heard_.substr(0, at);
      heard_.erase(0, at + 1);
      return out;
    }
    pollfd p{out_, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - now()).count();
    if (left <= 0) return Error{"a program of the lab does not answer"};
    if (poll(&p, 1, int(left)) < 1) continue;
    char bytes[65536];
    const ssize_t n = read(out_, bytes, sizeof bytes);
    if (n == 0) return Error{"a program of the lab has ended: " + heard_};
    if (n > 0) heard_.append(bytes, size_t(n));
  }
}

std::string Process::rest() {
  char bytes[4096];
  for (ssize_t n; out_ >= 0 && (n = read(out_, bytes, sizeof bytes)) != 0;) {
    if (n > 0) heard_.append(bytes, size_t(n));
    if (n < 0 && errno != EINTR) break;
  }
  return heard_;
}

Result<std::string> run(const Command& command, Duration patience) {
  auto p = Process::start(command);
  if (!p) return p.error();
  const auto status = p->wait(patience);
  const std::string name = fmt::format("{}", fmt::join(command.argv, " "));
  if (!status) return Error{fmt::format("\"{}\" did not end in {} s", name, patience / std::chrono::seconds(1))};
  std::string said = p->rest();
  if (*status != 0) return Error{fmt::format("\"{}\" ended with status {}: {}", name, *status, said)};
  return said;
}

bool interrupted() { return interrupt_came != 0; }

void heed_interrupts() {
  std::signal(SIGPIPE, SIG_IGN);
  for (int s : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction act {};
    act.sa_handler = [](int) { interrupt_came = 1; };
    sigaction(s, &act, nullptr);
  }
}

void pause_for(Duration time) {
  const Time end = now() + time;
  for (; now() < end && !interrupted(); usleep(5000)) {
  }
}

}  // namespace waymark::lab
