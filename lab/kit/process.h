// Programs the lab starts: in a namespace, in a process group of their own (Ctrl-C is for the lab, which then ends
// them), and gone when the lab is gone.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/types.h"

namespace waymark::lab {

// What a process may have at most; 0: as much as we.
struct Limits {
  u64 files = 0, memory = 0;  // open at once, soft and hard; bytes of address space
};

struct Command {
  std::string netns = {};  // "": where we are
  std::vector<std::string> argv = {};
  std::string log = {};      // a file for its output; "": ours to read (stderr goes the same way)
  bool outlives_us = false;  // for `lab up`
  Limits limits = {};
};

class Process {
 public:
  static Result<Process> start(const Command& command);
  Process() = default;
  Process(Process&& other) noexcept { *this = std::move(other); }
  Process& operator=(Process&& other) noexcept;
  ~Process();  // kills it, unless release() was called

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  // The exit status (128 + n for a signal), or nothing when it still runs at the deadline.
  std::optional<int> wait(Duration patience);
  void release() { pid_ = -1; }

  Status say(const std::string& line) const;    // to its stdin
  void say_end();                               // closes it
  Result<std::string> line(Duration patience);  // from its stdout
  std::string rest();                           // all it says until it closes stdout

 private:
  void reap(int options);
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
  std::optional<int> status_;
  std::string heard_;
};

// Runs to the end and gives the output; a status other than 0 is an error that quotes it.
Result<std::string> run(const Command& command, Duration patience = std::chrono::seconds(20));

bool interrupted();      // Ctrl-C or SIGTERM came
void heed_interrupts();  // from now on they only set the above
void pause_for(Duration time);

}  // namespace waymark::lab
