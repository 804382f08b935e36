#include "sim/sockets.h"

#include "core/hash.h"

namespace waymark::sim {

namespace {

constexpr u32 kReply = 120;  // bytes

Segment answer_to(const Segment& s) {
  Segment a;
  a.protocol = s.protocol;
  a.source = s.destination;
  a.destination = s.source;
  a.source_port = s.destination_port;
  a.destination_port = s.source_port;
  return a;
}

}  // namespace

Sockets::Key Sockets::key_of(const Segment& s) {
  return {s.source.high, s.source.low, s.destination.high, s.destination.low,
          u64(s.protocol) << 32 | u64(s.source_port) << 16 | s.destination_port};
}

void Sockets::start(u64 secret, bool cookies) {
  secret_ = secret;
  cookies_ = cookies;
  running_ = true;
}

void Sockets::kill() {
  running_ = false;
  sockets_.clear();
}

bool Sockets::listens(const Segment& s) const {
  if (!running_) return false;
  for (const auto& [address, port] : places_)
    if (address == s.destination && port == (u32(s.protocol) << 16 | s.destination_port)) return true;
  return false;
}

// RFC 4987, 3.6, but for the clock.
u32 Sockets::cookie(const Segment& s) const {
  return u32(mix(secret_ ^ mix(s.source.low ^ mix(s.source.high ^ s.destination.low)) ^
                 (u64(s.source_port) << 16 | s.destination_port)));
}

Owner Sockets::owner(const Segment& s) const {
  if (s.protocol == kProtoUdp) return listens(s) ? Owner::listener : Owner::nobody;
  if (sockets_.contains(key_of(s))) return Owner::flow;
  const bool known = cookies_ && listens(s) && (s.flags & (kTcpSyn | kTcpAck | kTcpRst)) == kTcpAck &&
                     s.acknowledgement == cookie(s) + 1;
  return known ? Owner::flow : Owner::nobody;
}

std::optional<Segment> Sockets::receive(const Segment& s) {
  Segment a = answer_to(s);
  if (s.protocol == kProtoUdp) {
    if (!listens(s)) return std::nullopt;
    a.payload = kReply;
    return a;
  }
  if (s.flags & kTcpRst) {
    sockets_.erase(key_of(s));
    return std::nullopt;
  }
  auto known = sockets_.find(key_of(s));
  if (s.flags & kTcpSyn) {
    if (listens(s)) return synchronise(s);
  } else if (known == sockets_.end() && cookies_ && owner(s) == Owner::flow) {
    known = sockets_.emplace(key_of(s), Socket{true, s.sequence, s.acknowledgement}).first;
  }
  if (known != sockets_.end()) return take(known->second, s);
  a.flags = kTcpRst;  // RFC 9293, 3.10.7.1
  if (s.flags & kTcpAck) {
    a.sequence = s.acknowledgement;
  } else {
    a.flags |= kTcpAck;
    a.acknowledgement = s.sequence + 1;
  }
  return a;
}

std::optional<Segment> Sockets::synchronise(const Segment& s) {
  Segment a = answer_to(s);
  const u32 first = cookie(s);
  const auto known = sockets_.find(key_of(s));
  if (known != sockets_.end() && known->second.established) {  // RFC 5961, 4.2: a challenge
    a.flags = kTcpAck;
    a.sequence = known->second.next;
    a.acknowledgement = known->second.expected;
    return a;
  }
  if (!cookies_) sockets_[key_of(s)] = {false, s.sequence + 1, first + 1};
  a.flags = kTcpSyn | kTcpAck;
  a.sequence = first;
  a.acknowledgement = s.sequence + 1;
  return a;
}

std::optional<Segment> Sockets::take(Socket& socket, const Segment& s) {
  Segment a = answer_to(s);
  if (!socket.established) {
    if (s.acknowledgement != socket.next) {  // of another connection than the one that is being opened
      a.flags = kTcpRst;
      a.sequence = s.acknowledgement;
      return a;
    }
    socket.established = true;
  }
  const u32 length = s.payload + ((s.flags & kTcpFin) != 0);
  if (length && s.sequence == socket.expected) {
    const bool end = s.flags & kTcpFin;
    socket.expected += length;
    socket.reply = end ? 0 : kReply;
    socket.reply_flags = end ? kTcpFin : 0;
    socket.next += socket.reply + end;
  } else if (!length || s.sequence + length != socket.expected) {
    return std::nullopt;  // an acknowledgement alone, or one that went astray in time
  }
  a.flags = u8(kTcpAck | socket.reply_flags);
  a.payload = socket.reply;
  a.sequence = socket.next - socket.reply - (socket.reply_flags != 0);
  a.acknowledgement = socket.expected;
  return a;
}

}  // namespace waymark::sim
