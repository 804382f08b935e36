// Both machines against each other, in drawn troubles: when these end, every director knows every server as it is.
#include "agents/net_test.h"

namespace waymark::agents {

namespace {

void trouble(Net& net, bool keeps) {
  Net::ServerNode& server = net.servers[net.below(u32(net.servers.size()))];
  Net::DirectorNode& director = net.directors[net.below(u32(net.directors.size()))];
  switch (net.below(9)) {
    case 0:
      net.restart(director, keeps);
      break;
    case 1:
      net.start(server);
      break;
    case 2:
      net.cut.insert({net.below(u32(net.directors.size())), net.below(u32(net.servers.size()))});
      break;
    case 3:
      net.cut.clear();
      break;
    case 4:
      (net.below(2) ? server.clock : director.clock) += std::chrono::seconds(net.below(200));
      break;
    case 5:
      server.well = net.below(2);
      break;
    case 6:
      server.drained = net.below(2);
      break;
    case 7:  // it moves
      server.config.services[0].care_of[0].address = at("2001:db8:5::" + std::to_string(100 + net.below(50)));
      if (server.machine) net.configure(server);
      break;
    case 8:
      server.load.sessions_in_use = net.below(1000);
      break;
  }
  for (const RegistrantService& service : server.config.services) net.tell(server, service.name);
}

}  // namespace

TEST(Net, EveryoneIsKnownAsItIsWhenTroubleEnds) {
  for (u64 seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const bool keeps = seed % 2;
    Net net(seed, 1 + u32(seed % 3), 2 + u32(seed % 5), seed % 4 < 2 ? 100 : 50);
    net.loss = net.below(40);
    net.twice = net.below(30);
    net.slowest = 1ms + 1ms * net.below(3000);
    net.replays = keeps ? net.below(50) : 0;  // who forgets lets old messages in again (signal/replay.h)
    for (u32 i = 0; i < 40; ++i) {
      trouble(net, keeps);
      net.run(std::chrono::seconds(net.below(12)));
    }
    if (seed % 4 == 0) net.servers.back().machine.reset();  // one never returns
    net.loss = net.twice = 0;
    net.slowest = 50ms;
    net.cut.clear();
    net.run(150s);
    for (size_t d = 0; d < net.directors.size(); ++d) EXPECT_EQ(net.bound(d), net.wanted()) << "director " << d;
    for (Net::ServerNode& node : net.servers) {
      if (!node.machine) continue;
      for (const RegistrationView& view : node.machine->view(net.now + node.clock))
        EXPECT_EQ(view.standing, node.well && !node.drained ? Standing::bound : Standing::idle)
            << node.config.identity << " " << view.director << " " << view.why;
    }
  }
}

TEST(Net, SplitsAndSilenceEndInFewSeconds) {
  Net net(1, 2, 5, 50);
  net.run(2s);
  for (size_t d = 0; d < 2; ++d) EXPECT_EQ(net.bound(d), net.wanted());
  for (size_t s = 0; s < 5; ++s) net.cut.insert({0, s});
  net.run(300s);
  u32 stale = 0;
  for (const RegisteredTarget& target : net.directors[0].machine->targets())
    stale += target.state == BindingState::stale || target.state == BindingState::suspect;
  EXPECT_EQ(stale, net.wanted().size()) << "fail static";
  EXPECT_EQ(net.bound(1), net.wanted());
  net.cut.clear();
  net.run(33s);
  EXPECT_EQ(net.bound(0), net.wanted());
}

TEST(Net, AThousandServersRegisterAtOnce) {
  Net net(2, 1, 1000, 50);
  net.loss = 20;
  net.slowest = 200ms;
  net.run(40s);
  EXPECT_EQ(net.bound(0), net.wanted());
}

TEST(Net, TheSameSeedIsTheSameStory) {
  auto story = [](u64 seed) {
    Net net(seed, 2, 4, 50);
    net.loss = 20, net.slowest = 500ms;
    for (u32 i = 0; i < 20; ++i) trouble(net, true), net.run(5s);
    std::string out;
    for (Net::DirectorNode& node : net.directors) {
      for (const Event& event : node.machine->take_events()) out += event.text + "\n";
      for (const BindingView& view : node.machine->view(net.now + node.clock))
        out += view.target.name + std::to_string(view.target.weight) + std::to_string(view.seconds_left);
    }
    return out;
  };
  EXPECT_EQ(story(3), story(3));
  EXPECT_NE(story(3), story(4));
}

}  // namespace waymark::agents
