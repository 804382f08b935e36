// Who was sent where: a tap at the router's ends of the directors' links. It says which director the router chose for
// each packet of the checked traffic, and which packets a director answered itself, because their server is dead.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/types.h"

namespace waymark::lab {

// One packet of the checked traffic, as it says itself.
struct Sight {
  enum class Kind : u8 { tcp, udp, reset, unreachable };  // the latter two from a director, about a client's flow
  Kind kind;
  std::string client;  // address and port, as bytes
  bool operator==(const Sight&) const = default;
};

// None for all that is neither. `to_director`: it leaves the router. Ports of the service: `port`.
std::optional<Sight> sight(std::span<const u8> frame, bool to_director, u16 port);

struct Sighting {
  Time at;
  u32 flow;     // a number for each client address and port
  u8 director;  // which of the tapped interfaces
  Sight::Kind kind;
};

// TCP flows that came by one director last before `from` and by another one since.
u64 flows_moved(std::span<const Sighting> seen, Time from);

// What directors told clients of a dead server, since `from`.
struct Told {
  u64 resets = 0, unreachables = 0;       // flows that were told so
  std::optional<Time> first, last_first;  // when the first director began to tell, and when the last
  Duration slowest{};                     // from a flow's first packet after its director knew, to its reset
};
Told told_by_directors(std::span<const Sighting> seen, Time from);

class Witness {
 public:
  static Result<std::unique_ptr<Witness>> start(const std::string& netns, const std::vector<std::string>& interfaces,
                                                u16 port);
  ~Witness();
  std::vector<Sighting> seen() const;

 private:
  Witness() = default;
  void watch();

  u16 port_ = 0;
  std::vector<int> sockets_;
  mutable std::mutex mutex_;  // of seen_
  std::vector<Sighting> seen_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace waymark::lab
