// The UDP sockets of registration: those at which servers reach this director, bound to each address of [agents]
// listen, and one of each IP version by which this node's own services are registered elsewhere.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "config/config.h"
#include "daemon/loop.h"
#include "node/control.h"

namespace waymark {

class AgentSockets {
 public:
  AgentSockets(Loop& loop, Control& control);
  ~AgentSockets();

  void follow(const Config& config);  // another one is in force
  void step(Time now);                // sends what is due
  Time deadline() const;

  // Where it does not listen, and why; it is tried again.
  std::vector<std::string> troubles() const;
  u64 unsent() const { return unsent_; }  // datagrams that the kernel did not take

 private:
  struct Socket;
  using Place = std::pair<Address, u16>;
  struct Less {
    bool operator()(const Place& a, const Place& b) const;
  };
  void open(Socket& socket, const Address& at, u16 port);
  void read(const Socket& socket);
  void send(const Socket& socket, const agents::Datagram& datagram);
  Socket* own(bool ip4);

  Loop& loop_;
  Control& control_;
  std::map<Place, std::unique_ptr<Socket>, Less> doors_;  // at which servers reach this director
  std::unique_ptr<Socket> own_[2];                        // IPv6, IPv4
  Time retry_at_ = Time::max();
  u64 unsent_ = 0;
};

}  // namespace waymark
