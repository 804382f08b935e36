// Sends what roles greet Ethernets with: at once where it is new, and again later, as a frame may be lost, and as
// whoever had the same before may speak until then.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "roles/role.h"
#include "rtnetlink/frames.h"

namespace waymark {

class Greeter {
 public:
  // From now on these are due, and no others.
  void follow(std::vector<Greeting> all, Time now);
  void step(Time now);
  Time deadline() const;

 private:
  struct Due {
    Greeting greeting;
    Time at;
    u32 sent;
  };
  std::vector<Due> all_;
  std::optional<FrameSender> sender_;
};

}  // namespace waymark
