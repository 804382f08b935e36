// Where the name server listens: one address, by UDP and TCP.
#pragma once

#include <string>

#include "base/time.h"
#include "core/address.h"

namespace waymark {

struct EndpointView {
  Address address;
  u16 port;
  bool listens;
  std::string why;  // not
};

class Endpoint {
 public:
  Endpoint(const Address& address, u16 port) : address_(address), port_(port) {}
  Endpoint(Endpoint&& other) noexcept;
  Endpoint& operator=(Endpoint&& other) noexcept;
  ~Endpoint();

  // Whether it is another state than before: it listens now, or fails for another reason.
  bool try_open(Time now);
  Time retry_at() const { return retry_at_; }  // Time::max(): it listens

  int udp() const { return udp_; }
  int tcp() const { return tcp_; }
  const Address& address() const { return address_; }
  u16 port() const { return port_; }
  EndpointView view() const { return {address_, port_, udp_ >= 0, why_}; }
  std::string text() const;  // "[2001:db8::53]:53"

 private:
  int open();  // 0, or what failed
  void end();

  Address address_;
  u16 port_;
  int udp_ = -1, tcp_ = -1;
  std::string why_ = "not tried yet";
  Time retry_at_{0};
};

}  // namespace waymark
