// One connection to an HttpServer, from its first byte to its last, and what all of them share. On the server's thread.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "daemon/server.h"

namespace boost::asio {
class io_context;
}

namespace waymark {

class Guest;

struct Guests {
  const Serves serves;
  const HttpLimits limits;
  const HttpServer::Handler handler;
  // Shared with those who answer later, from other threads, and may come after the server's end.
  const std::shared_ptr<boost::asio::io_context> io;

  std::list<Guest*> present = {};  // oldest first
  std::map<std::string, u32> by_address = {};
  std::map<const std::string*, u32> texts = {};  // answers being sent, and to how many guests
  std::size_t text_bytes = 0;
  u32 streams = 0;
  std::function<void()> emptied = {};  // called when the last one has left; where the server is ending
  std::atomic<u32> count{0};
  std::atomic<u64> served{0};
  std::array<std::atomic<u64>, kRefusals> refused{};

  void refuse(Refused why) { ++refused[std::size_t(why)]; }
  // Makes a place, of those from `address` or of all, by cutting the guest that deserves its own least. False where
  // each one still does.
  bool displace(const std::string* address);
  // Takes account of an answer that is to be sent; false where there is no room in memory for it.
  bool keep(const std::string& text);
  void forget(const std::string& text);
};

class Guest {
 public:
  enum class Phase : u8 { request, answer, reply, stream, leaving };

  Guest(Guests& guests, std::string address);
  virtual ~Guest();
  Guest(const Guest&) = delete;

  Phase phase() const { return phase_; }
  Time since() const { return since_; }  // in this phase
  const std::string& address() const { return address_; }

  virtual void begin() = 0;
  virtual void cut() = 0;  // now, whatever it is at; its place is free when this returns

 protected:
  void enter(Phase phase);
  void leave_place();
  bool has_place() const { return has_place_; }

  Guests& guests_;

 private:
  const std::string address_;  // as far as it counts: an IPv4 address, an IPv6 /64; empty on a unix socket
  std::list<Guest*>::iterator place_;
  bool has_place_ = true;
  Phase phase_ = Phase::request;
  Time since_;
};

// Takes the descriptor over.
std::shared_ptr<Guest> make_guest(Guests& guests, int fd, int family, std::string address);

}  // namespace waymark
