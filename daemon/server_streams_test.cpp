// Answers that come by and by, and those that fail.
#include "daemon/client.h"
#include "daemon/server_test.h"

namespace waymark {

namespace {

class StreamServerTest : public ServerTest {
 protected:
  void answer(HttpRequest request, const Respond& respond) override {
    if (request.path != "/v1/capture") return ServerTest::answer(std::move(request), respond);
    auto body = std::make_shared<BodyQueue>(1u << 20, [this] { ++gone; });
    last = body;
    body->push("first ");
    respond({200, "", "text/plain", nullptr, body});
    ++begun;
  }
  std::shared_ptr<BodyQueue> last;  // read once `begun` says so
  std::atomic<int> begun{0}, gone{0};
};

class FollowedTest : public StreamServerTest {};  // the client speaks to unix sockets alone

TEST_P(FollowedTest, AStreamComesAsItIsPushedAndItsReadersLeavingIsTold) {
  std::string got;
  const Status done = api_stream(where, "/v1/capture", [&](std::string_view bytes) {
    got += bytes;
    if (got == "first ") {
      EXPECT_TRUE(last->push("second"));
      last->end();
    }
    return true;
  });
  EXPECT_TRUE(done) << done.error().sentence;
  EXPECT_EQ(got, "first second");
  EXPECT_TRUE(soon([&] { return gone == 1; }));
  EXPECT_TRUE(api_stream(where, "/v1/capture", [](std::string_view) { return false; }));
  EXPECT_TRUE(soon([&] { return gone == 2; }));
  EXPECT_FALSE(last->push("nobody hears this"));
}

TEST_P(StreamServerTest, StreamsAndWhatTheirReadersLeaveUnreadAreBounded) {
  Guestbook kept;
  for (int i = 0; i < 2; ++i) says(kept, where, "GET /v1/capture HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(soon([&] { return begun == 2; }));
  const auto full = last;
  EXPECT_TRUE(soon([&] { return !full->push(std::string(100'000, 'x')); })) << "nobody reads";
  Visitor third(where);
  third.say("GET /v1/capture HTTP/1.1\r\n\r\n");
  EXPECT_EQ(heard(third.hear()).status, 503);
  EXPECT_TRUE(good_guest_is_served());
  kept.clear();
  EXPECT_TRUE(soon([&] { return gone == 3; }));
}

class FailingServerTest : public ServerTest {
 protected:
  void answer(HttpRequest request, const Respond& respond) override {
    if (request.path == "/v1/reload") throw std::bad_alloc();
    ServerTest::answer(std::move(request), respond);
  }
};

TEST_P(FailingServerTest, AnExceptionCostsItsOwnGuestAlone) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(fetch(where, "/v1/reload", "POST", "{}").status, 503);
  EXPECT_TRUE(good_guest_is_served());
  EXPECT_EQ(refused(Refused::failed), 5u);
  EXPECT_TRUE(soon([&] { return server->counts().guests == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Each, StreamServerTest, places, name_of_place);
INSTANTIATE_TEST_SUITE_P(Each, FollowedTest, testing::Values(Place{"Socket", true}), name_of_place);
INSTANTIATE_TEST_SUITE_P(Each, FailingServerTest, places, name_of_place);

}  // namespace

}  // namespace waymark
