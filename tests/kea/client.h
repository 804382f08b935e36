// A DHCPv6 client by hand (RFC 8415): one message and its answer at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace waymark::dhcp6 {

enum Message : std::uint8_t {
  kSolicit = 1,
  kAdvertise,
  kRequest,
  kConfirm,
  kRenew,
  kRebind,
  kReply,
  kRelease,
  kDecline
};

using Bytes = std::vector<std::uint8_t>;

struct Lifetimes {
  std::uint32_t preferred = 0, valid = 0;
};

struct Answer {
  Message type = kReply;
  Bytes server;                                                         // its DUID
  std::map<std::uint32_t, std::map<std::string, Lifetimes>> addresses;  // by IAID
  // Those that it may use, of one IA_NA, apart by spaces; "" for none.
  std::string usable(std::uint32_t iaid = 1) const;
};

class Client {
 public:
  // Sends from, and hears on, the interface's link-local address in the namespace of the caller, which must be the one
  // there is. A failed assertion where it cannot.
  explicit Client(const std::string& interface);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // An IA_NA for each entry: IAID, and addresses in it. Sent again each second, up to `tries`; none: no answer.
  using Asked = std::map<std::uint32_t, std::vector<std::string>>;
  std::optional<Answer> ask(Message type, const Bytes& duid, const Asked& asked, const Bytes& server = {},
                            int tries = 5);

  // SOLICIT and REQUEST of what was advertised: the addresses that it may use then, "" for none.
  std::string lease(const Bytes& duid, std::uint32_t iaid = 1);

 private:
  int socket_ = -1;
  unsigned interface_ = 0;
  std::uint32_t transaction_ = 0x100;
};

}  // namespace waymark::dhcp6
