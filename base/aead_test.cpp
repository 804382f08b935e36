#include "base/aead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace waymark {
namespace {

std::vector<u8> bytes(const std::string& hex) {
  std::vector<u8> out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(u8(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return out;
}
std::vector<u8> counted(u8 from, std::size_t count) {
  std::vector<u8> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(u8(from + i));
  return out;
}

// RFC 8439, A.5.
TEST(Aead, IsChaCha20Poly1305) {
  Aead aead(bytes("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"));
  const std::string text =
      "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or "
      "obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as reference material or "
      "to cite them other than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
  std::vector<u8> out;
  aead.seal(0x0807060504030201, bytes("f33388860000000000004e91"),
            {reinterpret_cast<const u8*>(text.data()), text.size()}, out);
  ASSERT_EQ(out.size(), 265u + Aead::kTag);
  EXPECT_EQ(std::vector<u8>(out.begin(), out.begin() + 16), bytes("64a0861575861af460f062c79be643bd"));
  EXPECT_EQ(std::vector<u8>(out.end() - 16, out.end()), bytes("eead9d67890cbb22392336fea1851f38"));
}

TEST(Aead, OpensWhatWasSealedAndNothingElse) {
  const std::vector<u8> key = counted(1, 32), beside = {1, 2}, body = {3, 4, 5};
  Aead one(key), two(key), other(counted(2, 32));
  std::vector<u8> sealed, out = {9};
  one.seal(7, beside, body, sealed);
  ASSERT_EQ(sealed.size(), body.size() + Aead::kTag);
  ASSERT_TRUE(two.open(7, beside, sealed, out));
  EXPECT_EQ(out, (std::vector<u8>{9, 3, 4, 5})) << "behind what was there";
  out.clear();
  EXPECT_FALSE(two.open(8, beside, sealed, out));
  EXPECT_FALSE(two.open(7, body, sealed, out));
  EXPECT_FALSE(other.open(7, beside, sealed, out));
  EXPECT_FALSE(two.open(7, beside, ByteView(sealed).first(15), out));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::vector<u8> changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(two.open(7, beside, changed, out)) << i;
  }
  EXPECT_TRUE(out.empty());
  EXPECT_TRUE(two.open(7, beside, sealed, out)) << "a refusal leaves it as it was";
  std::vector<u8> empty;
  one.seal(0, {}, {}, empty);
  EXPECT_TRUE(two.open(0, {}, empty, out));
  EXPECT_EQ(out, body);
}

TEST(Aead, OneBodyTwiceLooksOtherwise) {
  Aead aead(counted(1, 32));
  std::vector<u8> first, second;
  aead.seal(1, {}, counted(0, 32), first);
  aead.seal(2, {}, counted(0, 32), second);
  for (std::size_t i = 0; i < 32; i += 8)
    EXPECT_FALSE(std::equal(first.begin() + long(i), first.begin() + long(i) + 8, second.begin() + long(i))) << i;
}

}  // namespace
}  // namespace waymark
