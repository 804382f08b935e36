// The sockets of a group: listens, dials, and carries bytes between members and Control, on the daemon's loop.
#pragma once

#include <memory>
#include <string>

#include "daemon/loop.h"
#include "node/control.h"

namespace waymark {

class Peers {
 public:
  // Listens where the configuration says; where it cannot, it says so in the log and tries again every second: the
  // address may come later, and a daemon that is being replaced still holds it for a moment.
  Peers(Loop& loop, Control& control, const GroupConfig& config);
  ~Peers();  // ends all connections

  void configure(const GroupConfig& config);  // members; another address to listen on wants other Peers

  // Called after something came from a member and was given to Control.
  void on_change(std::function<void()> changed);

  // Does what Control's group wants sent, dialled and closed: to be called after whatever may have changed it.
  void flush();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace waymark
