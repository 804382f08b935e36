// Authenticated encryption: ChaCha20-Poly1305 (RFC 8439), by OpenSSL.
#pragma once

#include <memory>
#include <vector>

#include "base/codec.h"

namespace waymark {

class Aead {
 public:
  static constexpr std::size_t kKey = 32, kTag = 16;
  explicit Aead(ByteView key);  // of kKey bytes
  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;

  // Appends as many bytes as `body` has, and kTag more. `beside` is authenticated and stands elsewhere. No number may
  // be used twice with one key.
  void seal(u64 number, ByteView beside, ByteView body, std::vector<u8>& out);

  // Appends what was sealed; false: it was not this, by this key and number, and nothing is appended.
  bool open(u64 number, ByteView beside, ByteView sealed, std::vector<u8>& out);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace waymark
