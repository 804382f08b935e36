#include "cli/key_users.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace waymark::cli {
namespace {

using testing::HasSubstr;

const path::KnownKey kKey = {"servers", 1, false, 1, 0xabc};

// An answer with one row that says nothing against the key, but for this column.
std::string answer(const std::string& column = "", const nlohmann::json& value = {}) {
  nlohmann::json row = {{"plan", "servers"},     {"epoch", 1},
                        {"new_addresses", "no"}, {"packets", 7},
                        {"since_seconds", 700},  {"seen_seconds", 600},
                        {"clients", "-"},        {"unknown_to", "-"},
                        {"seen_at", "-"},        {"digest", "0000000000000abc"}};
  if (!column.empty()) row[column] = value;
  return nlohmann::json{{"rows", {row}}}.dump();
}
std::string said(const Status& status) { return status ? "" : status.error().sentence; }

TEST(KeyUsers, AKeyIsUsedOnceAllKnowIt) {
  EXPECT_EQ(said(all_know(answer(), kKey)), "");
  EXPECT_EQ(said(all_know(answer("unknown_to", "pop-2, pop-3"), kKey)),
            "the key of epoch 1 is not known to pop-2, pop-3: give them the file and reload them first");
  EXPECT_EQ(said(all_know(answer("epoch", 2), kKey)),
            "the daemon here does not know the key of epoch 1: reload it first");
  EXPECT_EQ(said(all_know(answer("plan", "clients"), kKey)),
            "the daemon here does not know the key of epoch 1: reload it first");
  EXPECT_EQ(said(all_know(answer("digest", "0000000000000abd"), kKey)),
            "the daemon here knows another key of epoch 1: reload it first");
  for (const char* bad : {"", "[]", "{}", "{\"rows\": 3}"})
    EXPECT_THAT(said(all_know(bad, kKey)), HasSubstr("is no table")) << bad;
  EXPECT_THAT(said(all_know("{\"rows\": [1, null]}", kKey)), HasSubstr("does not know"));
}

TEST(KeyUsers, AKeyIsRetiredOnceNobodyUsesIt) {
  EXPECT_EQ(said(none_uses(answer(), kKey)), "");
  EXPECT_EQ(said(none_uses(answer("seen_seconds", "-"), kKey)), "") << "never seen";
  EXPECT_EQ(said(none_uses(answer("clients", 0), kKey)), "");
  EXPECT_EQ(said(none_uses(answer("seen_seconds", 599), kKey)), "packets had tags by the key of epoch 1 599 s ago");
  EXPECT_EQ(said(none_uses(answer("seen_at", "pop-2"), kKey)),
            "packets had tags by the key of epoch 1 lately, at pop-2");
  EXPECT_THAT(said(none_uses(answer("clients", 1), kKey)), HasSubstr("1 client has an address by the key of epoch 1"));
  EXPECT_THAT(said(none_uses(answer("clients", 2), kKey)), HasSubstr("2 clients have an address"));
  EXPECT_THAT(said(none_uses(answer("since_seconds", 599), kKey)), HasSubstr("has counted for 599 s alone"));
  EXPECT_THAT(said(none_uses(answer("digest", "1"), kKey)), HasSubstr("another key"));
}

}  // namespace
}  // namespace waymark::cli
