#include "base/aead.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/must.h"

namespace waymark {

// Contexts that hold the key: each message begins with its number alone.
struct Aead::Parts {
  EVP_CIPHER_CTX *seals = EVP_CIPHER_CTX_new(), *opens = EVP_CIPHER_CTX_new();
  ~Parts() {
    EVP_CIPHER_CTX_free(seals);
    EVP_CIPHER_CTX_free(opens);
  }
};

namespace {

using IV = std::array<u8, 12>;
IV iv_of(u64 number) {
  IV iv{};
  for (std::size_t i = 0; i < 8; ++i) iv[4 + i] = u8(number >> 8 * i);
  return iv;
}

}  // namespace

Aead::Aead(ByteView key) : parts_(std::make_unique<Parts>()) {
  must(key.size() == kKey && parts_->seals && parts_->opens);
  must(EVP_EncryptInit_ex(parts_->seals, EVP_chacha20_poly1305(), nullptr, key.data(), nullptr));
  must(EVP_DecryptInit_ex(parts_->opens, EVP_chacha20_poly1305(), nullptr, key.data(), nullptr));
}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

void Aead::seal(u64 number, ByteView beside, ByteView body, std::vector<u8>& out) {
  EVP_CIPHER_CTX* c = parts_->seals;
  const IV iv = iv_of(number);
  const std::size_t at = out.size();
  out.resize(at + body.size() + kTag);
  int written = 0;
  must(EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, iv.data()));
  must(EVP_EncryptUpdate(c, nullptr, &written, beside.data(), int(beside.size())));
  must(EVP_EncryptUpdate(c, out.data() + at, &written, body.data(), int(body.size())));
  must(EVP_EncryptFinal_ex(c, out.data() + at + body.size(), &written));
  must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, int(kTag), out.data() + at + body.size()));
}

bool Aead::open(u64 number, ByteView beside, ByteView sealed, std::vector<u8>& out) {
  if (sealed.size() < kTag) return false;
  EVP_CIPHER_CTX* c = parts_->opens;
  const IV iv = iv_of(number);
  const ByteView body = sealed.first(sealed.size() - kTag);
  std::array<u8, kTag> tag;
  std::copy(sealed.end() - std::ptrdiff_t(kTag), sealed.end(), tag.begin());
  const std::size_t at = out.size();
  out.resize(at + body.size());
  int written = 0;
  must(EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, iv.data()));
  must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, int(kTag), tag.data()));
  must(EVP_DecryptUpdate(c, nullptr, &written, beside.data(), int(beside.size())));
  must(EVP_DecryptUpdate(c, out.data() + at, &written, body.data(), int(body.size())));
  if (EVP_DecryptFinal_ex(c, out.data() + at + body.size(), &written) == 1) return true;
  out.resize(at);
  return false;
}

}  // namespace waymark
