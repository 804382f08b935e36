#include "signal/auth.h"

#include "signal/header.h"
#include "signal/option_codec.h"

namespace waymark::signalling {

namespace {

constexpr size_t kMacBytes = sizeof(MnHa::value), kLeastKey = 16;

// The MN-HA option is the last of a message, with nothing behind it: decode() refuses all others.
bool ends_with_mac(ByteView message, u32 spi) {
  constexpr size_t kOption = 7 + kMacBytes;
  if (message.size() < kHeaderBytes + kOption) return false;
  Reader in(message.last(kOption));
  const u8 type = in.number<u8>(), length = in.number<u8>(), subtype = in.number<u8>();
  return type == kAuthentication.type && length == kOption - 2 && subtype == kMnHa && in.number<u32>() == spi;
}

}  // namespace

Result<Association> Association::make(u32 spi, ByteView key) {
  if (spi < kLeastSpi) return Error{"SPI " + std::to_string(spi) + " is reserved (RFC 4285): the least is 256"};
  if (key.size() < kLeastKey)
    return Error{"a key of " + std::to_string(key.size()) + " bytes is too short: 16 or more"};
  return Association(spi, key);
}

HmacValue Association::value_of(ByteView message, const Parties& parties) {
  u8 addresses[32];
  store_address(addresses, parties.care_of);
  store_address(addresses + 16, parties.home);
  const u8 no_checksum[2] = {};
  const ByteView covered = message.first(message.size() - kMacBytes);
  return hmac_.of(
      {addresses, covered.first(kChecksumAt), no_checksum, covered.subspan(kHeaderBytes), parties.receiver});
}

bool Association::sign(Bytes& message, const Parties& parties) {
  const ByteView bytes(message.data(), message.size());
  if (!ends_with_mac(bytes, spi_)) return false;
  const HmacValue value = value_of(bytes, parties);
  std::copy_n(value.begin(), kMacBytes, message.end() - kMacBytes);
  return true;
}

bool Association::verify(ByteView message, const Parties& parties) {
  if (!ends_with_mac(message, spi_)) return false;
  return same_bytes(ByteView(value_of(message, parties)).first(kMacBytes), message.last(kMacBytes));
}

}  // namespace waymark::signalling
