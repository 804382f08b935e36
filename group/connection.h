// One connection, from its first byte on; of the group's own files.
#pragma once

#include "group/group.h"

namespace waymark::group {

// Of what is mirrored, pins and flows.
constexpr u32 kSlices = 10;             // for a whole pass over a table
constexpr size_t kQueueHigh = 4 << 20;  // bytes: changes are not sent to a member that has so many to read
constexpr size_t kQueuePull = 1 << 20;  // nor more of all there is

struct Group::Connection {
  Link link;
  Channel channel;
  bool dialled;
  std::optional<u32> member;    // once it is dialled or proven
  std::optional<Address> from;  // where it was not dialled
  Time opened, heard;
  size_t queued = 0;  // bytes that the driver still holds

  size_t waiting() const { return queued + channel.waiting(); }
};

}  // namespace waymark::group
