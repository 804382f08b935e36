// Whole Ethernet frames, sent by an interface as they are: what does not go by the kernel's routes.
#pragma once

#include <span>

#include "base/result.h"
#include "core/types.h"

namespace waymark {

class FrameSender {
 public:
  // In the network namespace where this is called. Wants CAP_NET_RAW.
  static Result<FrameSender> open();
  FrameSender(FrameSender&& other) noexcept;
  FrameSender& operator=(FrameSender&& other) noexcept;
  ~FrameSender();

  // By the interface with this index; an error where it takes none of this length, or is down. Never waits.
  Status send(u32 interface, std::span<const u8> frame);

 private:
  explicit FrameSender(int socket) : socket_(socket) {}
  int socket_ = -1;
};

}  // namespace waymark
