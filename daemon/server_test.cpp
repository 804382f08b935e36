// Guests of every kind that means harm, against each kind of server: each is bounded, and a good guest is served
// meanwhile.
#include "daemon/server_test.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>

#include <thread>

namespace waymark {

namespace {

// What a guest does to a server. Most keep their connections, so that places are what they take.
struct Abuse {
  const char* name;
  std::function<void(const std::string& where, Guestbook& kept)> commit;
};

std::string ranges(int count) {
  std::string out = "GET /metrics HTTP/1.1\r\nHost: x\r\nRange: bytes=";
  for (int i = 0; i < count; ++i) out += i ? ",0-" : "0-";
  return out + "\r\n\r\n";
}

constexpr int kMany = 100;  // of each, more than there are places

Abuse each(const char* name, std::string bytes, bool half = false) {
  return {name, [bytes = std::move(bytes), half](const std::string& where, Guestbook& kept) {
            for (int i = 0; i < kMany; ++i) {
              Visitor& visitor = says(kept, where, bytes);
              if (half) visitor.half_close();
            }
          }};
}

std::vector<Abuse> abuses() {
  const std::string get = "GET /metrics HTTP/1.1\r\nHost: x\r\n", post = "POST /v1/drain HTTP/1.1\r\nHost: x\r\n";
  std::string many_headers = get;
  for (int i = 0; i < 2000; ++i) many_headers += "a" + std::to_string(i) + ": b\r\n";
  std::string pipelined;
  for (int i = 0; i < 500; ++i) pipelined += get + "\r\n";
  return {
      each("silent", ""),
      each("half of a head", "GET /metr"),
      each("half of a body", post + "Content-Length: 1000\r\n\r\n{"),
      each("a body of 5 GB, promised", post + "Content-Length: 5000000000\r\n\r\n{"),
      each("a length below nothing", post + "Content-Length: -1\r\n\r\n"),
      each("two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
      each("a header of 100 KB", get + "X: " + std::string(100'000, 'x')),
      each("2,000 headers", many_headers + "\r\n"),
      each("a path of 100 KB", "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n"),
      each("2,700 ranges", ranges(2700)),
      each("800 ranges, which fit a head", ranges(800)),
      each("a chunk that is longer than it says",
           post + "Transfer-Encoding: chunked\r\n\r\n1\r\n" + std::string(50'000, 'x')),
      each("a chunk of 2^64 bytes", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}"),
      each("500 requests in one", pipelined),
      each("half-closed", get + "\r\n", true),
      each("half-closed in the head", get, true),
      each("an answer that nobody reads", get + "\r\n"),
      each("HTTP/0.9", "GET /metrics\r\n\r\n"),
      each("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      each("TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(500, '\0')),
      each("an unknown method", "BREW /metrics HTTP/1.1\r\n\r\n"),
      each("HEAD", "HEAD /metrics HTTP/1.1\r\n\r\n"),
      each("OPTIONS", "OPTIONS * HTTP/1.1\r\n\r\n"),
      each("Expect", post + "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n"),
      {"reset",
       [](const std::string& where, Guestbook&) {
         for (int i = 0; i < kMany; ++i) {
           Visitor visitor(where);
           visitor.say("GET /metrics HTTP/1.1\r\n\r\n");
           visitor.reset();
         }
       }},
      {"2,000 connects",
       [](const std::string& where, Guestbook& kept) {
         for (int i = 0; i < 2000; ++i) {
           if (kept.size() == 200) kept.erase(kept.begin(), kept.begin() + 100);
           says(kept, where, "");
         }
       }},
  };
}

TEST_P(ServerTest, EachAbuseIsBoundedAndGoodGuestsAreServed) {
  const std::size_t memory = resident_bytes();
  for (const Abuse& abuse : abuses()) {
    SCOPED_TRACE(abuse.name);
    const std::size_t files = open_files();
    Guestbook kept;
    abuse.commit(where, kept);
    EXPECT_TRUE(good_guest_is_served());
    EXPECT_LE(server->counts().guests, limits().guests);
    EXPECT_LE(open_files(), files + kept.size() + limits().guests + 4);
    EXPECT_LE(resident_bytes(), memory + (64u << 20));
    kept.clear();
    EXPECT_TRUE(soon([&] { return server->counts().guests == 0; }));
  }
  const HttpCounts counts = server->counts();
  EXPECT_GT(refused(Refused::places) + refused(Refused::displaced), 0u) << "the abuse arrived";
  EXPECT_GT(refused(Refused::malformed), 0u);
  EXPECT_EQ(refused(Refused::failed), 0u);
  EXPECT_NE(counts.warning, "");
}

TEST_P(ServerTest, EndsAtOnceWhateverGuestsDo) {
  for (const Abuse& abuse : abuses()) {
    SCOPED_TRACE(abuse.name);
    Guestbook kept;
    abuse.commit(where, kept);
    ASSERT_TRUE(good_guest_is_served()) << "who came before has been let in";
    const auto begin = std::chrono::steady_clock::now();
    server.reset();
    ASSERT_LT(std::chrono::steady_clock::now() - begin, 5s);
    held.clear();
    kept.clear();
    serve(limits());
  }
}

TEST_P(ServerTest, OnesWhoTakeTooLongAreCut) {
  server.reset();
  HttpLimits bounds = limits();
  bounds.head_time = bounds.body_time = bounds.reply_time = 300ms;
  bounds.slowest = 1u << 30;
  serve(bounds);
  Visitor silent(where), head(where), body(where), reader(where);
  reader.say("GET /metrics HTTP/1.1\r\n\r\n");
  body.say("POST /v1/drain HTTP/1.1\r\nContent-Length: 100\r\n\r\n");
  // A byte now and then does not help.
  EXPECT_TRUE(soon([&] { return !head.say("G") || head.is_cut(); }));
  EXPECT_TRUE(soon([&] { return !body.say(" ") || body.is_cut(); }));
  EXPECT_TRUE(soon([&] { return silent.is_cut(); }));
  EXPECT_TRUE(soon([&] { return refused(Refused::stalled) == 1; }));
  EXPECT_LT(reader.hear().size(), page->size());
  EXPECT_EQ(refused(Refused::slow), 3u);
}

// Even where deadlines would let them stay, who does nothing gives way to who asks.
TEST_P(ServerTest, GuestsThatDoNothingAreDisplaced) {
  server.reset();
  HttpLimits bounds = limits();
  bounds.head_time = bounds.reply_time = 1h;
  serve(bounds);
  for (const char* bytes : {"", "GET /metr", "GET /metrics HTTP/1.1\r\n\r\n"}) {
    Guestbook kept;
    for (int i = 0; i < kMany; ++i) says(kept, where, bytes);
    EXPECT_TRUE(good_guest_is_served()) << bytes;
  }
  EXPECT_GT(refused(Refused::displaced), 0u);
}

TEST_P(ServerTest, AnswersComeFromAnyThreadOrNot) {
  Visitor answered(where), forgotten(where);
  answered.say("GET /v1/status HTTP/1.1\r\n\r\n");
  std::thread other;
  ASSERT_TRUE(soon([&] { return server->counts().guests >= 1; }));
  Visitor flush(where);  // what it is told shows that the server has heard the one before
  flush.say("POST /v1/drain HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(heard(flush.hear()).status, 200);
  ASSERT_EQ(held.size(), 1u);
  other = std::thread([first = std::move(held[0])] {
    first({200, "late\n"});
    first({200, "twice\n"});
  });
  held.clear();
  other.join();
  EXPECT_EQ(heard(answered.hear()).body, "late\n");
  forgotten.say("GET /v1/status HTTP/1.1\r\n\r\n");
  Visitor flush_again(where);
  flush_again.say("POST /v1/drain HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(heard(flush_again.hear()).status, 200);
  held.clear();
  EXPECT_EQ(heard(forgotten.hear()).status, 503);
}

TEST_P(ServerTest, TellsWhatItRefuses) {
  const auto status = [&](const std::string& bytes) {
    Visitor visitor(where);
    visitor.say(bytes);
    return heard(visitor.hear()).status;
  };
  EXPECT_EQ(status("GET /nowhere HTTP/1.1\r\n\r\n"), 404);
  EXPECT_EQ(status("DELETE /metrics HTTP/1.1\r\n\r\n"), 405);
  EXPECT_EQ(status("GET /metrics HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(status("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /metrics HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(status("POST /v1/drain HTTP/1.1\r\nContent-Length: 65537\r\n\r\n"), 413);
  EXPECT_EQ(fetch(where, "/metrics").body.size(), page->size());
  EXPECT_EQ(heard([&] {
              Visitor visitor(where);
              visitor.say(ranges(3));
              return visitor.hear();
            }())
                .body.size(),
            page->size())
      << "a range is no part of this server: it may be ignored (RFC 9110, 14.2)";
  Visitor head(where);
  head.say("HEAD /metrics HTTP/1.1\r\n\r\n");
  const Heard reply = heard(head.hear());
  EXPECT_EQ(reply.body, "");
  EXPECT_NE(reply.head.find("Content-Length: " + std::to_string(page->size())), std::string::npos);
  Visitor expects(where);
  expects.say("POST /v1/drain HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(soon([&] { return expects.is_cut() || expects.say("{}"); }));
  const std::string said = expects.hear();
  EXPECT_EQ(said.find("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), 0u) << said;
}

TEST_P(ServerTest, AnswersInMemoryAreBounded) {
  Guestbook kept;  // each has an answer of its own, and none reads
  std::vector<std::string> refusals;
  for (int i = 0; i < 20; ++i) says(kept, where, "GET /v1/status HTTP/1.1\r\n\r\n");
  Visitor flush(where);
  flush.say("POST /v1/drain HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  flush.hear();
  ASSERT_EQ(held.size(), 20u);
  const std::size_t memory = resident_bytes();
  for (const Respond& respond : held) respond({200, std::string(8u << 20, 'x')});
  held.clear();
  EXPECT_TRUE(soon([&] { return refused(Refused::busy) > 0; }));
  EXPECT_TRUE(good_guest_is_served());
  // What is refused is freed where the loop comes to it; the allocator may keep the pages, so it is told not to.
  EXPECT_TRUE(soon([&] {
    malloc_trim(0);
    return resident_bytes() <= memory + (32u << 20) + (24u << 20);
  })) << resident_bytes();
}

// Whoever uses up this process's files, the server neither dies nor spins, and goes on when there are some again.
TEST_P(ServerTest, RunningOutOfFilesIsSurvived) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  Guestbook kept;
  for (int i = 0; i < 10; ++i) kept.emplace_back(where);
  ASSERT_TRUE(soon([&] { return server->counts().guests == 10; }));
  std::vector<int> hoard;
  const rlimit tight{open_files() + 20, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &tight);
  for (int fd; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) hoard.push_back(fd);
  close(hoard.back());
  hoard.pop_back();
  Visitor unlucky(where);  // takes the last one
  EXPECT_TRUE(soon([&] { return refused(Refused::files) > 0; }));
  EXPECT_EQ(unlucky.hear(), "");
  timespec spent{}, after{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  const timespec pause{0, 300'000'000};
  nanosleep(&pause, nullptr);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  EXPECT_LT((after.tv_sec - spent.tv_sec) * 1000 + (after.tv_nsec - spent.tv_nsec) / 1'000'000, 150) << "it spins";
  for (const int fd : hoard) close(fd);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(good_guest_is_served());
}

INSTANTIATE_TEST_SUITE_P(Each, ServerTest, places, name_of_place);

}  // namespace

}  // namespace waymark
