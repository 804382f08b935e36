#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "config/parse.h"
#include "lab/group/site.h"
#include "lab/guests/crowd.h"
#include "lab/guests/facts.h"
#include "lab/kit/endpoint.h"
#include "lab/kit/loop.h"

namespace waymark::lab {
namespace {

TEST(GuestsFacts, SamplesOfAMetricAreCountedAndSummed) {
  const std::string text =
      "# HELP wm_down Whether wm_down 7 is.\n# TYPE wm_down gauge\nwm_down{service=\"a b\",target=\"9\"} 1\n"
      "wm_down{service=\"c\"} 0\nwm_down_total 40\nwm_up 3";
  const auto down = samples(text, "wm_down"), up = samples(text, "wm_up");
  ASSERT_TRUE(down && up);
  EXPECT_EQ(down->count, 2u);
  EXPECT_EQ(down->sum, 1u);
  EXPECT_EQ(samples(text, "wm_down_total")->sum, 40u);
  EXPECT_EQ(up->sum, 3u);
  EXPECT_FALSE(samples(text, "wm_do") || samples(text, "wm_nothing") || samples("", "wm_up"));
}

TEST(GuestsFacts, ProcIsReadWhateverTheProgramIsCalled) {
  EXPECT_EQ(memory_in("Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t   12 kB\n", "VmHWM"), 12u * 1024);
  EXPECT_FALSE(memory_in("VmHWMore:\t12 kB\n", "VmHWM"));
  const std::string numbers = " S 1 2 3 4 5 6 7 8 9 10 70 5 0 0";
  EXPECT_EQ(ticks_in("12 (a) b) 9 (" + std::string(")") + numbers), 75u);
  EXPECT_FALSE(ticks_in("") || ticks_in("12 (x) S 1 2"));
  const auto ours = vitals(getpid());
  ASSERT_TRUE(ours);
  EXPECT_GT(ours->files, 2u);
  EXPECT_GT(ours->peak, 1u << 20);
  EXPECT_FALSE(vitals(0));
}

TEST(GuestsCrowd, AnswersAreToldApart) {
  EXPECT_EQ(status_in("HTTP/1.1 200 OK\r\n"), 200);
  EXPECT_EQ(status_in("HTTP/1.0 503"), 503);
  for (const char* none : {"", "HTTP/1.1", "HTTP/1.1-200", "SSH-2.0-x 200"}) EXPECT_EQ(status_in(none), 0) << none;
}

TEST(GuestsCrowd, ManyRangesFitTheHeadersThatServersTake) {
  const std::string request = many_ranges("/metrics", 2700);
  EXPECT_TRUE(request.starts_with("GET /metrics HTTP/1.1\r\n") && request.ends_with("0-\r\n\r\n"));
  EXPECT_EQ(std::count(request.begin(), request.end(), ','), 2699);
  const size_t line = request.find("Range: ");
  EXPECT_LT(request.find("\r\n", line) - line, 8192u);
}

// A daemon by hand, on the loopback.
class Crowds : public testing::Test {
 protected:
  void SetUp() override {
    const auto at = endpoint("127.0.0.1", 0);
    const auto fd = at ? bound(*at, SOCK_STREAM) : Result<int>(at.error());
    ASSERT_TRUE(fd);
    listener = *fd;
    sockaddr_in is{};
    socklen_t size = sizeof is;
    ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&is), &size), 0);
    here = "127.0.0.1:" + std::to_string(ntohs(is.sin_port));
  }
  void TearDown() override {
    for (const int fd : guests) close(fd);
    close(listener);
  }

  static bool await(const std::function<bool()>& holds) {
    for (const Time end = now() + std::chrono::seconds(10); now() < end; usleep(1000))
      if (holds()) return true;
    return false;
  }
  bool accepted(size_t many) {
    return await([&] {
      if (const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK); fd >= 0) guests.push_back(fd);
      return guests.size() >= many;
    });
  }
  std::unique_ptr<Crowd> crowd(Manner manner, u32 at_once, const std::string& request = {}) const {
    auto made = Crowd::gather({"", here, manner, at_once, 10'000, request});
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }
  // Until what the first guest sends holds `text`.
  bool hears(const std::string& text) {
    std::string all;
    return await([&] {
      char bytes[4096];
      const ssize_t n = recv(guests[0], bytes, sizeof bytes, 0);
      if (n > 0) all.append(bytes, size_t(n));
      return all.find(text) != std::string::npos;
    });
  }
  void say_and_end(const std::string& text) {
    for (const int fd : guests) {
      EXPECT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
      close(fd);
    }
    guests.clear();
  }

  int listener = -1;
  std::string here;
  std::vector<int> guests;
};

TEST_F(Crowds, TheSilentComeAgainWhenTheyAreShownOut) {
  const auto silent = crowd(Manner::silent, 5);
  ASSERT_TRUE(accepted(5));
  EXPECT_TRUE(await([&] { return silent->count().connected == 5 && silent->count().here == 5; }));
  say_and_end("");
  ASSERT_TRUE(accepted(5));
  EXPECT_TRUE(await([&] { return silent->count().connected == 10 && silent->count().turned_away == 5; }));
}

TEST_F(Crowds, ADrippingOneNeverFinishesItsRequest) {
  const auto dripping = crowd(Manner::dripping, 1);
  ASSERT_TRUE(accepted(1));
  EXPECT_TRUE(hears("X-Slow: xx"));
  say_and_end("HTTP/1.1 408 Request Timeout\r\n\r\n");
  EXPECT_TRUE(await([&] { return dripping->count().denied == 1; }));
}

TEST_F(Crowds, AReaderReadsAllAndComesAgain) {
  const std::string answer = "HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 14, 'x');
  const auto reader = crowd(Manner::reading, 1, plain_get("/metrics"));
  ASSERT_TRUE(accepted(1));
  EXPECT_TRUE(hears("GET /metrics HTTP/1.1"));
  say_and_end(answer);
  EXPECT_TRUE(await([&] { return reader->count().answered == 1; }));
  EXPECT_EQ(reader->count().bytes, answer.size());
  EXPECT_TRUE(accepted(1));
}

TEST_F(Crowds, ADeafOneReadsNothing) {
  const std::string body(1 << 16, 'x');
  const auto deaf = crowd(Manner::deaf, 1, plain_get("/metrics"));
  ASSERT_TRUE(accepted(1));
  EXPECT_TRUE(hears("GET /metrics HTTP/1.1"));
  EXPECT_TRUE(await([&] { return send(guests[0], body.data(), body.size(), MSG_NOSIGNAL) < 0; })) << "nothing is full";
  EXPECT_EQ(deaf->count().bytes, 0u);
  EXPECT_EQ(deaf->count().here, 1u);
}

TEST_F(Crowds, WhereNobodyListensNobodyIsTurnedAway) {
  close(listener);
  listener = -1;
  const auto nobody = crowd(Manner::silent, 3);
  EXPECT_TRUE(await([&] { return nobody->count().unheard >= 6; }));
  EXPECT_EQ(nobody->count().connected + nobody->count().turned_away, 0u);
  EXPECT_FALSE(Crowd::gather({"", "nowhere", Manner::silent, 1, 1, {}}));
}

TEST(GuestsSite, TheManyServicesAreAGoodConfiguration) {
  char directory[] = "/tmp/wm-guests-files.XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const GroupSite site("wm-guests-", directory);
  GroupPlan plan;
  plan.metrics = true;
  plan.wait = 3;
  plan.keys["d2"] = "other.key";
  plan.more = many_services(5000, 15);
  ASSERT_TRUE(site.write_directors(plan));
  for (const auto& d : kDirectors) {
    const auto text = read_config_file(site.file(d + ".toml"));
    ASSERT_TRUE(text);
    const Parsed parsed = parse_config(*text, d);
    ASSERT_TRUE(parsed.config) << parsed.problems[0].sentence;
    const Config& config = *parsed.config;
    EXPECT_EQ(config.api.metrics, metrics_of(d));
    EXPECT_EQ(config.group->listen, group_listen_of(d));
    EXPECT_EQ(config.group->wait, std::chrono::seconds(3));
    EXPECT_EQ(config.group->key, site.file(d == "d2" ? "other.key" : "group.key"));
    ASSERT_EQ(config.service.size(), 5001u);
    EXPECT_EQ(config.service[5000].target.size(), 3u);
    EXPECT_EQ(config.service[5000].check->every, std::chrono::seconds(15));
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace waymark::lab
