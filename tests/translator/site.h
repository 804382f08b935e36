// A translator without a machine, for tests: IP packets in, IP packets out.
#pragma once

#include <memory>
#include <string>

#include "node/scene.h"
#include "tests/kit/packets.h"

namespace waymark::translator_cases {

struct Became {
  std::string reason;
  Action action;
  std::vector<packets::Bytes> out{};  // IP packets, none where it is dropped or is the kernel's
  std::vector<size_t> by{};           // by which interface's index each of them left
};

class TranslatorSite {
 public:
  explicit TranslatorSite(const std::string& toml);  // aborts on one that cannot be used
  // Comes in where packets of its version do: by eth0 if IPv4, by eth1 if IPv6.
  Became receive(const packets::Bytes& packet);
  u32 index(bool ip6) const { return ip6 ? ip6_ : ip4_; }
  // The frame that such a packet comes in, and the interface.
  packets::Bytes frame(const packets::Bytes& packet) const;
  u32 index_for(const packets::Bytes& packet) const { return index(packet.at(0) >> 4 == 6); }
  // From now on the ways to all destinations are of this kind. What was known of them is forgotten.
  void set_ways(WayKind kind);
  Scene& scene() { return *scene_; }

 private:
  std::unique_ptr<Scene> scene_;
  u32 ip4_ = 0, ip6_ = 0;
};

// One site for each configuration, as long as the process lives; what it may send of its own is full again.
TranslatorSite& site_of(const std::string& toml);

// The frames that left.
std::vector<packets::Bytes> left(const Outcome& o);

}  // namespace waymark::translator_cases
