// Who may be sent what by an edge, from what has left it so far: it knows no flow but by the addresses of packets.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/time.h"
#include "tests/edge/site.h"

namespace waymark::edge_cases {

class Judge {
 public:
  // `frame` came in from the clients' side, or from the network's, and became `left`, a frame that left by the same
  // side (`back`) or the other. What is wrong with it; "": nothing.
  std::string wrongly(const Bytes& frame, bool from_client, const Bytes& left, bool back);

  void advance(Duration by);  // IPv4's numbers are given anew once their flows are forgotten
  std::size_t flows() const { return flows_.size(); }

 private:
  struct Flow {
    std::string client, anycast;
    u16 number;  // the client's port, or identifier, of IPv4
    Duration used;
    bool answered = false;
    bool is_of(const Flow& o) const { return client == o.client && anycast == o.anycast && number == o.number; }
  };
  struct Place {
    std::string address;
    u16 number;  // of IPv4
    u8 protocol;
    auto operator<=>(const Place&) const = default;
  };
  // A packet of `flow` passed: it may have begun with one that was answered.
  void begun_unseen(const Place& place, const Flow& flow);
  bool is_gone(const Flow& flow) const;  // or may be, where another packet needs its number
  std::string wrongly_told(const Bytes& in, const Bytes& out, bool from_client);
  static u8 kind(const Bytes& ip);
  static std::string identity(const Bytes& ip);  // of an IPv4 datagram

  Duration now_ = {};
  std::map<Place, Flow> flows_;                            // by what the network sees of them
  std::map<std::string, std::optional<Place>> datagrams_;  // of replies in fragments; none: the first was answered
  // Clients and services of packets that were answered: they may have begun flows, of which nothing was seen.
  std::set<std::pair<std::string, std::string>> answered_;
};

}  // namespace waymark::edge_cases
