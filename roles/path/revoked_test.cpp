#include "roles/path/revoked.h"

#include <gtest/gtest.h>

#include "roles/path/packet_revoked.h"

namespace waymark::path {
namespace {

TEST(RevokedText, IdsAsTheyAreWritten) {
  for (const auto& [text, of, id] : {std::tuple("17", IdOf::client, u64(17)),
                                     {"client 17", IdOf::client, 17},
                                     {" client\t0 ", IdOf::client, 0},
                                     {"server 65535", IdOf::server, 65'535},
                                     {"9223372036854775806", IdOf::client, kMostRevocable}}) {
    const Result<u64> word = read_revoked_id(text);
    ASSERT_TRUE(word) << text;
    EXPECT_EQ(*word, id_word(of, id)) << text;
    EXPECT_NE(*word, 0u);
  }
  EXPECT_EQ(revoked_id_text(id_word(IdOf::client, 17)), "client 17");
  EXPECT_EQ(revoked_id_text(id_word(IdOf::server, 0)), "server 0");
  EXPECT_EQ(id_word(IdOf::client, kMostRevocable + 1), 0u) << "it would be another one's";
}

TEST(RevokedText, WhatIsNoIdIsSaid) {
  for (const char* text : {"", "x", "-1", "017", "1 2", "clients 1", "client", "client17", "server 65536",
                           "9223372036854775807", "99999999999999999999999", "3fff::1", "1\x01"})
    EXPECT_FALSE(read_revoked_id(text)) << text;
  EXPECT_EQ(read_revoked_id("no\x1b[2J").error().sentence,
            "\"no?[2J\" is no id: it is written as \"17\", \"client 17\" or \"server 7\"");
}

TEST(RevokedText, AFileHasOneALine) {
  const auto words = read_revoked("# all\n\n 7 # bob, 2026\nclient 3\r\n7\nserver 7");
  ASSERT_TRUE(words);
  EXPECT_EQ(*words, (std::vector<u64>{id_word(IdOf::client, 3), id_word(IdOf::client, 7), id_word(IdOf::server, 7)}));
  EXPECT_TRUE(read_revoked("")->empty());
  const auto bad = read_revoked("1\n2\nbob\n4\n");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().sentence, "line 3: \"bob\" is no id: it is written as \"17\", \"client 17\" or \"server 7\"");
}

}  // namespace
}  // namespace waymark::path
