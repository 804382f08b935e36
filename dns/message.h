// A question out of a message, and the message that answers it. libknot is behind it, in the .cpp alone; what is
// allocated for one question is a part of one piece of memory, and all of it is free again with the next.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "dns/client.h"
#include "dns/cookie.h"

namespace waymark::dns {

constexpr std::size_t kHeader = 12, kMostMessage = 65'535;
constexpr u16 kUdpPayload = 1232;  // what passes everywhere without fragments

enum class Rcode : u16 {
  noerror = 0,
  formerr = 1,
  servfail = 2,
  nxdomain = 3,
  notimp = 4,
  refused = 5,
  notauth = 9,
  badvers = 16,
  badcookie = 23
};
enum class Section : u8 { answer = 0, authority = 1 };

struct Edns {
  u16 payload = 512;
  u8 version = 0;
  bool dnssec_ok = false;
  bool malformed = false;  // an option is not as its RFC has it
  std::optional<Subnet> subnet = {};
  std::optional<std::span<const u8>> cookie = {};  // the client's, and behind it the server's, where there is one
};

struct Question {
  bool asks = false;      // there is a question; a message may be after a cookie alone (RFC 7873, 5.4)
  std::string_view name;  // wire, in lower case
  u16 type = 0, cls = 0;
  bool signed_by_key = false;  // by TSIG
  std::optional<Edns> edns = {};
};

// What goes into the answer's OPT record.
struct Options {
  std::optional<std::pair<Subnet, u8>> subnet = {};  // the question's, and the scope
  std::optional<ServerCookie> cookie = {};           // behind the client's own
};

class Message {
 public:
  Message();
  ~Message();

  // False: it is none that could be answered by more than its header. The bytes stay the caller's until the answer is
  // made.
  bool read(std::span<const u8> wire);
  const Question& question() const;

  // The answer, of at most `most` bytes: begun, filled, ended. What is begun anew starts from the question again.
  bool begin(std::size_t most, const Options& options);
  bool put(Section section, const Records& records);  // false: there is no room
  std::span<const u8> end(Rcode rcode, bool authoritative, bool truncated = false);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The answer that is a header alone, into `out`: to what is not understood.
std::span<const u8> header_alone(std::span<const u8> wire, Rcode rcode, std::span<u8, kHeader> out);

}  // namespace waymark::dns
