// Questions to a service's address that reach one chosen target, as clients' packets do: through its tunnel.
//
// The kernel speaks TCP with the service's address, from a socket whose mark leads its packets into a TUN device. There
// they are read, told apart by their source port, and sent to the target in its tunnel. The answers come straight from
// the server to the director's own address. The device vanishes with the process.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/loop.h"
#include "health/subjects.h"

namespace waymark {

class TunnelledChecks {
 public:
  TunnelledChecks(Loop& loop, const std::string& node, std::vector<Address> sources);
  ~TunnelledChecks();

  // Binds a TCP socket that is to connect to subject.address, so that its packets go through the tunnel. Makes what it
  // needs on first use: wants CAP_NET_ADMIN and, for IP-in-IP, CAP_NET_RAW.
  Status admit(int socket, const Subject& subject);

  // Why packets of such a socket never left this machine; empty if all did.
  std::string trouble(int socket) const;

  const std::string& device() const { return device_; }

 private:
  struct Flow {
    Address end;
    Encapsulation tunnel;
    Time until;
    std::string trouble = {};  // what kept a packet here
  };
  const Address* source(bool ip6) const;
  Status open_device();
  void close_device(const std::string& why);
  Status prepare(const Subject& subject);
  Result<int> outer(bool ip6, int protocol);  // the socket that writes such tunnels
  void on_device();
  void send(std::span<const u8> packet);
  void forget(Time now);

  Loop& loop_;
  std::vector<Address> sources_;
  u32 number_;
  std::string device_;
  int tun_ = -1;
  u32 interface_ = 0;
  std::unique_ptr<Loop::Watch> watch_;
  std::map<std::pair<bool, int>, int> outer_;   // by whether IPv6 and protocol
  std::vector<Address> expected_;               // services whose answers the reverse path filter lets in
  bool diverted_[2] = {false, false};           // IPv4, IPv6
  std::map<std::pair<bool, u16>, Flow> flows_;  // by whether IPv6 and source port
  Time forget_due_{0};
};

}  // namespace waymark
