#include "provision/store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "provision/database.h"

namespace waymark::provision {
namespace {

constexpr Seconds kNow = 1'000'000;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wm-provision.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
    path = directory + "/clients.db";
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  Store open(const std::string& plan = "p") {
    auto store = Store::open(path, plan);
    EXPECT_TRUE(store) << store.error().sentence;
    return std::move(*store);
  }
  std::string refused(const std::string& plan = "p") {
    const auto store = Store::open(path, plan);
    return store ? "" : store.error().sentence;
  }
  std::string directory, path;
};

template <class T>
std::string sentence(const Result<T>& result) {
  return result ? "" : result.error().sentence;
}

TEST_F(StoreTest, AClientKeepsItsIdAndNoTwoHaveOne) {
  {
    Store store = open();
    EXPECT_EQ(store.add("a", {1, 2, {}}, 100, kNow)->id, 1u);
    EXPECT_EQ(store.add("b", {1, 2, 3}, 100, kNow)->id, 2u);
    EXPECT_EQ(store.add("a", {1, 2, {}}, 100, kNow + 5)->id, 1u) << "who asks twice has one address";
    EXPECT_NE(sentence(store.add("a", {2, 2, {}}, 100, kNow)).find("waymark provision move"), std::string::npos);
  }
  Store store = open();
  const auto a = store.find("a", kNow), b = store.find("b", kNow);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->id, 1u);
  EXPECT_EQ(a->made, kNow);
  EXPECT_EQ(a->place, (Place{1, 2, {}}));
  EXPECT_EQ(b->place, (Place{1, 2, 3}));
  EXPECT_EQ(sentence(store.find("c", kNow)), "there is no client c in " + path);
}

TEST_F(StoreTest, ARevokedClientsIdIsNotGivenAgain) {
  Store store = open();
  ASSERT_TRUE(store.add("a", {1, 1, {}}, 100, kNow));
  EXPECT_EQ(store.revoke("a", kNow + 1)->revoked, kNow + 1);
  EXPECT_FALSE(store.find("a", kNow + 2));
  EXPECT_FALSE(store.revoke("a", kNow + 2));
  EXPECT_EQ(store.add("a", {1, 1, {}}, 100, kNow + 3)->id, 2u);
  EXPECT_EQ(store.all(false, kNow + 3)->size(), 1u);
  const auto all = store.all(true, kNow + 3);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].revoked, kNow + 1);
  EXPECT_FALSE((*all)[1].revoked);
}

TEST_F(StoreTest, WhoMovesKeepsTheFormerAddressForAWhile) {
  Store store = open();
  ASSERT_TRUE(store.add("a", {1, 1, 7}, 100, kNow));
  const auto moved = store.move("a", {2, 1, 8}, kNow, kNow + 60);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->id, 1u);
  EXPECT_EQ(moved->place, (Place{2, 1, 8}));
  ASSERT_EQ(moved->former.size(), 1u);
  EXPECT_EQ(moved->former[0].place, (Place{1, 1, 7}));
  EXPECT_EQ(store.find("a", kNow + 59)->former.size(), 1u);
  EXPECT_TRUE(store.find("a", kNow + 60)->former.empty());
  const auto back = store.move("a", {1, 1, 7}, kNow + 10, kNow + 70);
  ASSERT_EQ(back->former.size(), 1u) << "the address it has is no former one";
  EXPECT_EQ(back->former[0].place, (Place{2, 1, 8}));
  EXPECT_TRUE(store.move("a", {3, 1, 8}, kNow + 80, kNow + 80)->former.empty()) << "kept no longer";
  EXPECT_FALSE(store.move("b", {3, 1, 8}, kNow, kNow));
}

