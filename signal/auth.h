// MN-HA authentication of messages (RFC 4285, 5.1): HMAC-SHA-256 in place of the RFC's HMAC-SHA-1, its first 96 bits.
//
// The MAC is of: care-of address, home address, the message from its first byte to the SPI with checksum 0, and the
// receiver's identity. The RFC has all but the last. Agents behind one anycast address may share a key, and the
// destination address is the same for all of them: without the identity a message to one could be replayed to another,
// whose window does not know it, and an agent's own message could be sent back to it.
#pragma once

#include "base/hmac.h"
#include "signal/message.h"

namespace waymark::signalling {

// What the MAC covers besides the message. Addresses are 16 bytes each, those of IPv4 as mapped (core/address.h).
struct Parties {
  Address care_of{}, home{};
  ByteView receiver;  // the identity of who is to receive it, as both ends know it; any bytes
};

// One security association. Not for two threads at once.
class Association {
 public:
  // SPI from 256 on, a key of 16 bytes or more (RFC 4285, 5.1); an error says which is not.
  static Result<Association> make(u32 spi, ByteView key);

  u32 spi() const { return spi_; }

  // Writes the MAC into what encode() made of a message with options.mac of this SPI; false: it has none.
  bool sign(Bytes& message, const Parties& parties);

  // `message`: the first Decoded::size bytes of what was received. False: no MAC, of another SPI, or a wrong one. Takes
  // the same time wherever it differs.
  bool verify(ByteView message, const Parties& parties);

 private:
  Association(u32 spi, ByteView key) : spi_(spi), hmac_(key) {}
  HmacValue value_of(ByteView message, const Parties& parties);

  u32 spi_;
  Hmac hmac_;
};

}  // namespace waymark::signalling
