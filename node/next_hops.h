// Ways from target slots to next hops. A next hop that changes gets a fresh adjacency, the slots' words are flipped to
// it, and the old one is free a pause later. What is asked about an address finds its slots, whatever others there are.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "core/hash.h"
#include "dataplane/image.h"
#include "node/numbers.h"

namespace waymark {

// A next hop as the kernel gives it, or none with the reason why (rtnetlink/ resolves; this is what a node needs of
// it).
struct NextHop {
  // What to think of one that XDP cannot use: the kernel forwards there by design, it is being resolved, or neither: no
  // route, no carrier, no answer.
  enum class Reach : u8 { none, pending, kernel };
  Address target;
  bool usable;
  u32 interface;
  Mac destination, source;
  u16 mtu;
  std::string why;            // when not usable
  Reach reach = Reach::none;  // likewise
  bool gateway = false;       // when usable: it is a router on the way to the target
};

// What is new in what the kernel says of a next hop. One that is being resolved is no news, and where the kernel
// forwards by design there is nothing to lose.
enum class HopNews : u8 { none, found, lost };

class NextHops {
 public:
  // Takes up the adjacencies that these slots name, and frees all others.
  NextHops(Live& live, const Numbers& slots);

  // A slot that is in use, from now on or no longer. The last one of an address takes its next hop with it: nobody
  // watches it, so it must not be kept valid.
  void add(u32 slot);
  void remove(u32 slot, Time now);

  HopNews take(const NextHop& hop, u32 valid_until, Time now);  // ignored where no slot has that address
  void renew(u32 valid_until);                                  // all that we were told of
  void tidy(Time now);                                          // at deadline()
  Time deadline() const { return retired_.empty() ? Time::max() : retired_.front().first; }

  std::vector<Address> wanted() const;           // of all slots, each once
  Address source(const Address& address) const;  // where the tunnel there begins; of several, the latest slot's
  std::string text(const Address& address, bool by_mac = false) const;  // by_mac: of a target of kTunnelMac
  std::vector<u32> slots_at(const Address& address) const;
  bool lost(const Address& address) const;  // what was last said: that it is not reached

 private:
  struct TunnelEnd {
    Address address;
    u32 adjacency = 0, first = 0;  // a slot of this address; the others follow in next_
    std::string text = {};         // empty: not asked yet
    std::optional<bool> reached = {};
  };
  struct Hash {
    std::size_t operator()(const Address& a) const { return mix(a.high ^ mix(a.low)); }
  };
  void route(u32 slot, u32 adjacency);
  u32 free_adjacency();
  void retire(u32 adjacency, Time now);

  Live& live_;
  std::vector<TunnelEnd> ends_;
  std::unordered_map<Address, u32, Hash> end_of_;  // positions in ends_
  std::vector<u32> next_, before_;                 // by slot: others of its address
  Numbers used_, known_;                           // adjacencies; those that are renewed
  std::deque<std::pair<Time, u32>> retired_;       // free again from that time on
  u32 last_ = 0;
};

}  // namespace waymark
