// Who is asked, where and how: health checks with everything filled in.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/services.h"

namespace waymark {

struct Subject {                // one target to be watched, or a host's own service
  std::string service, target;  // names; `target` is empty for a host's own service
  Address address{};            // what is asked: the target's own, or the service's when it is asked through the tunnel
  u16 port = 0;                 // the check's, or the service's first TCP port; 0 for ICMP
  Address tunnel_end{};         // the target's address: where the tunnel ends, when it is asked through it
  Encapsulation tunnel = {};    // likewise
  CheckConfig check;
  bool counts = false;  // in fail_static's share: targets that new flows are meant to reach

  bool through() const { return check.through; }
  // What the file says is at most `every`; the default gives way to it.
  Duration timeout() const { return std::min(check.timeout, check.every); }
};

// All targets of services that have a check. Through the tunnel it is the service's first address of a family that the
// director has an address of, as answers come to that.
std::vector<Subject> subjects_of(const Services& serves);

// The host's own services that have a check, asked at their first address on this machine.
std::vector<Subject> local_subjects_of(const Config& config);

// Whether both would get the same answer. How often they are asked is not looked at.
bool same_question(const Subject& a, const Subject& b);

std::string_view text(CheckKind kind);  // "http"

}  // namespace waymark
