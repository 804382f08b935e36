// Announced routes in a real kernel's tables, as `ip route` shows them.
#include "rtnetlink/routes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/address_text.h"
#include "rtnetlink/namespaces_test.h"
#include "rtnetlink/resolver.h"

namespace waymark {

namespace {

constexpr u32 kProtocol = 200, kMetric = 20;

std::vector<RouteQuestion> at(const std::vector<std::string>& written) {
  std::vector<RouteQuestion> out;
  for (const std::string& address : written) out.push_back({*parse_address(address)});
  return out;
}

// "192.0.2.1" or "192.0.2.0/24".
std::vector<Prefix> prefixes(const std::vector<std::string>& written) {
  std::vector<Prefix> out;
  for (const std::string& one : written) {
    const std::size_t slash = one.find('/');
    out.push_back(*parse_address(one.substr(0, slash)));
    if (slash != one.npos) out.back().length = u8(std::stoi(one.substr(slash + 1)));
  }
  return out;
}

struct RoutesTest : public Namespaces {
  void SetUp() override {
    Namespaces::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto opened = Routes::open();
    ASSERT_TRUE(opened) << opened.error().sentence;
    routes.emplace(std::move(*opened));
  }

  std::string sync(const std::vector<std::string>& desired, u32 metric = kMetric) {  // what went wrong
    std::vector<RoutedPrefix> wanted;
    for (const Prefix& prefix : prefixes(desired)) wanted.push_back({prefix, metric});
    const Status done = routes->sync(wanted, kProtocol);
    return done ? "" : done.error().sentence;
  }
  std::vector<std::string> list() {
    std::vector<std::string> out;
    const auto found = routes->list(kProtocol);
    EXPECT_TRUE(found) << found.error().sentence;
    for (const Prefix& prefix : *found) out.push_back(text(prefix));
    return out;
  }
  // The lines of all tables, both families, that hold `what`, without the router preference that IPv6 appends.
  static std::vector<std::string> shown(const std::string& what) {
    std::istringstream lines(output("ip route show table all"));
    std::vector<std::string> out;
    for (std::string line; std::getline(lines, line);)
      if (line.find(what) != line.npos) out.push_back(line.substr(0, line.find(" pref ")));
    return out;
  }