TEST_F(StoreTest, TellsWhoIsThereAndWhoWasRevoked) {
  Store store = open();
  ASSERT_TRUE(store.add("a", {1, 1, {}}, 9, kNow));
  EXPECT_EQ(store.look("a", kNow)->value().id, 1u);
  EXPECT_FALSE(*store.look("b", kNow));
  EXPECT_FALSE(*store.was_revoked("a"));
  EXPECT_FALSE(*store.was_revoked("b"));
  ASSERT_TRUE(store.revoke("a", kNow));
  EXPECT_FALSE(*store.look("a", kNow));
  EXPECT_TRUE(*store.was_revoked("a"));
  ASSERT_TRUE(store.add("a", {1, 1, {}}, 9, kNow));
  EXPECT_EQ(store.look("a", kNow)->value().id, 2u);
  EXPECT_TRUE(*store.was_revoked("a")) << "whoever has the name now";
}

TEST_F(StoreTest, AFileOfBeforeTheIndexOfTheRevokedGetsIt) {
  { ASSERT_TRUE(open().add("a", {1, 1, {}}, 9, kNow)); }
  const auto indexes = [&](const std::string& sql) {
    auto db = Database::open(path, std::chrono::seconds(5));
    EXPECT_TRUE(db->run(sql));
    Statement ask(*db, "SELECT count(*) FROM sqlite_schema WHERE name = 'gone'");
    EXPECT_TRUE(*ask.next());
    return ask.number(0);
  };
  EXPECT_EQ(indexes("DROP INDEX gone"), 0);
  EXPECT_TRUE(open().find("a", kNow));
  EXPECT_EQ(indexes(""), 1);
}

TEST_F(StoreTest, WaitsForAnotherWriterForAsLongAsItWasTold) {
  { ASSERT_TRUE(open().add("a", {1, 1, {}}, 9, kNow)); }
  auto store = Store::open(path, "p", std::chrono::milliseconds(50));
  ASSERT_TRUE(store);
  auto other = Database::open(path, std::chrono::seconds(5));
  ASSERT_TRUE(other->run("BEGIN IMMEDIATE"));
  EXPECT_EQ(sentence(store->add("b", {1, 1, {}}, 9, kNow)),
            path + " is written by another process, for more than 50ms");
  EXPECT_TRUE(store->look("a", kNow)->has_value()) << "reading waits for nobody who has not begun to write it down";
  ASSERT_TRUE(other->run("ROLLBACK"));
  EXPECT_EQ(store->add("b", {1, 1, {}}, 9, kNow)->id, 2u);
}

TEST_F(StoreTest, IdsEndWhereThePlanDoes) {
  Store store = open();
  ASSERT_TRUE(store.add("a", {1, 1, {}}, 2, kNow));
  ASSERT_TRUE(store.add("b", {1, 1, {}}, 2, kNow));
  EXPECT_EQ(sentence(store.add("c", {1, 1, {}}, 2, kNow)), "all 2 ids that clients may have are given");
  EXPECT_FALSE(store.find("c", kNow));
  EXPECT_EQ(store.add("c", {1, 1, {}}, 3, kNow)->id, 3u) << "who was refused has taken none";
}

TEST_F(StoreTest, AnotherPlansOrProgramsFileIsRefusedAndLeftAsItIs) {
  { ASSERT_TRUE(open().add("a", {1, 1, {}}, 9, kNow)); }
  EXPECT_NE(refused("q").find("another plan, p, than the configuration's, q"), std::string::npos) << refused("q");
  EXPECT_TRUE(open().find("a", kNow));
  for (const std::string junk : {"this is no database, but a text that is longer than any header of one: "
                                 "0123456789 0123456789 0123456789 0123456789",
                                 "short"}) {
    std::ofstream(path, std::ios::trunc) << junk;
    EXPECT_NE(refused(), "") << junk;
    std::ifstream in(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), junk);
  }
  path = directory;
  EXPECT_NE(refused().find("cannot be opened"), std::string::npos) << refused();
  path = "/dev/null";
  EXPECT_EQ(refused(), "/dev/null is no file");
}

