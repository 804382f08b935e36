#include <type_traits>

#include "core/checksum.h"
#include "signal/header.h"
#include "signal/message.h"
#include "signal/option_codec.h"

namespace waymark::signalling {

namespace {

// Fixed bytes of a message, header included; 0: a type that is not known. Header Len may not be less (RFC 6275, 9.2).
size_t fixed_size(u8 type) {
  switch (Type(type)) {
    case Type::refresh_request:
      return 8;
    case Type::update:
    case Type::acknowledgement:
    case Type::heartbeat:
    case Type::revocation:
      return 12;
    case Type::error:
      return 24;
  }
  return 0;
}

Update read_update(Reader& in) {
  const u16 sequence = in.number<u16>(), flags = in.number<u16>(), lifetime = in.number<u16>();
  return {sequence, u16(flags & kUpdateFlags), lifetime};
}
// RFC 6602 gives the bit of O to a flag B of proxies.
bool has_two_meanings(const Update& update) { return update.flags & kProxy && update.flags & kOverwrite; }

Acknowledgement read_acknowledgement(Reader& in) {
  const u8 status = in.number<u8>(), flags = in.number<u8>();
  const u16 sequence = in.number<u16>(), lifetime = in.number<u16>();
  return {BindingStatus(status), u8(flags & kAcknowledgementFlags), sequence, lifetime};
}

BindingError read_error(Reader& in) {
  const u8 status = in.number<u8>();
  in.number<u8>();  // reserved
  return {ErrorStatus(status), in.ip6()};
}

Heartbeat read_heartbeat(Reader& in) {
  const u16 flags = in.number<u16>();
  return {bool(flags & kHeartbeatResponse), bool(flags & kHeartbeatUnsolicited), in.number<u32>()};
}

// What follows the header; false: `refusal` says why.
bool read_body(Reader& in, Body& body, Refusal& refusal) {
  switch (Type(refusal.type)) {
    case Type::refresh_request:
      in.number<u16>();  // reserved
      body = RefreshRequest{};
      return true;
    case Type::update: {
      const Update update = read_update(in);
      body = update;
      if (has_two_meanings(update)) refusal.reason = Reason::flags, refusal.at = kHeaderBytes + 2;
      return !has_two_meanings(update);
    }
    case Type::acknowledgement:
      body = read_acknowledgement(in);
      return true;
    case Type::heartbeat:
      body = read_heartbeat(in);
      return true;
    case Type::error: {
      const BindingError error = read_error(in);
      body = error;
      if (is_ip4(error.home)) refusal.reason = Reason::address, refusal.at = kHeaderBytes + 2;
      return !is_ip4(error.home);
    }
    case Type::revocation:
      break;
  }
  const u8 kind = in.number<u8>(), code = in.number<u8>();
  const u16 sequence = in.number<u16>(), flags = in.number<u16>() & kRevocationFlags;
  if (kind == kIndication) return body = Revocation{Trigger(code), sequence, flags}, true;
  if (kind == kIndicationAcknowledged) return body = RevocationAcknowledgement{Revoked(code), sequence, flags}, true;
  refusal.reason = Reason::revocation_type;
  refusal.at = kHeaderBytes;
  return false;
}

static_assert(std::is_trivially_destructible_v<Decoded>, "what is read owns no memory, whatever lengths it states");

// In the order of RFC 6275, 9.2. `has_good_sum` says so of a whole header.
template <class Check>
Decoded decode_with(ByteView bytes, Check has_good_sum) {
  Decoded result;
  Refusal& refusal = result.refusal;
  auto refuse = [&](Reason reason, size_t at) {
    refusal.reason = reason;
    refusal.at = u16(at);
    return result;
  };
  if (bytes.size() < kHeaderBytes + 2) return refuse(Reason::no_header, 0);
  refusal.type = bytes[kTypeAt];
  const size_t size = (bytes[kLengthAt] + size_t(1)) * 8;
  if (size > bytes.size()) return refuse(Reason::truncated, kLengthAt);
  result.size = u16(size);
  if (!has_good_sum(bytes.first(size))) return refuse(Reason::checksum, kChecksumAt);
  const size_t fixed = fixed_size(refusal.type);
  if (!fixed) return refuse(Reason::unknown_type, kTypeAt);
  if (bytes[0] != kNoNextHeader) return refuse(Reason::payload_proto, 0);
  if (size < fixed) return refuse(Reason::header_len, kLengthAt);
  if (size > kMostBytes) return refuse(Reason::too_long, kLengthAt);

  Reader in(bytes.first(size), kHeaderBytes);
  Message& message = result.message.emplace();
  if (!read_body(in, message.body, refusal) ||
      !read_options(in, Type(refusal.type) == Type::update, message.options, result.unknown, refusal))
    result.message.reset();
  return result;
}

u16 checksum_of(ByteView message, const Address& source, const Address& destination) {
  u64 sum = sum_of(source) + sum_of(destination) + wire16(u16(message.size())).raw + wire16(kProtoMobility).raw;
  for (size_t at = 0; at < message.size(); at += 2) sum += load16(message.data() + at);  // its size is even
  return u16(~fold(sum));
}

}  // namespace

Decoded decode(ByteView datagram) {
  return decode_with(datagram, [](ByteView) { return true; });
}

Decoded decode(ByteView header, const Address& source, const Address& destination) {
  return decode_with(header, [&](ByteView message) { return checksum_of(message, source, destination) == 0; });
}

void write_checksum(Bytes& message, const Address& source, const Address& destination) {
  message[kChecksumAt] = message[kChecksumAt + 1] = 0;
  word16(message.data() + kChecksumAt)->value = checksum_of({message.data(), message.size()}, source, destination);
}

}  // namespace waymark::signalling
