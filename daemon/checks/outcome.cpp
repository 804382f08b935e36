// Whose failure it is: which errors come from the network, and when a silence is one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "daemon/checks/check.h"

namespace waymark {

namespace {

// Errors that the other end, or a machine on the way to it, sent us.
struct FromNetwork {
  int error;
  bool at_once;     // it may be so within the call that asks: over loopback the answer is there before it returns
  const char* why;  // for the reader
};
constexpr std::array kFromNetwork = {
    FromNetwork{ECONNREFUSED, true, "a reset, or ICMP port unreachable"},
    FromNetwork{ECONNRESET, true, "a reset of what was a connection"},
    FromNetwork{EPIPE, false, "we wrote after its reset"},
    FromNetwork{ECONNABORTED, false, "likewise"},
    FromNetwork{ETIMEDOUT, false, "TCP gave up repeating: a silence that the kernel waited for"},
    // Within the call the next two, and EACCES, say that this machine has no route, or one that forbids it.
    FromNetwork{EHOSTUNREACH, false, "ICMP host unreachable, or nobody answers ARP or neighbour discovery"},
    FromNetwork{ENETUNREACH, false, "ICMP network unreachable"},
    FromNetwork{EACCES, false, "ICMPv6 administratively prohibited (RFC 4443, 3.1)"},
    FromNetwork{EHOSTDOWN, false, "ICMP destination host unknown (RFC 1122, 3.2.2.1)"},
    FromNetwork{ENONET, false, "ICMP source host isolated"},
    FromNetwork{ENOPROTOOPT, false, "ICMP protocol unreachable"},
    FromNetwork{EPROTO, false, "ICMPv6 parameter problem, or no TCP"},
    FromNetwork{EOPNOTSUPP, false, "ICMP source route failed"},
};
// All others are this machine's, whatever they are. Those that were thought of, at socket(), bind() and setsockopt():
//   EMFILE, ENFILE        no file descriptor is free
//   ENOBUFS, ENOMEM       no memory for a socket or packet
//   EPERM, EACCES         no right to this kind of socket or mark; connect(), send(): a local filter, a prohibit route
//   EADDRNOTAVAIL, EAGAIN no source port is free, or the source address is not this machine's (any more)
//   EADDRINUSE            likewise
//   EAFNOSUPPORT          IPv6 is turned off
//   ENODEV, ENXIO, ENETDOWN  the interface, or the TUN device, is gone or down
//   ENETUNREACH, EHOSTUNREACH, EINVAL  connect(), send(): no route, an unreachable one, a blackhole
//   EMSGSIZE              no tunnel has room for it
//   ENOSPC                epoll takes no more descriptors

constexpr Duration kTurn = std::chrono::milliseconds(10);  // for an answer that lies in its socket

}  // namespace

CheckOutcome outcome_of(int error, CallStep step) {
  if (step == CallStep::making) return CheckOutcome::unknown;
  const auto at = std::find_if(kFromNetwork.begin(), kFromNetwork.end(), [&](auto& e) { return e.error == error; });
  if (at == kFromNetwork.end()) return CheckOutcome::unknown;
  return step == CallStep::waiting || at->at_once ? CheckOutcome::unwell : CheckOutcome::unknown;
}

Duration Patience::missing(Time now, Duration lost) const {
  const Duration missing = timeout_ - ((now - asked_) - (lost - lost_));
  return missing > timeout_ / 16 ? std::min(missing, timeout_) : Duration(0);
}

Duration Patience::more(Time now, Duration lost, bool ready) {
  if (extended_ == kExtensions) return Duration(0);
  const Duration more = std::max(missing(now, lost), ready ? std::min(kTurn, timeout_) : Duration(0));
  if (more > Duration(0)) ++extended_;
  return more;
}

std::string Patience::excuse(Time now, Duration lost) const {
  const auto ms = [](Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); };
  if (missing(now, lost) == Duration(0)) return {};
  return fmt::format("the daemon was held up for {} of {} ms", ms(lost - lost_), ms(now - asked_));
}

std::string no_answer(const char* of_what, Duration in) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(in).count();
  return ms % 1000 ? fmt::format("{} in {} ms", of_what, ms) : fmt::format("{} in {} s", of_what, ms / 1000);
}

std::string error_sentence(int error) {
  std::string words = std::strerror(error);
  if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z') words[0] = char(words[0] - 'A' + 'a');
  return words;
}

}  // namespace waymark
