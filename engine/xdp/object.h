// A BPF object in the kernel: its programs and maps, filled and mapped; not attached to anything. The engine, the tests
// and the benches all load through here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "dataplane/halves.h"
#include "dataplane/programs.h"

namespace waymark {

// What libbpf and the verifier have to say, one line a call. For the whole process; empty: nowhere.
using BpfLog = std::function<void(bool warning, std::string_view line)>;
void set_bpf_log(BpfLog log);

// A moment on both clocks: CLOCK_BOOTTIME, and ticks (jiffies, wrapping) as the packets see them.
struct Moment {
  Time at;
  u32 ticks;
};

// The programs of an image's roles, by function name.
std::vector<std::string> programs_of(const Image& image);

class Object {
 public:
  struct Options {
    // Gives the descriptor of a table that exists already, by its name in core/tables.h, or -1. It is not closed.
    std::function<int(std::string_view table)> shared;
    // The programs to load, by function name; empty: those of the image's roles, and the clock.
    std::vector<std::string> programs;
    // Where the verifier's whole log goes when it refuses the program; empty: only its tail, in the error.
    std::string log_file;
    // Whether live() is wanted: the tables are then mapped into this process.
    bool mapped = true;
  };

  // Loads the ELF object `elf` with `image` as its config tables and constants, and fills the table of jumps with what
  // roles' programs were loaded. Tables that are not shared get the sizes that the image says.
  static Result<Object> load(std::span<const u8> elf, const Image& image, const Options& options);
  static Result<Object> load(std::span<const u8> elf, const Image& image) { return load(elf, image, Options()); }

  Object(Object&&) noexcept;
  Object& operator=(Object&&) noexcept;
  ~Object();

  // Descriptors stay the object's; -1 where there is none of this name. Without one: that of the image's first role.
  int program() const;
  int program(const char* name) const;
  int map(const char* name) const;

  Live& live() const;
  const PrefixHalves& prefixes() const;  // always mapped; null where the object has none

  Counters counters() const;
  // Of the first `count` target slots.
  std::vector<TargetCounters> target_traffic(u32 count) const;
  std::vector<PathTraffic> path_traffic() const;  // two for each policy (roles/path/packet_rate.h)
  std::vector<u64> tag_uses() const;              // kTagUses, by key (roles/path/records.h)
  void reset_target_traffic(u32 slot) const;

  Result<Moment> now() const;

 private:
  struct State;
  explicit Object(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What the kernel says of a loaded program. Zeros where it does not tell.
struct ProgramFacts {
  u32 id = 0;
  std::string name;
  std::string tag;  // 16 hexadecimal digits: a digest of the instructions
  u32 verified_instructions = 0, jited_bytes = 0;
};
ProgramFacts program_facts(int program);

// Jiffies a second, measured over 100 ms.
Result<u32> measure_ticks_per_second(const Object& object);

}  // namespace waymark
