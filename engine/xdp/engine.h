// The program on real interfaces, with tables and links that outlive this process: they are pinned in bpffs under
// ROOT/INSTANCE: `links/if<index>`, `program` (what the links run) with its table of jumps, and one file per table, its
// layout's version in its name (engine/xdp/pinned_set.h). Whoever comes next adopts them. The caller sees to it that no
// two processes drive one instance.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "engine/xdp/object.h"

namespace waymark {

struct Attachment {
  u32 interface;  // index
  std::string name;
  XdpMode mode = XdpMode::automatic;
  bool required = true;  // false: where it cannot be had, the other interfaces are served all the same
};

// How an interface was served.
struct Attached {
  u32 interface = 0;
  std::string name;
  XdpMode mode = XdpMode::native;  // never automatic
  std::string fallback;            // why it is generic though native was to be tried; else empty
  u32 link = 0;                    // the kernel's id
};

// One load in force.
struct Load {
  ProgramFacts program;                                         // the one that packets meet
  std::vector<std::pair<ProgramEntry, ProgramFacts>> programs;  // all that were loaded
  Duration loading, swapping;
  std::vector<Attached> interfaces;
  std::vector<std::string> left_out;  // a sentence for each interface that was not required and could not be had
};

// The programs and their tables in the kernel, pinned nowhere and on no interface: they vanish with this.
struct Loaded {
  Object object;
  Duration loading;
};
// Loads; takes long, and runs on any thread. Stays of use when its engine is gone.
using Loader = std::function<Result<Loaded>(const Image& image)>;

// What ran before a put(): for a moment packets may still be on their way through it, and would find its table of jumps
// empty once nobody holds it. Its end waits for the rest of that moment, so it is best left to another thread.
class Retired;

constexpr const char* kPinRoot = "/sys/fs/bpf/waymark";

class XdpEngine {
 public:
  struct Options {
    std::string instance;
    std::string root = kPinRoot;
    std::span<const u8> program;  // the object's bytes (engine/xdp/program.h)
    TableSizes sizes;             // as the configuration wants them
    bool persist = true;          // false: links die with this process; tables stay pinned all the same
    std::string log_file;         // for the verifier's log when it refuses the program; may be empty
  };

  // Adopts the instance's tables, or makes them; attaches nothing. When `fresh()` then, live().meta[0] is to be filled
  // by the caller before the first apply(): fresh tables are pinned by that, and only if it succeeds.
  static Result<XdpEngine> open(const Options& options);

  XdpEngine(XdpEngine&&) noexcept;
  XdpEngine& operator=(XdpEngine&&) noexcept;
  ~XdpEngine();  // with persist, packets keep being served

  // A sentence about tables that were not as they should be and were mended or given up; empty where all was well.
  const std::string& found() const;
  bool fresh() const;  // nobody has filled the tables yet
  Live& live();        // valid as long as the engine, over any number of loads
  u32 ticks_per_second() const;
  Result<Moment> now() const;

  Loader loader() const;
  // Puts what was loaded on exactly these interfaces: on all that are required, or none.
  Status put(Loaded loaded, const std::vector<Attachment>& interfaces);
  // Puts other prefixes in force than those that were loaded last (dataplane/halves.h); seconds lie between two.
  void flip(const Image& image);
  // What the last put() took out of use. Where nobody asks for it, it ends with the next put(), or with the engine.
  std::shared_ptr<Retired> take_retired();
  // Loads and puts.
  Status apply(const Image& image, const std::vector<Attachment>& interfaces);
  // What runs, on one more interface.
  Status serve(const Attachment& to);
  const Load* load() const;      // null before the first apply()
  const Object* object() const;  // what runs since the last apply(), for a CaptureReader; null before

  Counters counters() const;
  std::vector<TargetCounters> target_traffic(u32 count) const;
  // The tables that last, for another thread to read counters() and target_traffic() of; they may outlive the engine.
  std::shared_ptr<const Object> tables() const;
  void reset_target_traffic(u32 slot) const;

  // Takes the program off all interfaces and unpins everything: `waymark down`. Needs no daemon and no table that this
  // build understands.
  static Status remove(const std::string& instance, const std::string& root = kPinRoot);
  // Whether what is pinned under the instance's name has the sizes and the layout that open() would want of it. Opens
  // nothing for long, and changes nothing.
  static Status fits(const std::string& instance, const TableSizes& sizes, const std::string& root = kPinRoot);
  // Whether anything of the instance is pinned.
  static bool exists(const std::string& instance, const std::string& root = kPinRoot);

 private:
  struct State;
  explicit XdpEngine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace waymark
