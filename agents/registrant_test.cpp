#include "agents/registrant.h"

#include "agents/peer_test.h"
#include "agents/weight.h"

namespace waymark::agents {

using signalling::Heartbeat;

namespace {

RegistrantConfig registrant_config() {
  RegistrantConfig config;
  config.identity = "srv-1";
  config.directors = {{"d1", kDirector, 5436, "d1.example.net", 256, key_of("srv-1")}};
  config.services = {{"web", {kWeb}, {{0, at("2001:db8:5::1")}}, 60s, 0}};
  return config;
}

// A server, and its director's answers by hand.
struct Server {
  Registrant registrant{5, 100};
  RegistrantConfig config;
  Time now = 1000s;
  signalling::Association with = std::move(*signalling::Association::make(256, key_of("srv-1")));

  explicit Server(const RegistrantConfig& of = registrant_config()) : config(of) {
    configure();
    registrant.set_well("web", true, now);
  }
  void configure() { EXPECT_TRUE(registrant.configure(config, now)); }
  std::vector<Message> run(Duration span) {
    std::vector<Message> out;
    const Time end = now + span;
    for (; now <= end; now += 100ms)
      for (const Datagram& datagram : registrant.tick(now)) {
        const signalling::Decoded decoded = signalling::decode(datagram.bytes);
        EXPECT_TRUE(decoded.message);
        EXPECT_EQ(datagram.to, kDirector);
        EXPECT_TRUE(
            is_authentic(datagram.bytes, decoded, with, care_of_in(decoded.message->options, {}), "d1.example.net"));
        out.push_back(*decoded.message);
      }
    now = end;
    return out;
  }
  std::optional<Datagram> give(const Message& message, const Address& care_of = {}, const Address& from = kDirector) {
    return registrant.received(from, 5436, at("2001:db8:5::1"), seal(message, with, care_of, "srv-1"), now);
  }
  void answer(const Message& to, BindingStatus status = BindingStatus::accepted, u16 lifetime = 15) {
    const Update& update = std::get<Update>(to.body);
    Message message{
        Acknowledgement{status, 0, update.sequence, is_accepted(status) ? std::min(lifetime, update.lifetime) : u16(0)},
        {}};
    message.options.stamp = to.options.stamp;
    give(message, care_of_in(to.options, {}));
  }
  void bind() {
    const auto sent = run(0s);
    ASSERT_EQ(sent.size(), 1u);
    answer(sent[0]);
    ASSERT_EQ(standing(), "bound");
  }
  std::string standing() { return std::string(text(registrant.view(now).at(0).standing)); }
  std::string why() { return registrant.view(now).at(0).why; }
};

const Update& update_of(const Message& message) { return std::get<Update>(message.body); }

}  // namespace

TEST(Registrant, SaysWhoWhatAndWhere) {
  RegistrantConfig config = registrant_config();
  config.services[0].addresses = {kWeb, kWeb4, Prefix(at("198.51.100.0"), 24)};
  config.services[0].care_of = {{2, at("2001:db8:5::2")}, {1, at("192.0.2.1")}};
  Server server(config);
  server.registrant.set_load("web", {9, 10, 100, 0, 0}, server.now);
  const auto sent = server.run(0s);
  ASSERT_EQ(sent.size(), 1u);
  const signalling::Options& options = sent[0].options;
  EXPECT_EQ(update_of(sent[0]).lifetime, 15);
  EXPECT_EQ(update_of(sent[0]).sequence, 101);
  EXPECT_TRUE(update_of(sent[0]).flags & signalling::kAcknowledge);
  EXPECT_TRUE(update_of(sent[0]).flags & signalling::kOverwrite);
  EXPECT_EQ(options.prefixes, (signalling::Few<Prefix, 16>{kWeb}));
  EXPECT_EQ(options.ip4_homes.size(), 2u);
  ASSERT_EQ(options.bindings.size(), 2u);
  EXPECT_EQ(options.bindings[0].id, 2);
  EXPECT_EQ(options.bindings[1].care_of, at("192.0.2.1"));
  EXPECT_EQ(options.stamp, (Stamp{5, 1}));
  EXPECT_EQ(std::string(options.node->text.begin(), options.node->text.end()), "srv-1");
  EXPECT_EQ(options.load, (Load{0, 10, 100, 0, 0})) << "the priority is the service's";
}

TEST(Registrant, SaysNothingUntilItIsWell) {
  Server server;
  server.registrant.set_well("web", false, server.now);
  EXPECT_TRUE(server.run(100s).empty());
  EXPECT_EQ(server.standing(), "idle");
  EXPECT_TRUE(server.registrant.settled());
}

TEST(Registrant, RepeatsUntilItIsAnswered) {
  Server server;
  std::vector<Time> at;
  u32 stamp = 0;
  for (u32 i = 0; i < 1300; ++i, server.now += 100ms)
    for (const Message& message : server.run(0s)) {
      at.push_back(server.now - 1000s);
      EXPECT_EQ(message.options.stamp->sequence, ++stamp);
    }
  EXPECT_EQ(at, (std::vector<Time>{0s, 1s, 3s, 7s, 15s, 31s, 63s, 95s, 127s}));
  EXPECT_EQ(server.standing(), "waiting");
  EXPECT_NE(server.why(), "");
}

TEST(Registrant, RefreshesAtHalfTheLifetime) {
  Server server;
  server.bind();
  EXPECT_TRUE(server.run(29'900ms).empty());
  const auto sent = server.run(100ms);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(server.standing(), "bound");
  server.answer(sent[0], BindingStatus::accepted, 5);
  EXPECT_EQ(server.run(9'900ms).size(), 0u);
  EXPECT_EQ(server.run(100ms).size(), 1u) << "of what was granted, 20 s";
  server.run(10s);
  EXPECT_EQ(server.standing(), "waiting") << "it expired";
  u32 silent = 0;
  for (const Event& event : server.registrant.take_events()) {
    EXPECT_NE(find_event_kind(event.kind), nullptr) << event.kind;
    silent += event.kind == "registration.silent" ? 1 : 0;
  }
  EXPECT_EQ(silent, 1u);
}

TEST(Registrant, AnAnswerToAnEarlierTryCounts) {
  Server server;
  const auto sent = server.run(4s);
  ASSERT_EQ(sent.size(), 3u);
  server.answer(sent[0]);
  EXPECT_EQ(server.standing(), "bound");
  EXPECT_EQ(server.registrant.view(server.now)[0].seconds_left, 56u) << "from the first try on";
}

TEST(Registrant, BelievesOnlyItsDirector) {
  Server server;
  const Message sent = server.run(0s)[0];
  Message answer{Acknowledgement{BindingStatus::accepted, 0, update_of(sent).sequence, 15}, {}};
  answer.options.stamp = sent.options.stamp;
  const Address care_of = at("2001:db8:5::1");
  auto try_it = [&](const char* what, const std::vector<u8>& bytes, const Address& from = kDirector) {
    server.registrant.received(from, 5436, care_of, bytes, server.now);
    EXPECT_EQ(server.standing(), "waiting") << what;
  };
  signalling::Association other = std::move(*signalling::Association::make(256, key_of("srv-2")));
  try_it("another key", seal(answer, other, care_of, "srv-1"));
  try_it("another receiver", seal(answer, server.with, care_of, "srv-2"));
  try_it("another care-of address", seal(answer, server.with, at("2001:db8:5::9"), "srv-1"));
  try_it("another sender", seal(answer, server.with, care_of, "srv-1"), at("2001:db8:d::2"));
  const auto bytes = *encode(answer);
  try_it("no MAC", {bytes.begin(), bytes.end()});
  Message late = answer;
  late.options.stamp->sequence += 1;
  try_it("another stamp", seal(late, server.with, care_of, "srv-1"));
  late.options.stamp.reset();
  try_it("no stamp", seal(late, server.with, care_of, "srv-1"));
  server.give(answer, care_of);
  EXPECT_EQ(server.standing(), "bound");
}

TEST(Registrant, TakesUpSequenceNumbersAndStamps) {
  Server server;
  Message sent = server.run(0s)[0];
  Message answer{Acknowledgement{BindingStatus::out_of_window, 0, 5000, 0}, {}};
  answer.options.stamp = sent.options.stamp;
  server.give(answer, at("2001:db8:5::1"));
  auto again = server.run(0s);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(update_of(again[0]).sequence, 5001);
  Message mismatch{Acknowledgement{BindingStatus::replay_mismatch, 0, 5001, 0}, {}};
  mismatch.options.stamp = Stamp{9, again[0].options.stamp->sequence};
  server.give(mismatch, at("2001:db8:5::1"));
  again = server.run(2s);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].options.stamp->epoch, 10u);
  server.answer(again[0]);
  EXPECT_EQ(server.standing(), "bound");
}

TEST(Registrant, TriesSlowlyWhereItIsRefused) {
  Server server;
  server.answer(server.run(0s)[0], BindingStatus::prefix_not_authorized);
  EXPECT_EQ(server.standing(), "refused");
  EXPECT_EQ(server.why(), name_of(BindingStatus::prefix_not_authorized));
  EXPECT_TRUE(server.run(59'900ms).empty());
  const auto sent = server.run(100ms);
  ASSERT_EQ(sent.size(), 1u);
  server.answer(sent[0]);
  EXPECT_EQ(server.standing(), "bound");
}

TEST(Registrant, EndsWhatDrains) {
  Server server;
  const Message first = server.run(0s).at(0);
  server.answer(first);
  server.run(5s);
  server.registrant.drain("", server.now);
  EXPECT_FALSE(server.registrant.settled());
  auto sent = server.run(0s);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(update_of(sent[0]).lifetime, 0);
  server.answer(first);
  EXPECT_EQ(server.standing(), "ending") << "that answered something else";
  server.answer(sent[0]);
  EXPECT_EQ(server.standing(), "idle");
  EXPECT_TRUE(server.registrant.settled());
  EXPECT_TRUE(server.run(100s).empty());
  server.registrant.resume("web", server.now);
  server.bind();
  server.registrant.set_well("web", false, server.now);
  sent = server.run(100s);
  EXPECT_EQ(sent.size(), 3u) << "three times where nobody answers";
  for (const Message& message : sent) EXPECT_EQ(update_of(message).lifetime, 0);
  EXPECT_EQ(server.standing(), "idle");
}

TEST(Registrant, TellsLoadThatGrows) {
  Server server;
  server.registrant.set_load("web", {0, 100, 1000, 0, 0}, server.now);
  server.bind();
  server.registrant.set_load("web", {0, 190, 1000, 0, 0}, server.now);
  EXPECT_TRUE(server.run(5s).empty()) << "less than a tenth";
  server.registrant.set_load("web", {0, 200, 1000, 0, 0}, server.now);
  auto sent = server.run(0s);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].options.load->sessions_in_use, 200u);
  server.answer(sent[0]);
  for (u32 used = 300; used < 1000; used += 100) {
    server.registrant.set_load("web", {0, used, 1000, 0, 0}, server.now);
    EXPECT_TRUE(server.run(0s).empty()) << "once a second";
  }
  sent = server.run(1s);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].options.load->sessions_in_use, 900u);
  server.answer(sent[0]);
  server.registrant.set_load("web", {0, 100, 1000, 0, 0}, server.now);
  EXPECT_TRUE(server.run(8s).empty()) << "a fall waits";
  EXPECT_EQ(server.run(2s).size(), 1u);
}

TEST(Registrant, WantsNoNewFlowsByItsPriority) {
  RegistrantConfig config = registrant_config();
  config.services[0].priority = kNoNewFlows;
  Server server(config);
  EXPECT_EQ(server.run(0s)[0].options.load, (Load{kNoNewFlows, 0, 0, 0, 0}));
}

TEST(Registrant, RefreshesWhereItIsAsked) {
  Server server;
  server.bind();
  server.run(5s);
  Message request{signalling::RefreshRequest{}, {}};
  server.registrant.received(kDirector, 5436, {}, std::vector<u8>(8, 0), server.now);
  EXPECT_TRUE(server.run(0s).empty());
  server.give(request);
  const auto sent = server.run(0s);
  ASSERT_EQ(sent.size(), 1u);
  server.answer(sent[0]);
  server.give(request);
  EXPECT_TRUE(server.run(500ms).empty()) << "once a second";
  server.run(1s);
  server.give(request);
  EXPECT_EQ(server.run(0s).size(), 1u);
}

TEST(Registrant, AnswersHeartbeatsWithItsRestartCounter) {
  Server server;
  Message request{Heartbeat{false, false, 3}, {}};
  const auto reply = server.give(request);
  ASSERT_TRUE(reply);
  const signalling::Decoded decoded = signalling::decode(reply->bytes);
  EXPECT_TRUE(is_authentic(reply->bytes, decoded, server.with, {}, "d1.example.net"));
  EXPECT_EQ(std::get<Heartbeat>(decoded.message->body), (Heartbeat{true, false, 3}));
  EXPECT_EQ(decoded.message->options.restart_counter, 5u);
  const auto unsigned_request = *encode(request);
  EXPECT_FALSE(
      server.registrant.received(kDirector, 5436, {}, {unsigned_request.data(), unsigned_request.size()}, server.now));
}

TEST(Registrant, FollowsItsConfiguration) {
  Server server;
  server.bind();
  server.configure();
  EXPECT_TRUE(server.run(5s).empty()) << "nothing has changed";
  server.config.services[0].care_of = {{0, at("2001:db8:5::7")}};
  server.configure();
  auto sent = server.run(0s);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].options.alternate_care_of, at("2001:db8:5::7"));
  server.answer(sent[0]);

  server.config.services[0].addresses = {kMail};
  server.configure();
  sent = server.run(0s);
  ASSERT_EQ(sent.size(), 2u) << "what it was is ended, what it is is registered";
  for (const Message& message : sent) {
    EXPECT_EQ(update_of(message).lifetime == 0, message.options.prefixes[0] == kWeb);
    server.answer(message);
  }
  EXPECT_EQ(server.registrant.view(server.now).size(), 1u);

  server.config.directors.clear();
  server.configure();
  sent = server.run(0s);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(update_of(sent[0]).lifetime, 0);
  server.answer(sent[0]);
  EXPECT_TRUE(server.registrant.view(server.now).empty());
  EXPECT_EQ(server.registrant.deadline(), Time::max());
}

TEST(Registrant, SaysWhatIsWrongWithAConfiguration) {
  auto is_refused = [](auto change) {
    RegistrantConfig config = registrant_config();
    change(config);
    return !Registrant(1).configure(config, 1s);
  };
  EXPECT_FALSE(is_refused([](auto&) {}));
  EXPECT_TRUE(is_refused([](auto& c) { c.directors.push_back(c.directors[0]); }));
  EXPECT_TRUE(is_refused([](auto& c) { c.directors[0].key.clear(); }));
  EXPECT_TRUE(is_refused([](auto& c) { c.services[0].care_of.clear(); }));
  EXPECT_TRUE(is_refused([](auto& c) { c.services[0].care_of.push_back({1, at("2001:db8:5::2")}); }));
  EXPECT_TRUE(is_refused([](auto& c) { c.services[0].addresses = {kWeb4, Prefix(at("198.51.100.81"))}; }));
  EXPECT_TRUE(is_refused([](auto& c) { c.services[0].lifetime = 1s; }));
  EXPECT_TRUE(is_refused([](auto& c) { c.identity.clear(); }));
}

}  // namespace waymark::agents
