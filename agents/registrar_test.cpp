// Updates that are carried out, and those that are not.
#include "agents/registrar.h"

#include "agents/peer_test.h"

namespace waymark::agents {

using signalling::Options;

namespace {

u64 refusals(const Registrar& registrar, Refused why) { return registrar.counters().refused[size_t(why)]; }

}  // namespace

TEST(Registrar, BindsWhatIsSignedAndPermitted) {
  Site site;
  Peer peer(1);
  const auto answer = read_answer(site.give(peer, peer.update()), peer, peer.address);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, BindingStatus::accepted);
  EXPECT_EQ(answer->sequence, 1);
  EXPECT_EQ(answer->lifetime, 15) << "60 s";
  EXPECT_EQ(answer->options.stamp, (Stamp{1, 1}));
  ASSERT_EQ(site.web().size(), 1u);
  EXPECT_EQ(site.web()[0], (RegisteredTarget{"web", "srv-1", peer.address, 1000, BindingState::bound}));
  EXPECT_EQ(site.events("binding.bound"), 1u);
  EXPECT_TRUE(site.registrar.targets("mail").empty());
}

TEST(Registrar, GrantsNoMoreThanItIsConfigured) {
  Site site;
  Peer peer(1);
  auto of = [&](u16 asked) {
    return read_answer(site.give(peer, peer.update([&](Update& u, Options&) { u.lifetime = asked; })), peer,
                       peer.address)
        ->lifetime;
  };
  EXPECT_EQ(of(1000), 15);
  EXPECT_EQ(of(5), 5);
}

TEST(Registrar, RepliesFromWhereItWasAskedToWhoAsked) {
  Site site;
  Peer peer(1);
  peer.port = 999;
  const auto reply = site.give(peer, peer.update());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->from, kDirector);
  EXPECT_EQ(reply->to, peer.address);
  EXPECT_EQ(reply->port, 999);
  const auto quiet = site.give(peer, peer.update([](Update& u, Options&) { u.flags = 0; }));
  EXPECT_FALSE(quiet) << "the flag A is not there";
}

