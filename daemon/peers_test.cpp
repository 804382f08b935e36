// Two members over real sockets on the loopback: what the machines say is tested in group/ and node/; here it is that
// bytes arrive, that links come back, and that strangers do not matter.
#include "daemon/peers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address_text.h"
#include "engine/replay/native.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr u32 kPins = 10'000;
const std::vector<InterfaceFacts> kFacts = {{"eth0", 2, {{2, 0, 0, 0, 0, 1}}}};
const std::vector<u8> kSecret(32, 0x5a);

// A port that was free a moment ago.
u16 free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  bind(fd, reinterpret_cast<sockaddr*>(&at), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  close(fd);
  return ntohs(at.sin_port);
}

std::string at(u16 port) { return "127.0.0.1:" + std::to_string(port); }

struct Member {
  NativeEngine engine{kPins};
  Config config;
  std::unique_ptr<Control> control;
  std::unique_ptr<Peers> peers;
  Loop& loop;

  Member(Loop& l, const std::string& name, u16 port, const std::string& other, u16 other_port,
         std::vector<u8> secret = kSecret)
      : loop(l) {
    config.name = name;
    config.engine.pins = kPins;
    config.engine.interfaces = {{"eth0", 0, 0, "public"}};
    config.director = DirectorConfig{{*parse_address("2001:db8:d::1")}};
    config.group.emplace();
    config.group->name = "g";
    config.group->listen = at(port);
    config.group->member = {{other, at(other_port)}};
    ServiceConfig web;
    web.name = "web";
    web.address = {*parse_address("2001:db8:80::1")};
    web.ports = {{Protocol::tcp, 80, 80}};
    web.target.push_back({"s1", *parse_address("2001:db8:5::1"), 10, Tunnel::gue, 6080});
    config.service = {web};
    engine.live().meta[0] = new_meta(kPins, 250, [] { return 7u; });
    const auto key = group::pin_key_of(secret, "g");
    std::copy(key.begin(), key.end(), engine.live().meta[0].pin_key);
    Control::Life life{Clock{boot_time(), 1000, 250}, 1, u64(boot_time().count()), false, {}, {}, {}};
    life.nonce = [n = u8(name.back())]() mutable { return group::Nonce{++n}; };
    control = std::make_unique<Control>(engine.live(), std::move(life));
    auto image = control->prepare(config, kFacts, secret);
    EXPECT_TRUE(image);
    engine.load(*image);
    control->commit(boot_time());
    open();
  }
  void open() { peers = std::make_unique<Peers>(loop, *control, *config.group); }
  group::MemberView seen() const { return control->group()->view().members[0]; }
};

// Runs the loop until `done`, 20 s at most.
bool run_until(Loop& loop, const std::vector<Member*>& members, const std::function<bool()>& done) {
  const Time end = boot_time() + 20s;
  bool reached = false;
  loop.run([&] {
    for (Member* m : members) {
      m->control->tick(boot_time());
      if (m->peers) m->peers->flush();
    }
    reached = done();
    if (reached || boot_time() > end) loop.stop();
    return boot_time() + 10ms;
  });
  return reached;
}

struct Stage {
  const u16 first = free_port(), second = free_port();
};

}  // namespace

TEST(Peers, MembersMeetAndTellEachOther) {
  const Stage stage;
  Loop loop;
  Member one(loop, "d1", stage.first, "d2", stage.second), two(loop, "d2", stage.second, "d1", stage.first);
  bool drained = false;
  EXPECT_TRUE(run_until(loop, {&one, &two},
                        [&] {
                          if (one.seen().up && two.seen().up && !drained) {
                            drained = true;
                            EXPECT_TRUE(one.control->drain("s1", true, boot_time()));
                          }
                          return drained && one.control->node().pool_digest() == two.control->node().pool_digest();
                        }))
      << one.seen().why << two.seen().why;
}

TEST(Peers, ALinkThatIsLostComesBack) {
  const Stage stage;
  Loop loop;
  Member one(loop, "d1", stage.first, "d2", stage.second);
  auto two = std::make_unique<Member>(loop, "d2", stage.second, "d1", stage.first);
  std::vector<Member*> members = {&one, two.get()};
  int phase = 0;
  EXPECT_TRUE(run_until(loop, members,
                        [&] {
                          if (phase == 0 && one.seen().up && two->seen().up) {
                            two->peers.reset();  // all its sockets are closed
                            phase = 1;
                          } else if (phase == 1 && !one.seen().up) {
                            two = nullptr;  // and its machine begins anew
                            two = std::make_unique<Member>(loop, "d2", stage.second, "d1", stage.first);
                            members[1] = two.get();
                            phase = 2;
                          }
                          return phase == 2 && one.seen().up && two->seen().up;
                        }))
      << "phase " << phase << ": " << one.seen().why;
}

TEST(Peers, WhoDoesNotKnowTheSecretIsCountedAndIgnored) {
  const Stage stage;
  Loop loop;
  Member one(loop, "d1", stage.first, "d2", stage.second);
  Member two(loop, "d2", stage.second, "d1", stage.first, std::vector<u8>(32, 0x11));
  EXPECT_TRUE(run_until(loop, {&one, &two}, [&] {
    return one.control->group()->view().refused + two.control->group()->view().refused >= 2;
  }));
  EXPECT_FALSE(one.seen().up);
  EXPECT_FALSE(two.seen().up);
}

TEST(Peers, AnAddressInUseIsTriedAgain) {
  const Stage stage;
  Loop loop;
  Member one(loop, "d1", stage.first, "d2", stage.second);
  auto holder = std::make_unique<Member>(loop, "d3", stage.second, "d1", stage.first);  // where d2 is to listen
  Member two(loop, "d2", stage.second, "d1", stage.first);
  EXPECT_TRUE(run_until(loop, {&one, &two}, [&] {
    if (holder && one.control->group()->view().refused > 0) holder.reset();
    return !holder && one.seen().up && two.seen().up;
  }));
}

}  // namespace waymark
