// Messages between mobile nodes and anycast agents: Mobility Headers (RFC 6275, 6.1), big-endian, in UDP (port 5436) or
// behind an IPv6 header (next header 135).
//
// Each message has one form: encode() writes nothing that decode() would read otherwise, and decode() refuses what two
// readers could take for different things. Reserved fields and bits are written as 0 and ignored.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "base/result.h"
#include "base/time.h"
#include "signal/options.h"
#include "signal/refusal.h"

namespace waymark::signalling {

constexpr u16 kPort = 5436;  // RFC 5844, 4
constexpr u8 kProtoMobility = 135;

enum class Type : u8 {
  refresh_request = 0,
  update = 5,
  acknowledgement = 6,
  error = 7,
  heartbeat = 13,   // RFC 5847
  revocation = 16,  // RFC 5846
};

struct RefreshRequest {  // RFC 6275, 6.1.2
  bool operator==(const RefreshRequest&) const = default;
};

enum UpdateFlag : u16 {
  kAcknowledge = 0x8000,       // A
  kHomeRegistration = 0x4000,  // H
  kLinkLocal = 0x2000,         // L: the home address has the link-local address's interface identifier
  kKeyManagement = 0x1000,     // K: IKE's association survives movement
  kMapRegistration = 0x0800,   // M (RFC 5380)
  kMobileRouter = 0x0400,      // R (RFC 3963)
  kProxy = 0x0200,             // P (RFC 5213)
  kForceUdp = 0x0100,          // F (RFC 5555)
  kTlvHeader = 0x0080,         // T (RFC 5845)
  kOverwrite = 0x0040,         // O: all bindings give way to those of this message (RFC 5648). Not with P
};
constexpr u16 kUpdateFlags = 0xffc0;
struct Update {  // RFC 6275, 6.1.7
  u16 sequence = 0, flags = 0;
  u16 lifetime = 0;  // units of 4 s; 0: delete the binding
  bool operator==(const Update&) const = default;
};

enum AcknowledgementFlag : u8 {
  kAckKeyManagement = 0x80,
  kAckMobileRouter = 0x40,
  kAckProxy = 0x20,
  kAckTlvHeader = 0x10
};
constexpr u8 kAcknowledgementFlags = 0xf0;
struct Acknowledgement {  // RFC 6275, 6.1.8
  BindingStatus status = BindingStatus::accepted;
  u8 flags = 0;
  u16 sequence = 0;  // the Update's; with BindingStatus::out_of_window the last that was accepted
  u16 lifetime = 0;  // units of 4 s
  bool operator==(const Acknowledgement&) const = default;
};

struct BindingError {  // RFC 6275, 6.1.9
  ErrorStatus status = ErrorStatus::unknown_type;
  Address home{};  // IPv6, or unspecified
  bool operator==(const BindingError&) const = default;
};

struct Heartbeat {  // RFC 5847, 3.3
  bool response = false, unsolicited = false;
  u32 sequence = 0;
  bool operator==(const Heartbeat&) const = default;
};

enum RevocationFlag : u16 { kRevokeProxy = 0x8000, kRevokeIp4Only = 0x4000, kRevokeGlobal = 0x2000 };  // P, V, G
constexpr u16 kRevocationFlags = 0xe000;
struct Revocation {  // Binding Revocation Indication (RFC 5846, 5.1)
  Trigger trigger = Trigger::unspecified;
  u16 sequence = 0, flags = 0;
  bool operator==(const Revocation&) const = default;
};
struct RevocationAcknowledgement {  // RFC 5846, 5.2
  Revoked status = Revoked::revoked;
  u16 sequence = 0, flags = 0;  // the Indication's
  bool operator==(const RevocationAcknowledgement&) const = default;
};

using Body = std::variant<RefreshRequest, Update, Acknowledgement, BindingError, Heartbeat, Revocation,
                          RevocationAcknowledgement>;
struct Message {
  Body body;
  Options options;
  bool operator==(const Message&) const = default;
};

// Lifetimes: a whole number of 4 s, rounded down, at most 65,535 of them (RFC 6275, 6.1.7).
constexpr std::chrono::seconds duration_of(u16 units) { return std::chrono::seconds(4u * units); }
constexpr u16 units_of(Duration d) {
  return u16(d < Duration(0) ? 0
                             : std::min<long>(std::chrono::duration_cast<std::chrono::seconds>(d).count() / 4, 0xffff));
}

struct Decoded {
  std::optional<Message> message;  // none: `refusal` says why
  Refusal refusal;
  u16 size = 0;     // of the Mobility Header, in bytes. What follows is ignored, as nothing can (Payload Proto 59)
  u16 unknown = 0;  // options and sub-options of unknown types, which were skipped
};

// A UDP datagram's data. The header's own checksum is ignored, as UDP's covers it (RFC 5844, 4.1.3.1).
Decoded decode(ByteView datagram);
// What an IPv6 header carries; the checksum is verified with these addresses, IPv6, of the packet's first sender and
// last receiver (RFC 6275, 6.1.1).
Decoded decode(ByteView header, const Address& source, const Address& destination);

// At most kMostBytes, with checksum 0, as UDP wants it (RFC 5844, 4.1.3.2). An error: longer, or a field that decode()
// would refuse or read otherwise. options.mac is written as it is; signal/auth.h signs the bytes.
Result<Bytes> encode(const Message& message);
// For IPv6: addresses as in decode(). After it was signed: the MAC is of the message with checksum 0.
void write_checksum(Bytes& message, const Address& source, const Address& destination);

// "Binding Update 16, AH, 60 s, care-of 2001:db8::1": one line, printable ASCII.
std::string text(const Message& message);

}  // namespace waymark::signalling