TEST_F(StoreTest, OnlyItsOwnerReadsIt) {
  open();
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(StoreTest, TwoWritersGiveNoIdTwice) {
  open();
  std::vector<std::set<u64>> given(2);
  std::vector<std::thread> both;
  for (unsigned w = 0; w < 2; ++w)
    both.emplace_back([&, w] {
      Store store = open();
      for (int i = 0; i < 40; ++i) {
        const auto client = store.add(std::string(1, char('a' + w)) + std::to_string(i), {1, 1, {}}, 1000, kNow);
        ASSERT_TRUE(client) << client.error().sentence;
        given[w].insert(client->id);
      }
    });
  for (std::thread& t : both) t.join();
  given[0].merge(given[1]);
  EXPECT_EQ(given[0].size(), 80u);
  EXPECT_TRUE(given[1].empty());
}

// A process that is killed with -9 at any moment: whatever it told is there, and no id is given twice.
TEST_F(StoreTest, KillsLoseNoClientAndGiveNoIdTwice) {
  std::mt19937 random(7);
  std::map<std::string, u64> told;
  { open(); }
  for (unsigned round = 0; round < 25; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    std::fflush(nullptr);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (!child) {
      close(ends[0]);
      auto store = Store::open(path, "p");
      if (!store) _exit(1);
      for (unsigned i = 0;; ++i) {
        const std::string name = std::to_string(round) + "." + std::to_string(i);
        const auto client = store->add(name, {1, 1, {}}, 1u << 30, kNow);
        if (!client) _exit(1);
        const std::string line = name + " " + std::to_string(client->id) + "\n";
        if (write(ends[1], line.data(), line.size()) != ssize_t(line.size())) _exit(1);
      }
    }
    close(ends[1]);
    usleep(unsigned(20'000 + random() % 130'000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it failed by itself";
    FILE* lines = fdopen(ends[0], "r");
    char name[64];
    unsigned long long id;
    while (fscanf(lines, "%63s %llu\n", name, &id) == 2) told[name] = id;
    fclose(lines);
  }
  EXPECT_GT(told.size(), 25u);
  const Store store = open();
  const auto all = store.all(true, kNow);
  ASSERT_TRUE(all) << all.error().sentence;
  std::set<u64> ids;
  std::map<std::string, u64> kept;
  for (const Client& client : *all) {
    EXPECT_TRUE(ids.insert(client.id).second) << client.id << " is given twice";
    kept[client.name] = client.id;
  }
  for (const auto& [name, id] : told) EXPECT_EQ(kept[name], id) << name << " was told, and lost";
  EXPECT_LE(all->size(), told.size() + 25) << "at most one a kill was not told";
}

TEST_F(StoreTest, ClientsAreCountedByTheEpochsOfTheirAddresses) {
  Store store = open();
  ASSERT_TRUE(store.add("a", {1, 2, 3}, 100, kNow));
  ASSERT_TRUE(store.add("b", {1, 2, 3}, 100, kNow));
  ASSERT_TRUE(store.add("c", {1, 2, {}}, 100, kNow));
  ASSERT_TRUE(store.add("d", {1, 2, 0}, 100, kNow));
  using Counts = std::map<u64, u64>;
  EXPECT_EQ(*store.by_epoch(kNow), (Counts{{0, 1}, {3, 2}}));
  ASSERT_TRUE(store.move("a", {2, 2, 0}, kNow, kNow + 10));
  EXPECT_EQ(*store.by_epoch(kNow + 9), (Counts{{0, 2}, {3, 2}})) << "a former address still holds";
  EXPECT_EQ(*store.by_epoch(kNow + 10), (Counts{{0, 2}, {3, 1}}));
  ASSERT_TRUE(store.move("b", {2, 2, 3}, kNow, kNow + 10));
  EXPECT_EQ(*store.by_epoch(kNow), (Counts{{0, 2}, {3, 2}})) << "each client once";
  ASSERT_TRUE(store.revoke("b", kNow));
  EXPECT_EQ(*store.by_epoch(kNow), (Counts{{0, 2}, {3, 1}}));
}

}  // namespace
}  // namespace waymark::provision
