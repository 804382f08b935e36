// The packet core as plain C++: the engine of replay, trace, simulation, fuzzing and of every test's other half.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/huge.h"
#include "core/parse.h"
#include "dataplane/image.h"

namespace waymark {

struct StepSeen {
  Step step;
  u64 a, b, c;
};

// A fragment that came before the first of its datagram (core/early.h): whose share of those that are held it takes,
// which datagram it is of, and from where to where in that it reaches, in bytes.
struct EarlyFragment {
  u64 owner, datagram;
  u32 from, to;
};

// What became of one packet. `frame` is what leaves or is handed on; for a dropped packet it is of no meaning. A punted
// packet is finished at once: then `action` says what becomes of all `frames`, and `frame` is as it came.
struct Outcome {
  Verdict verdict;
  u32 out_interface;  // when forwarded
  std::vector<u8> frame;
  Action action = verdict.action;
  std::vector<std::vector<u8>> frames = {};
  Verdict end = verdict;                    // how that ended
  std::optional<EarlyFragment> early = {};  // it is to be held; as of any that is dropped, nothing leaves
};

// What stands for the kernel's routes: the way to a destination (core/way.h); interface 0: the kernel's.
struct Routed {
  WayKind kind = WayKind::kernel;
  u32 interface = 0;
  Mac next_hop{}, source{};
  u16 mtu = 0;
};
using RouteTo = std::function<Routed(const Address& source, const Address& destination)>;

// What stands for the machine's sockets (core/env.h, Owner): `frame` holds the packet, or an ICMP error that quotes an
// answer to it.
using OwnerOf = std::function<Owner(std::span<const u8> frame, const Packet& packet)>;

template <bool kTrace>
class UserspaceEnv;

class UserspaceEngine {
 public:
  // `pins` and `targets`: as in [engine]. All tables are sized as the kernel's are.
  explicit UserspaceEngine(u32 pins, u32 targets = kUsualTargets) : UserspaceEngine(sizes_for(pins, targets)) {}
  explicit UserspaceEngine(const TableSizes& sizes);
  UserspaceEngine(const UserspaceEngine&) = delete;  // others hold windows on its tables
  UserspaceEngine& operator=(const UserspaceEngine&) = delete;

  void load(Image image);
  void flip(const Image& image);  // its prefixes alone, which fit what was loaded (dataplane/halves.h)
  void set_owner(OwnerOf owner_of) { owner_of_ = std::move(owner_of); }   // unset: every packet is somebody's here
  void set_routes(RouteTo route_to) { route_to_ = std::move(route_to); }  // unset: the kernel sends all
  Live live() { return live_; }
  // From now on what it knows of neighbours, fragments, flows and targets is another engine's, whose tables outlive it.
  void share(const Live& of);
  Counters& counters() { return counters_; }
  std::span<const TargetCounters> target_traffic() const { return traffic_; }
  std::span<const PathTraffic> path_traffic() const { return path_traffic_; }
  std::span<const u64> tag_uses() const { return tag_uses_; }
  void forget_traffic(std::span<const u32> slots) {
    for (u32 slot : slots) traffic_[slot] = {};
  }
  const Image& image() const { return image_; }

  // Runs one Ethernet frame that came in on `interface` at `ticks`. `trace`, where given, gets each step. XDP drivers
  // leave 256 bytes of room in front of a frame, most of them.
  Outcome run(std::span<const u8> frame, u32 interface, u32 ticks, std::vector<StepSeen>* trace = nullptr,
              u32 head_room = 256);

  // Finishes a packet that another engine's program punted, as run() does with its own. `frames` is empty where it is
  // dropped, and where it is `early`.
  Outcome complete(std::span<const u8> frame, u32 interface, u32 ticks, Verdict punted);

  // The same without copies, for measuring: `frame` lies in `buffer` at `offset`, with room in front of it.
  // Returns the verdict; `offset` moves with the packet's front.
  Verdict run_in_place(std::span<u8> buffer, u32& offset, u32 interface, u32 ticks);

 private:
  template <bool>
  friend class UserspaceEnv;
  void finish(std::span<const u8> frame, u32 interface, u32 ticks, Outcome& outcome, u32 error);
  u32 error_in(std::span<const u8> frame, u32 interface, u32 ticks);
  Image image_;
#define WM_STORE(NAME, RECORD, ENTRIES, CLASS) HugeTable<RECORD> NAME##_store_;
  WM_LIVE_TABLES(WM_STORE)
  WM_STATE_TABLES(WM_STORE)
#undef WM_STORE
  HugeTable<TargetCounters> target_traffic_;
  std::vector<PathTraffic> path_traffic_ = std::vector<PathTraffic>(2 * kMaxPathPolicies);
  std::vector<u64> tag_uses_ = std::vector<u64>(kTagUses);
  OwnerOf owner_of_;
  RouteTo route_to_;
  Counters counters_;
  // Windows on the tables, whose sizes need no division.
  Live live_;
  std::span<TargetCounters> traffic_;
#define WM_WINDOW(NAME, RECORD, ENTRIES, CLASS) std::span<const RECORD> NAME##_;
  WM_CONFIG_TABLES(WM_WINDOW)
#undef WM_WINDOW
};

// Every reason the program can end a packet with, for show, trace, metrics and the golden file.
std::span<const ReasonText> all_reasons();
const ReasonText* reason_text(u16 reason);
const char* note_text(Note note);  // sentence
const char* note_name(Note note);  // "pin_adopted"

}  // namespace waymark
