// A traffic tool as a child of a test.
#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace waymark::lab {

// With pipes to talk through.
class Tool {
 public:
  Tool(int (*tool)(int, char**), std::vector<std::string> argv) {
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0) std::abort();
    std::fflush(nullptr);  // or the child writes what is in its buffer once more
    pid = fork();
    if (pid < 0) std::abort();  // else the destructor would kill all there is
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(in[0], 0);
      dup2(out[1], 1);
      for (int fd : {in[0], in[1], out[0], out[1]})
        if (fd > 1) close(fd);  // a test that is run without stdin gets the pipe's end as 0
      std::vector<char*> raw;
      for (auto& a : argv) raw.push_back(a.data());
      _exit(tool(int(raw.size()), raw.data()));
    }
    close(in[0]);
    close(out[1]);
    to_ = in[1];
    from_ = fdopen(out[0], "r");
  }
  ~Tool() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    close(to_);
    fclose(from_);
  }
  std::string ask(const std::string& command) {
    const std::string line = command + "\n";
    return write(to_, line.data(), line.size()) == ssize_t(line.size()) ? hear() : "";
  }
  std::string hear() {
    char answer[65536];
    return fgets(answer, sizeof answer, from_) ? answer : "";
  }
  pid_t pid;

 private:
  int to_;
  FILE* from_;
};

}  // namespace waymark::lab
