// HMAC-SHA256 (RFC 2104, FIPS 180-4), by OpenSSL.
#pragma once

#include <array>
#include <initializer_list>
#include <memory>

#include "base/codec.h"

namespace waymark {

using HmacValue = std::array<u8, 32>;

class Hmac {
 public:
  explicit Hmac(ByteView key);
  ~Hmac();
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;

  HmacValue of(std::initializer_list<ByteView> parts);  // of the parts one after the other

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// In a time that does not tell where they differ.
bool same_bytes(ByteView a, ByteView b);

}  // namespace waymark
