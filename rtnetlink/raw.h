// Whole IPv4 and IPv6 packets, sent by the kernel's routes and rules as if they had been forwarded: from any source
// address, and as they are.
#pragma once

#include <span>

#include "base/result.h"
#include "core/address.h"

namespace waymark {

class RawSender {
 public:
  // In the network namespace where this is called. Wants CAP_NET_RAW.
  static Result<RawSender> open();
  RawSender(RawSender&& other) noexcept;
  RawSender& operator=(RawSender&& other) noexcept;
  ~RawSender();

  // Sends one packet, which begins with its IP header and ends with its last byte. It is an error where it is larger
  // than its route's MTU, has no route, or would not leave as it is: the kernel gives IPv4 packets without
  // identification one, unless they have DF. That is no matter to a whole packet, and is fatal to a fragment. An IPv4
  // header's checksum must be right: the kernel would make it so. Never waits.
  Status send(std::span<const u8> packet);

  // Of the route that such a packet takes; an error where there is none.
  Result<u32> mtu(const Address& source, const Address& destination);

 private:
  RawSender(int ip4, int ip6) : ip4_(ip4), ip6_(ip6) {}
  int ip4_ = -1, ip6_ = -1;
};

}  // namespace waymark
