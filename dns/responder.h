// The name server without its sockets: a message in, the answer out. One thread asks it; its counts may be read by any.
#pragma once

#include <array>
#include <atomic>

#include "dns/limiter.h"
#include "dns/message.h"
#include "dns/ways.h"

namespace waymark::dns {

enum class Transport : u8 { udp, tcp };

// How a question ended.
enum class Outcome : u8 {
  personal,   // a server's address for this client
  unknown,    // the addresses for clients that are not known
  same,       // a record that is the same for all
  nodata,     // the name is there, the record is not
  nxdomain,   // the name is not
  refused,    // outside of the zones, a transfer, or a client that is not known and gets no address
  no_way,     // SERVFAIL: no path leads to any of the name's servers
  malformed,  // FORMERR
  odd,        // NOTIMP, NOTAUTH, BADVERS: an opcode, type, signature or EDNS version that is not supported
  cookie,     // a cookie was all that was asked for
  truncated,  // to be asked again by TCP: it had no room, or was too much for a source that proves nothing
  none        // no answer: it was no question
};
constexpr std::size_t kOutcomes = std::size_t(Outcome::none) + 1;
const char* name_of(Outcome outcome);

enum class Limited : u8 { truncated, bad_cookie, dropped };  // told to come by TCP, or with the cookie that it gets
constexpr std::size_t kLimited = 3;
const char* name_of(Limited limited);

enum class Cookies : u8 { none, client, good, bad };  // client: it has no server's yet
constexpr std::size_t kCookies = 4;
const char* name_of(Cookies cookies);

struct Counts {
  std::array<std::atomic<u64>, kOutcomes> outcomes{};
  std::array<std::atomic<u64>, kLimited> limited{};
  std::array<std::atomic<u64>, kCookies> cookies{};
};

// What answers are made of.
struct Knowledge {
  std::shared_ptr<const Zones> zones;
  std::shared_ptr<const Ways> ways;
  std::shared_ptr<const Lost> lost;
};

struct Asked {
  std::span<const u8> wire;  // at most kMostMessage bytes
  Address from;
  Transport by;
  Time now;
  u32 seconds;  // since 1970
};

class Responder {
 public:
  Responder(const CookieSecrets& secrets, const SipKey& limiter_key, Counts& counts);

  void know(Knowledge knowledge) { knowledge_ = std::move(knowledge); }
  void set_secrets(const CookieSecrets& secrets) { secrets_ = secrets; }

  // The answer's bytes, until the next question; none: it gets no answer.
  std::span<const u8> answer(const Asked& asked);

 private:
  struct Turn;
  std::span<const u8> header(const Asked& asked, Rcode rcode, Outcome outcome);
  std::span<const u8> limit(Turn& turn, Limiter::Verdict verdict);
  std::span<const u8> reply(Turn& turn, Rcode rcode, Outcome outcome, Section section = Section::answer,
                            const Records* records = nullptr, bool authoritative = false);
  std::span<const u8> negative(Turn& turn, const Zone& zone, bool exists);
  std::span<const u8> named(Turn& turn);
  std::span<const u8> aaaa(Turn& turn, const Node& node);
  void look_at_cookie(Turn& turn);

  Knowledge knowledge_;
  CookieSecrets secrets_;
  Limiter limiter_;
  Counts& counts_;
  Message message_;
  std::array<u8, kHeader> alone_{};
};

}  // namespace waymark::dns
