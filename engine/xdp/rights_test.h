// A child process with fewer rights than this one.
#pragma once

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "core/types.h"

namespace waymark {

// Runs `work` in a child process and gives back what it returned.
inline std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends)) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    const std::string text = work();
    (void)!write(ends[1], text.data(), text.size());
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, size_t(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? text : "the child ended with status " + std::to_string(status);
}

inline bool keep_only(std::initializer_list<u32> capabilities) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (u32 c : capabilities) data[c / 32].effective = data[c / 32].permitted |= 1u << c % 32;
  return syscall(SYS_capset, &header, data) == 0;
}

}  // namespace waymark
