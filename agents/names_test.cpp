#include "agents/names.h"

#include <gtest/gtest.h>

#include "agents/bucket.h"
#include "base/pattern.h"

namespace waymark::agents {

using namespace std::chrono_literals;

TEST(Names, MatchPatterns) {
  for (const auto& [pattern, text] : std::initializer_list<std::pair<const char*, const char*>>{{"*", ""},
                                                                                                {"*", "web"},
                                                                                                {"web", "web"},
                                                                                                {"srv-*", "srv-1"},
                                                                                                {"srv-*", "srv-"},
                                                                                                {"*@a.net", "s@a.net"},
                                                                                                {"a*b*c", "axbxbxc"},
                                                                                                {"**", "x"},
                                                                                                {"", ""}})
    EXPECT_TRUE(fits(pattern, text)) << pattern << " " << text;
  for (const auto& [pattern, text] :
       std::initializer_list<std::pair<const char*, const char*>>{{"", "x"},
                                                                  {"web", "web2"},
                                                                  {"web", "we"},
                                                                  {"srv-*", "xsrv-1"},
                                                                  {"*@a.net", "s@a.net.evil"},
                                                                  {"a*b*c", "axbxbx"},
                                                                  {"*a", "ab"},
                                                                  {"w.b", "web"}})
    EXPECT_FALSE(fits(pattern, text)) << pattern << " " << text;
}

TEST(Names, OfTargetsAreNamesOfTheConfiguration) {
  EXPECT_EQ(target_name("srv-1", 0), "srv-1");
  EXPECT_EQ(target_name("srv-1", 2), "srv-1.2");
  EXPECT_EQ(target_name("srv-1@example.net", 65535), "srv-1_example.net.65535");
  for (const char* good : {"a", "srv-1@example.net", "A.b_c-9"}) EXPECT_TRUE(good_identity(good)) << good;
  for (const char* bad : {"", "a b", "a@b@c", "a/b", "\xc3\xa4"}) EXPECT_FALSE(good_identity(bad)) << bad;
  EXPECT_TRUE(good_identity(std::string(54, 'a')));
  EXPECT_FALSE(good_identity(std::string(55, 'a')));
}

TEST(Names, WithIdentifiersAreTold) {
  std::string_view owner;
  EXPECT_TRUE(is_with_identifier("srv-1.2", owner));
  EXPECT_EQ(owner, "srv-1");
  for (const char* name : {"srv-1", "srv.net", ".2", "srv.", "srv.2x"})
    EXPECT_FALSE(is_with_identifier(name, owner)) << name;
}

TEST(Bucket, LetsSoManyThroughASecond) {
  Bucket bucket(100);
  u32 taken = 0;
  for (Time now = 1000s; now < 1010s; now += 1ms) taken += bucket.take(now) ? 1 : 0;
  EXPECT_GE(taken, 1095u);
  EXPECT_LE(taken, 1100u);
  EXPECT_FALSE(Bucket(0).take(1s));
}

}  // namespace waymark::agents
