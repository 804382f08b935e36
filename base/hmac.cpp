#include "base/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/must.h"

namespace waymark {

// A context that holds the key: each computation begins with it as it is, which saves hashing the key again.
struct Hmac::Parts {
  EVP_MAC_CTX* keyed = nullptr;
  ~Parts() { EVP_MAC_CTX_free(keyed); }
};

namespace {

EVP_MAC* hmac() {
  static EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  must(method);
  return method;
}

}  // namespace

Hmac::Hmac(ByteView key) : parts_(std::make_unique<Parts>()) {
  parts_->keyed = EVP_MAC_CTX_new(hmac());
  must(parts_->keyed);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
  must(EVP_MAC_init(parts_->keyed, key.data(), key.size(), parameters));
}
Hmac::~Hmac() = default;
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;

HmacValue Hmac::of(std::initializer_list<ByteView> parts) {
  HmacValue value{};
  size_t size = 0;
  must(EVP_MAC_init(parts_->keyed, nullptr, 0, nullptr));
  for (ByteView part : parts) must(EVP_MAC_update(parts_->keyed, part.data(), part.size()));
  must(EVP_MAC_final(parts_->keyed, value.data(), &size, value.size()) && size == value.size());
  return value;
}

bool same_bytes(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace waymark
