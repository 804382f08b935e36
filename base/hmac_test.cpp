#include "base/hmac.h"

#include <gtest/gtest.h>

#include <string>

namespace waymark {
namespace {

// RFC 4231, test cases 1 and 2.
TEST(Hmac, IsHmacSha256) {
  auto hex = [](const HmacValue& v) {
    std::string s;
    for (u8 b : v) s += "0123456789abcdef"[b >> 4], s += "0123456789abcdef"[b & 15];
    return s;
  };
  auto bytes = [](std::string_view s) { return ByteView(reinterpret_cast<const u8*>(s.data()), s.size()); };
  EXPECT_EQ(hex(Hmac(std::vector<u8>(20, 0x0b)).of({bytes("Hi There")})),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  Hmac mac(bytes("Jefe"));
  for (int again = 0; again < 2; ++again)
    EXPECT_EQ(hex(mac.of({bytes("what do ya want "), {}, bytes("for nothing?")})),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hmac, BytesAreTheSameOnlyAllOfThem) {
  const std::vector<u8> a = {1, 2, 3}, b = {1, 2, 4};
  EXPECT_TRUE(same_bytes(a, std::vector<u8>(a)));
  EXPECT_FALSE(same_bytes(a, b));
  EXPECT_FALSE(same_bytes(a, ByteView(a).first(2)));
  EXPECT_TRUE(same_bytes({}, {}));
}

}  // namespace
}  // namespace waymark
