#include "signal/header.h"
#include "signal/message.h"
#include "signal/option_codec.h"

namespace waymark::signalling {

namespace {

// Each body's type, and its fields behind the header.
struct Fields {
  Writer& out;

  Type operator()(const RefreshRequest&) const {
    out.zeros(2);
    return Type::refresh_request;
  }
  Type operator()(const Update& update) const {
    for (u16 field : {update.sequence, update.flags, update.lifetime}) out.number(field);
    return Type::update;
  }
  Type operator()(const Acknowledgement& ack) const {
    out.number(u8(ack.status));
    out.number(ack.flags);
    out.number(ack.sequence);
    out.number(ack.lifetime);
    return Type::acknowledgement;
  }
  Type operator()(const BindingError& error) const {
    out.number(u8(error.status));
    out.zeros(1);
    out.ip6(error.home);
    return Type::error;
  }
  Type operator()(const Heartbeat& heartbeat) const {
    out.number(
        u16((heartbeat.response ? kHeartbeatResponse : 0) | (heartbeat.unsolicited ? kHeartbeatUnsolicited : 0)));
    out.number(heartbeat.sequence);
    return Type::heartbeat;
  }
  Type operator()(const Revocation& revocation) const {
    return of_revocation(kIndication, u8(revocation.trigger), revocation.sequence, revocation.flags);
  }
  Type operator()(const RevocationAcknowledgement& ack) const {
    return of_revocation(kIndicationAcknowledged, u8(ack.status), ack.sequence, ack.flags);
  }

  Type of_revocation(u8 kind, u8 code, u16 sequence, u16 flags) const {
    out.number(kind);
    out.number(code);
    out.number(sequence);
    out.number(flags);
    return Type::revocation;
  }
};

}  // namespace

Result<Bytes> encode(const Message& message) {
  Writer out;
  out.number(kNoNextHeader);
  out.zeros(kHeaderBytes - 1);
  const Type type = std::visit(Fields{out}, message.body);
  write_options(out, message.options);
  if (!out.good()) return Error{"a mobility message would be longer than " + std::to_string(kMostBytes) + " bytes"};
  Bytes& bytes = out.bytes();
  bytes[kLengthAt] = u8(bytes.size() / 8 - 1);
  bytes[kTypeAt] = u8(type);
  const Decoded read = decode({bytes.data(), bytes.size()});
  if (!read.message)
    return Error{"a mobility message cannot be sent, as its receiver would refuse it: " +
                 std::string(text(read.refusal.reason))};
  if (*read.message != message) return Error{"a mobility message has a field that its form cannot carry"};
  return bytes;
}

}  // namespace waymark::signalling