  std::optional<Routes> routes;
  const std::vector<std::string> nothing{};
  const std::string web4 = "198.51.100.80", web6 = "2001:db8:80::1";
  const std::string route4 = "unreachable 198.51.100.80 proto 200 metric 20 ";
  const std::string route6 = "unreachable 2001:db8:80::1 dev lo proto 200 metric 20";
};

}  // namespace

TEST_F(RoutesTest, AreUnreachableHostRoutesOfTheProtocol) {
  EXPECT_EQ(list(), nothing);
  EXPECT_EQ(sync({web6, web4, web6}), "");
  EXPECT_EQ(shown("proto 200"), std::vector<std::string>({route4, route6}));
  EXPECT_EQ(list(), std::vector<std::string>({web4, web6}));
  EXPECT_EQ(sync({web6}), "");
  EXPECT_EQ(shown("proto 200"), std::vector<std::string>({route6}));
  EXPECT_EQ(sync({}), "");
  EXPECT_EQ(shown("proto 200"), nothing);
}

TEST_F(RoutesTest, ArePrefixesAsWell) {
  const std::vector<std::string> wanted = {"198.51.100.0/24", web4, "2001:db8:64::/96", web6};
  EXPECT_EQ(sync({web6, "2001:db8:64::/96", web4, "198.51.100.0/24"}), "");
  EXPECT_EQ(list(), wanted);
  EXPECT_EQ(shown("proto 200"),
            std::vector<std::string>({"unreachable 198.51.100.0/24 proto 200 metric 20 ", route4,
                                      "unreachable 2001:db8:64::/96 dev lo proto 200 metric 20", route6}));
  here(
      "ip route replace blackhole 198.51.100.0/24 proto 200 metric 20; ip route add 198.51.0.0/16 dev wm-here proto "
      "200");
  EXPECT_EQ(sync(wanted), "");
  EXPECT_EQ(list(), wanted) << "what another hand did is undone";
  EXPECT_EQ(sync({"198.51.100.0/25", web6}), "");
  EXPECT_EQ(list(), std::vector<std::string>({"198.51.100.0/25", web6})) << "another length is another route";
}

TEST_F(RoutesTest, WriteTheDifferenceOnly) {
  EXPECT_EQ(sync({web4, web6}), "");
  auto events = netlink::Events::open();
  ASSERT_TRUE(events);
  std::vector<netlink::Event> heard;
  EXPECT_EQ(sync({web4, web6}), "");
  EXPECT_EQ(sync({web4, web6, "203.0.113.9"}), "");
  events->drain(heard);  // what a request changed is announced before it is answered
  ASSERT_EQ(heard.size(), 1u);
  ASSERT_TRUE(std::holds_alternative<netlink::RouteChange>(heard[0]));
  EXPECT_EQ(text(std::get<netlink::RouteChange>(heard[0]).prefix), "203.0.113.9");
}

TEST_F(RoutesTest, RepairWhatAnotherHandChanged) {
  EXPECT_EQ(sync({web4, web6, "203.0.113.9"}), "");
  here(
      "ip route replace blackhole 198.51.100.80 proto 200 metric 20; "
      "ip -6 route del unreachable 2001:db8:80::1 proto 200 metric 20; "
      "ip -6 route add 2001:db8:80::1 dev wm-here proto 200 metric 20; "
      "ip route del unreachable 203.0.113.9; "
      "ip route add unreachable 203.0.113.10 proto 200 metric 7; "
      "ip route add 198.51.100.80 tos 8 via 10.77.0.2 proto 200 metric 20");
  EXPECT_EQ(sync({web4, web6, "203.0.113.9"}), "");
  EXPECT_EQ(shown("proto 200"),
            std::vector<std::string>({route4, "unreachable 203.0.113.9 proto 200 metric 20 ", route6}));
}

TEST_F(RoutesTest, OfOthersAreLeftAlone) {
  here(
      "ip route add unreachable 198.51.100.80 proto static metric 30; "
      "ip route add unreachable 203.0.113.9 proto 199 metric 20; "
      "ip -6 route add unreachable 2001:db8:80::1 proto static metric 30; "
      "ip route add unreachable default proto 200 metric 20; ip -6 route add default dev wm-here proto 200; "
      "ip route add unreachable 203.0.113.9 proto 200 metric 20 table 80");
  const auto before_it = shown("proto");
  EXPECT_EQ(list(), nothing) << "the main table's, without default routes";
  EXPECT_EQ(sync({web4, web6}), "");
  EXPECT_EQ(list(), std::vector<std::string>({web4, web6}));
  EXPECT_EQ(sync({}), "");
  EXPECT_EQ(shown("proto"), before_it);
}

TEST_F(RoutesTest, GetAnotherMetric) {
  EXPECT_EQ(sync({web4, web6}), "");
  EXPECT_EQ(sync({web4, web6}, 21), "");
  EXPECT_EQ(shown("proto 200").size(), 2u);
  EXPECT_EQ(shown("metric 21").size(), 2u);
  EXPECT_EQ(list(), std::vector<std::string>({web4, web6}));
}

TEST_F(RoutesTest, HaveAMetricEach) {
  const std::vector<Prefix> to = prefixes({web4, web6});
  EXPECT_TRUE(routes->sync({{to[0], 20}, {to[1], 1000}}, kProtocol));
  EXPECT_EQ(shown("metric 20").size(), 1u);
  EXPECT_EQ(shown("metric 1000").size(), 1u);
  EXPECT_TRUE(routes->sync({{to[0], 1000}, {to[1], 1000}}, kProtocol));
  EXPECT_EQ(shown("metric 1000").size(), 2u);
  EXPECT_EQ(shown("proto 200").size(), 2u);
}

TEST_F(RoutesTest, SayInOneSentenceAllThatFailed) {
  here(
      "ip route add 198.51.100.80 via 10.77.0.2 metric 20; "
      "ip -6 route add unreachable 2001:db8:80::1 metric 20");
  EXPECT_EQ(sync({web4, "203.0.113.9", web6}),
            "the route to 198.51.100.80 could not be added: another one has metric 20; "
            "the route to 2001:db8:80::1 could not be added: another one has metric 20");
  EXPECT_EQ(list(), std::vector<std::string>({"203.0.113.9"})) << "what can be done is done";
  std::vector<std::string> many;
  for (int i = 1; i <= 6; ++i) {
    many.push_back("203.0.113." + std::to_string(i));
    here("ip route add unreachable " + many.back() + " metric 20");
  }
  const std::string sentence = sync(many);
  EXPECT_NE(sentence.find("203.0.113.4"), sentence.npos) << sentence;
  EXPECT_EQ(sentence.find("203.0.113.5"), sentence.npos) << sentence;
  EXPECT_NE(sentence.find("; and 2 more"), sentence.npos) << sentence;
}

TEST_F(RoutesTest, ThousandsAreWrittenAndTakenBack) {
  std::vector<std::string> many;
  for (int i = 0; i < 2000; ++i)
    many.push_back(i % 2 ? "198.18." + std::to_string(i / 256) + "." + std::to_string(i % 256)
                         : "2001:db8:80::1:" + std::to_string(i));
  EXPECT_EQ(sync(many), "");
  EXPECT_EQ(list().size(), 2000u);
  EXPECT_EQ(sync({}), "");
  EXPECT_EQ(list(), nothing);
}

TEST_F(RoutesTest, ANamespaceWithoutAnyTableHasNone) {
  ASSERT_EQ(unshare(CLONE_NEWNET), 0);
  auto fresh = Routes::open();
  ASSERT_TRUE(fresh) << fresh.error().sentence;
  const auto found = fresh->list(kProtocol);
  ASSERT_TRUE(found) << found.error().sentence;
  EXPECT_TRUE(found->empty());
  EXPECT_TRUE(fresh->sync({}, kProtocol));
}

// The way to the targets is not disturbed: neither by the route to a service's address, nor by its events.
TEST_F(RoutesTest, DoNotUpsetTheResolver) {
  auto resolver = std::move(*Resolver::open());
  resolver->watch(at({"10.77.0.2", "2001:db8:77::2"}));
  std::map<std::string, Resolution> told;
  const auto serve = [&](bool (*holds)(const std::map<std::string, Resolution>&)) {
    for (const Time end = now() + std::chrono::seconds(20); now() < end && !holds(told);)
      for (const Resolution& r : resolver->poll(now())) told[text(r.target)] = r;
    return holds(told);
  };
  ASSERT_TRUE(serve([](auto& known) {
    return known.size() == 2 && std::all_of(known.begin(), known.end(), [](auto& r) { return r.second.adjacency; });
  }));
  told.clear();
  EXPECT_EQ(sync({web4, web6}), "");
  EXPECT_EQ(sync({web6}), "");
  const Time round = now() + std::chrono::minutes(2);  // long enough for everything to be asked anew
  for (const Time t : {now(), round, round + std::chrono::seconds(1)})
    for (const Resolution& r : resolver->poll(t)) told[text(r.target)] = r;
  EXPECT_TRUE(told.empty()) << told.begin()->second.why;
  resolver->watch(at({"10.77.0.2", "2001:db8:77::2", web6}));
  for (const Resolution& r : resolver->poll(now())) told[text(r.target)] = r;
  EXPECT_EQ(told[web6].why, "the route to 2001:db8:80::1 says unreachable") << "the resolver has seen the route";
  EXPECT_EQ(told.size(), 1u);
}

}  // namespace waymark
