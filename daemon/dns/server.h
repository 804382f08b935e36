// The name server of [dns] (docs/dns.md): a thread of its own, of less priority than the daemon's others, that waits
// for none of them. What it answers by is given to it whole, and is replaced whole.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/result.h"
#include "config/config.h"
#include "daemon/dns/endpoint.h"
#include "dns/responder.h"

namespace waymark {

struct DnsView {
  std::vector<EndpointView> listen;
  u32 connections = 0, most_connections = 0;
  u64 refused = 0;  // connections
  u64 untaken = 0;  // answers by UDP that the kernel did not take
  std::array<u64, dns::kOutcomes> outcomes{};
  std::array<u64, dns::kLimited> limited{};
  std::array<u64, dns::kCookies> cookies{};
  dns::Lost lost;
  std::string trouble;  // why nothing is answered; empty: it is
};

class DnsServer {
 public:
  // Called on its thread.
  using Tell = std::function<void(Severity severity, std::string kind, std::string text)>;

  // The secret that cookies are made by from now on: who else looks at them follows. Called on its thread, at first
  // when it begins.
  using Cookies = std::function<void(const SipKey& secret)>;

  // `most_connections`: for as many there are files.
  static Result<std::unique_ptr<DnsServer>> start(Tell tell, Cookies cookies, u32 most_connections);
  ~DnsServer();

  // From any thread. An address that stays keeps its sockets, and with them what waits there for an answer.
  void follow(const DnsConfig& config, std::shared_ptr<const dns::Zones> zones, std::shared_ptr<const dns::Ways> ways);
  void go(std::shared_ptr<const dns::Ways> ways);  // from now on
  void lose(dns::Lost lost);
  DnsView view() const;

 private:
  struct State;
  explicit DnsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace waymark
