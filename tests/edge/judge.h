// Who may be sent what by an edge, from what has left it so far: it knows no flow but by the addresses of packets.
#pragma once

#include <map>
#include <string>

#include "tests/edge/site.h"

namespace waymark::edge_cases {

class Judge {
 public:
  // `frame` came in from the clients' side, or from the network's, and became `left`, a frame that left by the same
  // side
  // (`back`) or the other. What is wrong with it; "": nothing.
  std::string wrongly(const Bytes& frame, bool from_client, const Bytes& left, bool back);

  std::size_t flows() const { return flows_.size(); }

 private:
  struct Flow {
    std::string client, anycast;
  };
  std::map<std::string, Flow> flows_;  // by their own addresses
};

}  // namespace waymark::edge_cases
