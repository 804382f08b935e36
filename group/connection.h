// One connection, from its first byte on; of the group's own files.
#pragma once

#include "group/group.h"

namespace waymark::group {

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
