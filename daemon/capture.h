// A capture, as pcapng, from the copies of packets that the loop gets to the guest that asked for it. On the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "daemon/http.h"
#include "engine/xdp/capture_record.h"

namespace waymark {

struct CaptureInterface {
  u32 index;
  std::string name;
};

class Capture {
 public:
  // `addresses`: only packets to one of these, outside or inside of a tunnel, as they came in or as they went out;
  // empty: all. At most `count` packets, each with both of its ways. `wall_offset`: from time since boot to time since
  // 1970. What `body` has no room for is left out.
  Capture(std::vector<CaptureInterface> interfaces, std::vector<Prefix> addresses, u32 count, Duration wall_offset,
          std::shared_ptr<BodyQueue> body);

  // A packet's way in is held back until its way out, which names the reason, follows.
  void add(const CaptureRecord& record, std::span<const u8> bytes);
  void end();  // no more will come
  bool full() const { return ended_; }

 private:
  struct Held {
    CaptureRecord record;
    std::vector<u8> bytes;
  };
  void write(const Held& in, const CaptureRecord& out, std::span<const u8> bytes);
  u32 number_of(u32 interface) const;

  const std::vector<CaptureInterface> interfaces_;
  const std::vector<Prefix> addresses_;
  const Duration wall_offset_;
  std::map<u64, Held> held_;
  u32 left_;
  const std::shared_ptr<BodyQueue> body_;
  bool ended_ = false;
};

// The destinations of an Ethernet frame's IP packet and, where that is a tunnel of ours, of the one inside.
std::vector<Address> destinations(std::span<const u8> frame);

}  // namespace waymark
