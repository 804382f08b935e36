// A node without a machine: the user-space engine, a Node over its tables, and interfaces, MACs and next hops made up
// from the configuration. It is what replay, trace, fuzzing, measurements and tests drive where the daemon has a
// kernel.
#pragma once

#include <memory>
#include <random>

#include "engine/replay/userspace.h"
#include "node/asked.h"
#include "node/node.h"

namespace waymark {

class Scene {
 public:
  // `seed` stands for the kernel's randomness: the same seed gives the same pins and choices.
  static Result<std::unique_ptr<Scene>> make(const Config& config, u32 seed = 1);

  // As the daemon's reload: all or nothing. Time goes on by a moment, in which new choices come into force.
  Status reload(const Config& config);

  // As a killed daemon and its successor: the tables stay, all that the Node knew is gone and comes back out of them.
  Status restart();
  // The two halves of it: packets between them find no daemon.
  void kill();
  Status revive();

  // Lets time pass, with all work that falls due. Long silences cost little: nothing is looked at more than some 300
  // times. While the daemon is dead only time passes.
  void advance(Duration by);
  Time now() const { return now_; }
  u32 ticks() const;

  // A frame that comes in on an interface, by its index.
  Outcome receive(std::span<const u8> frame, u32 interface, std::vector<StepSeen>* trace = nullptr) {
    return engine_.run(frame, interface, ticks(), trace);
  }

  const std::vector<InterfaceFacts>& interfaces() const { return interfaces_; }
  const InterfaceFacts* interface_called(std::string_view name) const;  // null where there is none
  std::string interface_name(u32 index) const;
  u32 seconds() const;  // since 1970
  // What cookies of questions are made by, and which servers are lost.
  static constexpr SipKey kCookies = {0x0706'0504'0302'0100, 0x0f0e'0d0c'0b0a'0908};
  AskedTables& asked() { return asked_; }
  static Mac mac_of(const Address& target);  // of the next hop that is made up for a target

  UserspaceEngine& engine() { return engine_; }
  Node& node() { return *node_; }  // not while it is dead

 private:
  Scene(const Config& config, u32 seed);
  Clock clock() const;
  void find_ways(const Config& config);
  void find_routes(const Config& config);
  void find_answers(const Config& config);

  Config config_;
  std::vector<InterfaceFacts> interfaces_;
  UserspaceEngine engine_;
  AskedTables asked_{engine_.live()};
  std::unique_ptr<Node> node_;
  Time now_;
};

}  // namespace waymark