TEST(Registrar, BindsIp4) {
  Site site;
  Peer peer(1);
  const auto bytes = peer.update([](Update&, Options& options) {
    options.prefixes = {};
    options.ip4_homes = {{kWeb4.address, 32, false}};
    options.ip4_care_of = at("192.0.2.9");
  });
  const auto answer = read_answer(site.give(peer, bytes), peer, at("192.0.2.9"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, BindingStatus::accepted);
  ASSERT_EQ(answer->options.ip4_acknowledged.size(), 1u);
  EXPECT_EQ(answer->options.ip4_acknowledged[0].status, signalling::Ip4Status::accepted);
  ASSERT_EQ(site.web().size(), 1u);
  EXPECT_EQ(site.web()[0].care_of, at("192.0.2.9"));
}

TEST(Registrar, RefusesWithAStatusAndAReason) {
  struct Case {
    const char* name;
    std::function<void(Update&, Options&)> change;
    BindingStatus status;
    Refused why;
  };
  const Case cases[] = {
      {"no identity", [](Update&, Options& o) { o.node.reset(); }, BindingStatus::prohibited, Refused::wrong_identity},
      {"another's identity", [](Update&, Options& o) { o.node.emplace().text.add(bytes_of("srv-2")); },
       BindingStatus::prohibited, Refused::wrong_identity},
      {"identity of another subtype", [](Update&, Options& o) { o.node->subtype = 2; }, BindingStatus::prohibited,
       Refused::wrong_identity},
      {"no service", [](Update&, Options& o) { o.prefixes = {}; }, BindingStatus::invalid_prefix,
       Refused::unknown_service},
      {"unknown service", [](Update&, Options& o) { o.prefixes = {Prefix(at("2001:db8:81::1"))}; },
       BindingStatus::invalid_prefix, Refused::unknown_service},
      {"a prefix around the service", [](Update&, Options& o) { o.prefixes = {Prefix(at("2001:db8:80::"), 64)}; },
       BindingStatus::invalid_prefix, Refused::unknown_service},
      {"another service", [](Update&, Options& o) { o.prefixes = {kMail}; }, BindingStatus::prefix_not_authorized,
       Refused::not_authorised},
      {"another service beside its own",
       [](Update&, Options& o) {
         o.prefixes = {kWeb, kMail};
       },
       BindingStatus::prefix_not_authorized, Refused::not_authorised},
      {"care-of address elsewhere", [](Update&, Options& o) { o.alternate_care_of = at("2001:db8:6::1"); },
       BindingStatus::invalid_care_of, Refused::care_of},
      {"two identifiers without address",
       [](Update&, Options& o) {
         o.bindings = {{1, {}, false, {}}, {2, {}, false, {}}};
       },
       BindingStatus::binding_malformed, Refused::identifiers},
      {"no stamp", [](Update&, Options& o) { o.stamp.reset(); }, BindingStatus::replay_required, Refused::replay},
  };
  Site site;
  Peer peer(1);
  for (const Case& c : cases) {
    const u64 before = refusals(site.registrar, c.why);
    EXPECT_EQ(site.send(peer, peer.update(c.change)), c.status) << c.name;
    EXPECT_EQ(refusals(site.registrar, c.why), before + 1) << c.name;
    EXPECT_TRUE(site.registrar.targets().empty()) << c.name;
  }
  EXPECT_EQ(site.registrar.peers()[0].last_refusal, text(Refused::replay));
  EXPECT_EQ(site.events("binding.refused"), 1u) << "one each 10 s";
  EXPECT_EQ(site.send(peer, peer.update()), BindingStatus::accepted);
}

TEST(Registrar, AnOldUpdateIsAnsweredAndChangesNothing) {
  Site site;
  Peer peer(1);
  const auto first = peer.update(),
             second = peer.update([](Update&, Options&o) { o.alternate_care_of = at("2001:db8:5::2"); });
  EXPECT_EQ(site.send(peer, second), BindingStatus::accepted);
  EXPECT_EQ(site.send(peer, first), BindingStatus::replay_mismatch);
  EXPECT_EQ(site.send(peer, second), BindingStatus::replay_mismatch);
  EXPECT_EQ(site.web()[0].care_of, at("2001:db8:5::2"));
  peer.sequence = 0;
  const auto answer = read_answer(site.give(peer, peer.update()), peer, peer.address);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, BindingStatus::out_of_window);
  EXPECT_EQ(answer->sequence, 2) << "the last one that was accepted";
  peer.epoch = 2;
  EXPECT_EQ(site.send(peer, peer.update()), BindingStatus::accepted) << "it restarted";
}

