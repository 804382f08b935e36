// Two members over real sockets on the loopback: what the machines say is tested in group/ and node/; here it is that
// bytes arrive, that links come back, and that strangers do not matter.
#include "daemon/peers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address_text.h"
#include "daemon/files_test.h"
#include "daemon/sockaddr.h"
#include "engine/replay/userspace.h"

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
  UserspaceEngine engine{kPins};
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
    engine.live().meta[0] = new_meta(sizes_for(kPins), 250, [] { return 7u; });
    const auto key = group::pin_key_of(secret, "g");
    std::copy(key.begin(), key.end(), engine.live().meta[0].pin_key);
    Control::Life life{Clock{boot_time(), 1000, 250}, 1, u64(boot_time().count()), false, {}, {}, {}, config.name};
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

// Connections from other addresses of this machine that say nothing.
class Strangers {
 public:
  explicit Strangers(std::vector<u16> ports) : ports_(std::move(ports)) {}
  ~Strangers() {
    for (int fd : open_) close(fd);
  }
  // A step: up to 40 in the place of those that were refused, 200 at once, 20,000 in all.
  void press() {
    std::erase_if(open_, [](int fd) {
      pollfd p{fd, POLLIN, 0};
      return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR) && close(fd) == 0;
    });
    for (std::size_t i = 0; i < 40 && open_.size() < 200 && dialled_ < 20'000; ++i) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      const SocketAddress here(*parse_address("127.0.9." + std::to_string(1 + dialled_ / 2 % 50)), 0),
          there(*parse_address("127.0.0.1"), ports_[dialled_++ % ports_.size()]);
      EXPECT_EQ(bind(fd, here.get(), here.size()), 0);
      connect(fd, there.get(), there.size());
      open_.push_back(fd);
    }
  }

 private:
  std::vector<u16> ports_;
  std::vector<int> open_;
  std::size_t dialled_ = 0;
};

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
    const u64 refused = one.control->group()->view().refused + two.control->group()->view().refused;
    return refused >= 2 && one.seen().refused && two.seen().refused;
  }));
  for (Member* m : {&one, &two}) {
    EXPECT_FALSE(m->seen().up);
    EXPECT_NE(m->control->awaited().find("answers, but is refused"), std::string::npos) << m->control->awaited();
  }
}

// Each dials the other from its own address, and has its place, however many others want one.
TEST(Peers, StrangersDoNotKeepMembersApart) {
  const Stage stage;
  Loop loop;
  Strangers strangers({stage.first, stage.second});
  Member one(loop, "d1", stage.first, "d2", stage.second);
  std::unique_ptr<Member> two;
  std::vector<Member*> members = {&one};
  bool turned_away = false;
  EXPECT_TRUE(run_until(loop, members, [&] {
    strangers.press();
    if (!two && one.control->group()->view().refused > 200) {
      two = std::make_unique<Member>(loop, "d2", stage.second, "d1", stage.first);
      members.push_back(two.get());
      for (int i = 0; i < 5; ++i) strangers.press();  // they are there before it has dialled
    }
    for (const Member* m : members) turned_away |= m->seen().why == "Connection reset by peer";
    return two && one.seen().up && two->seen().up;
  })) << one.seen().why;
  EXPECT_FALSE(turned_away) << "at the first attempt";
  EXPECT_EQ(one.control->group()->view().members[0].refused, false);
}

// What this machine lacks says nothing about the member.
TEST(Peers, WhoHasNoFilesToDialDoesNotTakeTheMemberForAbsent) {
  const Stage stage;
  Loop loop;
  Member one(loop, "d1", stage.first, "d2", stage.second);
  std::optional<NoFiles> none(std::in_place);
  bool told = false;
  EXPECT_TRUE(run_until(loop, {&one}, [&] {
    if (one.control->awaited() == "this machine cannot ask for group member d2: Too many open files") {
      told = true;
      none.reset();
    }
    return told && one.control->awaited() == "group member d2 is waited for";
  })) << one.control->awaited();
  EXPECT_EQ(one.seen().why, "Connection refused");
}

TEST(Peers, WhoIsNotAllowedToDialDoesNotTakeTheMemberForAbsent) {
  const Stage stage;
  Loop loop;
  Member one(loop, "d1", stage.first, "d2", stage.second);
  one.config.group->member[0].address = "[fe80::1]:1";  // connect() refuses: on which link?
  one.peers->configure(*one.config.group);
  EXPECT_TRUE(run_until(loop, {&one}, [&] {
    return one.control->awaited().starts_with("this machine cannot ask for group member d2: ");
  })) << one.control->awaited();
}

// Its kernel has taken the connection, and its loop was held up for longer than one waits for an answer.
TEST(Peers, WhoWasHeldUpHearsWhatWasAnswered) {
  const Stage stage;
  Loop loop;
  Member one(loop, "d1", stage.first, "d2", stage.second), two(loop, "d2", stage.second, "d1", stage.first);
  two.peers.reset();
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const SocketAddress there(*parse_address("127.0.0.1"), stage.second);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  ASSERT_EQ(bind(listener, there.get(), there.size()), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  bool held = false;
  EXPECT_TRUE(run_until(loop, {&one}, [&] {
    if (!held) {
      one.control->tick(boot_time());
      one.peers->flush();  // it dials
      for (const Time until = boot_time() + 2100ms; boot_time() < until;) continue;
      held = true;
    }
    return one.seen().why != "not reached yet" || accept(listener, nullptr, nullptr) >= 0;
  }));
  EXPECT_EQ(one.seen().why, "not reached yet");
  close(listener);
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
