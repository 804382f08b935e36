// HMAC-SHA256 (RFC 2104, FIPS 180-4), by OpenSSL.
#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <span>

#include "core/types.h"

namespace waymark {

using Bytes = std::span<const u8>;
using MacValue = std::array<u8, 32>;

class Mac {
 public:
  explicit Mac(Bytes key);
  ~Mac();
  Mac(Mac&&) noexcept;
  Mac& operator=(Mac&&) noexcept;

  MacValue of(std::initializer_list<Bytes> parts);  // of the parts one after the other

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// In a time that does not tell where they differ.
bool same_bytes(Bytes a, Bytes b);

}  // namespace waymark