TEST(Registrar, SeveralCareOfAddressesAreSeveralTargets) {
  Site site;
  Peer peer(1);
  auto both = [](Update& u, Options& o) {
    u.flags |= signalling::kOverwrite;
    o.bindings = {{1, {}, false, at("2001:db8:5::11")}, {2, {}, false, at("192.0.2.12")}};
  };
  EXPECT_EQ(site.send(peer, peer.update(both)), BindingStatus::accepted);
  EXPECT_EQ(site.states(), "srv-1.1 bound 500, srv-1.2 bound 500") << "they share the server's weight";
  EXPECT_EQ(site.web()[1].care_of, at("192.0.2.12"));

  const auto partly = peer.update([](Update& u, Options& o) {
    u.flags |= signalling::kOverwrite;
    o.bindings = {{1, {}, false, at("2001:db8:5::11")}, {3, {}, false, at("2001:db8:6::13")}};
  });
  const auto answer = read_answer(site.give(peer, partly), peer, at("2001:db8:5::11"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, BindingStatus::not_all_bindings);
  EXPECT_EQ(answer->options.bindings[0].status, BindingStatus::accepted);
  EXPECT_EQ(answer->options.bindings[1].status, BindingStatus::invalid_care_of);
  EXPECT_EQ(site.states(), "srv-1.1 bound 1000, srv-1.2 draining 0") << "2 was not named";

  EXPECT_EQ(site.send(peer, peer.update()), BindingStatus::accepted);
  EXPECT_EQ(site.states(), "srv-1 bound 1000, srv-1.1 draining 0, srv-1.2 draining 0");
  EXPECT_EQ(site.send(peer, peer.update([](Update&, Options& o) {
    o.bindings = {{1, {}, false, at("2001:db8:5::11")}};
  })),
            BindingStatus::other_binding_exists);
}

TEST(Registrar, ABindingMoves) {
  Site site;
  Peer peer(1);
  site.send(peer, peer.update());
  const u64 before = site.registrar.changes();
  site.send(peer, peer.update());
  EXPECT_EQ(site.registrar.changes(), before) << "a refresh changes nothing";
  site.send(peer, peer.update([](Update&, Options& o) { o.alternate_care_of = at("2001:db8:5::2"); }));
  EXPECT_GT(site.registrar.changes(), before);
  EXPECT_EQ(site.web()[0].care_of, at("2001:db8:5::2"));
  EXPECT_EQ(site.events("binding.moved"), 1u);
}

TEST(Registrar, AnEndedBindingDrains) {
  Site site;
  site.config.drain = 100s;
  site.configure();
  Peer one(1), two(2);
  site.send(one, one.update());
  site.send(two, two.update());
  EXPECT_EQ(site.send(one, one.ending()), BindingStatus::accepted);
  EXPECT_EQ(site.send(two, two.ending()), BindingStatus::accepted);
  EXPECT_EQ(site.states(), "srv-1 draining 0, srv-2 draining 0");
  site.run(50s);
  site.registrar.drained("web", "srv-2", site.now);
  EXPECT_EQ(site.states(), "srv-1 draining 0");
  EXPECT_EQ(site.send(two, two.update()), BindingStatus::accepted);
  site.registrar.drained("web", "srv-2", site.now);
  EXPECT_EQ(site.states(), "srv-1 draining 0, srv-2 bound 1000") << "it is not draining";
  site.run(51s);
  EXPECT_EQ(site.states(), "srv-2 bound 1000");
  EXPECT_EQ(site.events("binding.ended"), 2u);
}

TEST(Registrar, HasRoomForSoManyBindings) {
  RegistrarConfig config = registrar_config();
  config.most_bindings = 3, config.most_bindings_of_identity = 2;
  Site site(config);
  auto with = [](std::initializer_list<u16> ids) {
    return [ids](Update&, Options& o) {
      for (u16 id : ids) o.bindings.add({id, {}, false, at("2001:db8:5::11")});
    };
  };
  Peer one(1), two(2), three(3);
  EXPECT_EQ(site.send(one, one.update(with({1, 2, 3}))), BindingStatus::insufficient_resources);
  EXPECT_EQ(site.send(one, one.update(with({1, 2}))), BindingStatus::accepted);
  EXPECT_EQ(site.send(one, one.update(with({1, 2}))), BindingStatus::accepted) << "those it has need no room";
  EXPECT_EQ(site.send(one, one.update(with({3}))), BindingStatus::insufficient_resources);
  EXPECT_EQ(site.send(two, two.update()), BindingStatus::accepted);
  EXPECT_EQ(site.send(three, three.update()), BindingStatus::insufficient_resources);
  EXPECT_EQ(site.registrar.counters().bindings, 3u);
}

TEST(Registrar, AnotherConfigurationKeepsWhatItPermits) {
  Site site;
  Peer one(1), two(2), three(3);
  for (Peer* peer : {&one, &two, &three}) site.send(*peer, peer->update());
  site.config.rules[0].identity = "srv-1";
  site.config.rules.push_back({"srv-3", {"w*"}, {Prefix(at("2001:db8:6::"), 64)}, 100});
  site.configure();
  EXPECT_EQ(site.states(), "srv-1 bound 1000");
  EXPECT_EQ(site.events("binding.dropped"), 2u);
  EXPECT_EQ(site.send(two, two.update()), BindingStatus::prefix_not_authorized);
  std::erase_if(site.config.peers, [](auto& peer) { return peer.identity == "srv-1"; });
  site.configure();
  EXPECT_EQ(site.states(), "");
  EXPECT_EQ(site.registrar.counters().bindings, 0u);
  EXPECT_FALSE(site.give(one, one.update()));
  site.config.services[0].registered = false;
  site.configure();
  EXPECT_EQ(site.send(two, two.update()), BindingStatus::invalid_prefix);
  site.run(3600s);
}

TEST(Registrar, SaysWhatIsWrongWithAConfiguration) {
  auto error = [](auto change) {
    RegistrarConfig config = registrar_config();
    change(config);
    Registrar registrar(1);
    const Status status = registrar.configure(config, 1s);
    return status ? "" : status.error().sentence;
  };
  EXPECT_EQ(error([](auto&) {}), "");
  EXPECT_EQ(error([](auto& c) { c.peers[1].spi = 256; }), "two peers have the SPI 256");
  EXPECT_EQ(error([](auto& c) { c.peers[1].identity = "srv-1.7"; }),
            "peer srv-1.7 has the name of a target of peer srv-1");
  EXPECT_EQ(error([](auto& c) { c.peers[0].identity = "a@b", c.peers[1].identity = "a_b"; }),
            "two peers would be the target a_b");
  EXPECT_EQ(error([](auto& c) { c.peers[0].key.resize(15); }),
            "peer srv-1: a key of 15 bytes is too short: 16 or more");
  EXPECT_EQ(error([](auto& c) { c.services[1].addresses = {kWeb}; }),
            "2001:db8:80::1 is of two services that take registered members");
  EXPECT_EQ(error([](auto& c) { c.rules[0].share = 0; }), "the share of a rule is 1 to 100 percent, not 0");
  EXPECT_NE(error([](auto& c) { c.rules[0].care_of = {}; }), "");
  EXPECT_NE(error([](auto& c) { c.lifetime = 15s; }), "");
}

TEST(Registrar, ARestartMayKeepBindingsAndReplayProtection) {
  Site site, next;
  Peer one(1), two(2), three(3);
  const auto old = one.update();
  site.send(one, old);
  site.send(one, one.loaded({0, 0, 100, 0, 0}));
  site.send(two, two.update());
  site.send(two, two.ending());
  site.send(three, three.update());
  next.config.rules[0].identity = "srv-[";
  next.config.rules.push_back({"srv-1", {"web"}, {Prefix(at("2001:db8:5::"), 64)}, 100});
  next.config.rules.push_back({"srv-2", {"web"}, {Prefix(at("2001:db8:5::"), 64)}, 100});
  next.configure();
  site.run(10s);
  next.now = site.now + 20s;
  next.registrar.restore(site.registrar.kept(site.now), 20s, next.now);
  EXPECT_EQ(next.states(), "srv-1 bound 1000, srv-2 draining 0") << "srv-3 is not permitted here";
  EXPECT_EQ(next.registrar.view(next.now)[1].seconds_left, 600u - 30);
  EXPECT_EQ(next.send(one, old), BindingStatus::replay_mismatch);
  const auto asked = next.run(5s);
  ASSERT_EQ(asked.size(), 0u) << "64 s are left, 15 of them to be asked in";
  EXPECT_EQ(next.run(50s).size(), 1u);
  EXPECT_EQ(next.send(one, one.update()), BindingStatus::accepted);
}

}  // namespace waymark::agents
