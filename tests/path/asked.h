// Questions for names at a POP of tests/path/site.h, and what its name server (dns/responder.h) answers to each: what
// XDP answers must be that, byte for byte, and what it does not must go on as it came. Without gtest, as fuzzing links
// it.
#pragma once

#include <memory>
#include <random>
#include <string>

#include "dns/responder.h"
#include "tests/path/site.h"

namespace waymark::path_cases {

// Where questions go to: an address of the name server's own, one of IPv4, and the POP's.
const std::string kNameServer = "2001:db8:0:53::53", kNameServer4 = "192.0.2.53";
// Who asks: resolvers that are listed, and others.
const std::string kResolver = "2001:db8:5:5::5", kResolver4 = "198.51.100.5", kUnlisted = "2001:db8:66::53";

// POP 1's file, whose sources have no rate that a test would meet.
std::string busy_site(u32 id = 1);

// A DNS message as the payload of a packet.
Bytes question(const std::string& from, const std::string& message, const std::string& to = kNameServer);
std::string cookie_option(const std::string& from, u32 made_at);  // an EDNS option, by Scene::kCookies

// The name server of a scene, as the daemon has it.
class NameServer {
 public:
  explicit NameServer(PathSite& site);
  // Its answer as the packet that leaves; empty: none.
  Bytes answer(const Bytes& packet);
  // Why what XDP did with a question is wrong; empty: it is right.
  std::string judge(const Bytes& packet, const Left& left);
  u32 seconds() const { return seconds_; }

 private:
  dns::Counts counts_;
  dns::Responder responder_;
  u32 seconds_, turn_ = 0;
};

// Random questions: names in mixed case, types, EDNS and its options, resolvers and clients, damaged ones.
class Questions {
 public:
  Questions(u32 seed, u32 seconds) : random_(seed), seconds_(seconds) {}
  struct Drawn {
    Bytes packet;
    bool plain;  // XDP must answer it
  };
  Drawn next();

 private:
  u32 below(u32 n) { return u32(random_() % n); }
  bool once_in(u32 n) { return below(n) == 0; }
  std::string name(bool& plain);
  std::string options(const std::string& from, bool resolver, const std::string& client, bool& plain, bool& asked_for);
  void damage(std::string& message);

  std::mt19937 random_;
  u32 seconds_;
};

}  // namespace waymark::path_cases
