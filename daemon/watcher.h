// The sockets by which POPs watch each other: questions of seamless BFD leave from this POP's own addresses, and
// answers come back there (RFC 7881).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/address.h"
#include "daemon/loop.h"
#include "node/control.h"

namespace waymark {

class Watcher {
 public:
  // `changed`: some POP fell silent, or is heard again.
  Watcher(Loop& loop, Control& control, std::function<void()> changed);
  ~Watcher();

  void follow();        // another configuration is in force
  void step(Time now);  // where something came or is due: reads what came, judges by it, and asks
  Time deadline() const { return control_.watch().deadline(); }

 private:
  struct Socket;
  Socket& socket_at(const Address& source);
  void read(const Socket& socket);

  Loop& loop_;
  Control& control_;
  std::function<void()> changed_;
  bool came_ = false;                                               // something, since the last step
  std::map<std::pair<u64, u64>, std::unique_ptr<Socket>> sockets_;  // by their addresses
};

}  // namespace waymark
