// Takes connections at an address, however many come: a few in one turn of the loop, each judged by its source before
// anything is kept of it, and after a pause where this machine lacks the files or the memory for one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/address.h"
#include "daemon/loop.h"

namespace waymark {

class Acceptor {
 public:
  // A connection's socket, non-blocking, and where it comes from: an IPv4 address, also where it came to an IPv6
  // socket. True: the socket is the callee's. False: there is no place for it, and it is reset.
  using Taken = std::function<bool(int socket, const Address& from)>;

  // `listen`: "192.0.2.1:6090", "[2001:db8::1]:6090". Where that is not possible it says so in the log, with `section`
  // before it, and tries again every second: the address may come later, and a daemon that is being replaced still
  // holds it for a moment.
  Acceptor(Loop& loop, std::string section, std::string listen, Taken taken);
  ~Acceptor();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace waymark
