#include "daemon/command.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/address_text.h"
#include "roles/path/revoked.h"

namespace waymark {

namespace {

struct Refused {
  const char *path, *body, *sentence;
};

TEST(Command, MalformedBodiesAreRefusedWithASentence) {
  const std::string deep(9, '[');
  const Refused cases[] = {
      {"/v1/drain", "", "\"target\" is missing: it names the target, as in \"web/s1\""},
      {"/v1/drain", "{", "the body is not JSON"},
      {"/v1/drain", "\xff\xfe", "the body is not JSON"},
      {"/v1/drain", "[]", "the body is not a JSON object"},
      {"/v1/drain", "\"web/s1\"", "the body is not a JSON object"},
      {"/v1/drain", deep.c_str(), "the body holds more brackets than any request here has"},
      {"/v1/drain", R"({"target":1})", "\"target\" is not a string"},
      {"/v1/drain", R"({"target":"web/s1","undo":"yes"})", "\"undo\" is neither true nor false"},
      {"/v1/drain", R"({"target":"web/s1","und":true})",
       "\"und\" is not a field of /v1/drain; it knows \"target\", \"undo\" and \"force\""},
      {"/v1/take", "", "\"holding\" names what members of the group hold in turn, as in \"gateway 2\""},
      {"/v1/take", R"({"holding":"gateway"})",
       "\"holding\" names what members of the group hold in turn, as in \"gateway 2\""},
      {"/v1/take", R"({"holding":2})", "\"holding\" is not a string"},
      {"/v1/take", R"({"holding":"gateway 2","member":"b"})",
       "\"member\" is not a field of /v1/take; it knows \"holding\" alone"},
      {"/v1/give", R"({"holding":"gateway 2","member":"b c"})", "\"member\" is no name of a member"},
      {"/v1/give", R"({"holding":"gateway 2","to":"b"})",
       "\"to\" is not a field of /v1/give; it knows \"holding\" and \"member\""},
      {"/v1/revoke", "", "\"id\" is missing: whose addresses are refused, as in \"client 17\""},
      {"/v1/revoke", R"({"id":17})", "\"id\" is not a string such as \"client 17\""},
      {"/v1/revoke", R"({"id":"bob"})", "\"bob\" is no id: it is written as \"17\", \"client 17\" or \"server 7\""},
      {"/v1/revoke", R"({"id":"17","seconds":0})", "\"seconds\" is not a whole number from 1 to 316224000"},
      {"/v1/revoke", R"({"id":"17","seconds":1,"undo":true})", "\"seconds\" and \"undo\" exclude each other"},
      {"/v1/revoke", R"({"id":"17","undo":1})", "\"undo\" is neither true nor false"},
      {"/v1/revoke", R"({"name":"bob"})",
       "\"name\" is not a field of /v1/revoke; it knows \"id\", \"seconds\" and \"undo\""},
      {"/v1/load", "", "\"service\" names a [[host.service]]"},
      {"/v1/load", R"({"service":7,"sessions":1})", "\"service\" is not a string"},
      {"/v1/load", R"({"service":"a b","sessions":1})", "\"service\" names a [[host.service]]"},
      {"/v1/load", R"({"service":"web"})", "\"sessions\" or \"capacity\" is missing: what is in use"},
      {"/v1/load", R"({"service":"web","sessions":4294967296})",
       "\"sessions\" is no whole number from 0 to 4294967295"},
      {"/v1/load", R"({"service":"web","capacity":-1})", "\"capacity\" is no whole number from 0 to 4294967295"},
      {"/v1/load", R"({"service":"web","capacity":1.5})", "\"capacity\" is no whole number from 0 to 4294967295"},
      {"/v1/load", R"({"service":"web","load":1})",
       "\"load\" is not a field of /v1/load; it knows \"service\", \"sessions\" and \"capacity\""},
      {"/v1/clients", "", "\"client\" is missing: its name"},
      {"/v1/clients", R"({"client":1})", "\"client\" is not a string"},
      {"/v1/clients", R"({"client":"ann","pop":1})",
       "\"pop\" and \"policy\" are needed: where the client is, and what it may do"},
      {"/v1/clients", R"({"client":"ann","pop":0,"policy":"all"})", "\"pop\" is not a whole number from 1 to 65535"},
      {"/v1/clients", R"({"client":"ann","keep":1})",
       "\"keep\" is not a field of /v1/clients; it knows \"client\", \"pop\" and \"policy\""},
      {"/v1/clients/move", R"({"client":"ann","keep":-1})",
       "\"keep\" is not a whole number of seconds from 0 to 31622400"},
      {"/v1/clients/move", R"({"client":"ann","to":2})",
       "\"to\" is not a field of /v1/clients/move; it knows \"client\", \"pop\", \"policy\" and \"keep\""},
      {"/v1/clients/revoke", R"({"client":"ann","pop":1})",
       "\"pop\" is not a field of /v1/clients/revoke; it knows \"client\" alone"},
      {"/v1/clients/gone", R"({"client":"ann"})", "there is no \"/v1/clients/gone\" to POST to"},
      {"/v1/reload", R"({"file":"x"})", "/v1/reload takes no fields, but got \"file\""},
      {"/v1/elsewhere", "{}", "there is no \"/v1/elsewhere\" to POST to"},
  };
  for (const Refused& c : cases) {
    const Result<Command> command = parse_command(c.path, c.body);
    ASSERT_FALSE(command) << c.path << " " << c.body;
    EXPECT_EQ(command.error().sentence, c.sentence);
  }
}

TEST(Command, SentencesQuoteNoControlCharactersAndNoEndlessNames) {
  const std::string body = "{\"" + std::string(500, 'x') + "\":1}";
  const Result<Command> command = parse_command("/v1/stop", body);
  ASSERT_FALSE(command);
  EXPECT_LT(command.error().sentence.size(), 150u);
  EXPECT_NE(parse_command("/v1/stop", "{\"a\\nb\":1}").error().sentence.find("\"a?b\""), std::string::npos);
}

TEST(Command, BodiesBecomeCommands) {
  const Result<Command> drain = parse_command("/v1/drain", R"({"target":"web/s1","undo":true})");
  ASSERT_TRUE(drain);
  EXPECT_EQ(std::get<Drain>(*drain).target, "web/s1");
  EXPECT_TRUE(std::get<Drain>(*drain).undo);
  EXPECT_FALSE(std::get<Drain>(*parse_command("/v1/drain", R"({"target":"s1"})")).undo);
  EXPECT_FALSE(std::get<Drain>(*parse_command("/v1/drain", R"({"target":"s1"})")).force);
  EXPECT_TRUE(std::get<Drain>(*parse_command("/v1/drain", R"({"target":"s1","force":true})")).force);
  EXPECT_TRUE(std::get<Reweigh>(*parse_command("/v1/weight", R"({"target":"s1","weight":0,"force":true})")).force);
  const Revoke revoke = std::get<Revoke>(*parse_command("/v1/revoke", R"({"id":"server 7","seconds":60})"));
  EXPECT_EQ(path::revoked_id_text(revoke.word), "server 7");
  EXPECT_EQ(revoke.seconds, std::chrono::seconds(60));
  EXPECT_TRUE(std::get<Revoke>(*parse_command("/v1/revoke", R"({"id":"17","undo":true})")).undo);
  EXPECT_EQ(std::get<Take>(*parse_command("/v1/take", R"({"holding":"gateway 2"})")).holding, "gateway 2");
  EXPECT_EQ(std::get<Give>(*parse_command("/v1/give", R"({"holding":"gateway 2"})")).member, "");
  EXPECT_EQ(std::get<Give>(*parse_command("/v1/give", R"({"holding":"gateway 2","member":"b"})")).member, "b");
  const TellLoad load = std::get<TellLoad>(*parse_command("/v1/load", R"({"service":"web","sessions":4294967295})"));
  EXPECT_EQ(load.service, "web");
  EXPECT_EQ(load.sessions, 4'294'967'295u);
  EXPECT_EQ(load.capacity, std::nullopt);
  EXPECT_EQ(std::get<TellLoad>(*parse_command("/v1/load", R"({"service":"web","capacity":0})")).capacity, 0u);
  EXPECT_FALSE(parse_command("/v1/weight", R"({"target":"s1","weight":0,"force":1})"));
  for (const char* body : {"", "{}", " {} \n"}) {
    EXPECT_TRUE(std::holds_alternative<Reload>(*parse_command("/v1/reload", body)));
    EXPECT_TRUE(std::holds_alternative<Stop>(*parse_command("/v1/stop", body)));
    EXPECT_TRUE(std::holds_alternative<Down>(*parse_command("/v1/down", body)));
    EXPECT_TRUE(std::holds_alternative<Handover>(*parse_command("/v1/handover", body)));
    EXPECT_TRUE(std::holds_alternative<Leave>(*parse_command("/v1/leave", body)));
  }
}

TEST(Command, FlowsAreReadInBothFamilies) {
  const Result<FlowQuery> four = parse_flow("tcp 192.0.2.1:4000 198.51.100.80:80");
  ASSERT_TRUE(four);
  EXPECT_EQ(text(four->source), "192.0.2.1");
  EXPECT_EQ(four->source_port, 4000);
  EXPECT_EQ(four->destination_port, 80);
  EXPECT_EQ(four->zone, "public");
  const Result<FlowQuery> six = parse_flow("udp [2001:db8::1]:1 [2001:db8:80::1]:65535 tenants");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->protocol, Protocol::udp);
  EXPECT_EQ(text(six->destination), "2001:db8:80::1");
  EXPECT_EQ(six->destination_port, 65535);
  EXPECT_EQ(six->zone, "tenants");
}

TEST(Command, WhatIsNoFlowIsRefused) {
  for (const char* flow :
       {"", "tcp", "icmp 192.0.2.1:1 192.0.2.2:2", "tcp 192.0.2.1 192.0.2.2:80", "tcp 192.0.2.1:65536 192.0.2.2:80",
        "tcp 192.0.2.1: 192.0.2.2:80", "tcp 2001:db8::1:80 [2001:db8::2]:80", "tcp [192.0.2.1]:80 192.0.2.2:80",
        "tcp 192.0.2.1:1 [2001:db8::2]:80", "tcp 192.0.2.1:1 192.0.2.2:80 zone more", "tcp 192.0.2.1:-1 192.0.2.2:80"})
    EXPECT_FALSE(parse_flow(flow)) << flow;
}

TEST(Command, QueriesAreCheckedKeyByKey) {
  EXPECT_EQ(parse_query("/v1/pins", {{"service", "web"}})->service, "web");
  EXPECT_TRUE(parse_query("/v1/pins", {{"flow", "tcp 192.0.2.1:1 192.0.2.2:2"}})->flow);
  const Result<Show> capture = parse_query("/v1/capture", {{"count", "5"}, {"seconds", "60"}, {"service", "web"}});
  ASSERT_TRUE(capture);
  EXPECT_EQ(capture->count, 5u);
  EXPECT_EQ(capture->seconds, std::chrono::seconds(60));
  const Result<Show> events = parse_query("/v1/events", {{"count", "7"}, {"after", "0"}, {"follow", "true"}});
  ASSERT_TRUE(events);
  EXPECT_EQ(events->count, 7u);
  EXPECT_EQ(events->after, 0u);
  EXPECT_TRUE(events->follow);
  EXPECT_FALSE(parse_query("/v1/events", {})->after);
  const Result<Show> edge = parse_query("/v1/edge", {{"service", "web"}, {"address", "2001:db8::1"}, {"count", "7"}});
  ASSERT_TRUE(edge);
  EXPECT_EQ(edge->service, "web");
  EXPECT_EQ(edge->address, *parse_address("2001:db8::1"));
  EXPECT_EQ(edge->count, 7u);
  const Result<Show> flows =
      parse_query("/v1/flows", {{"tenant", "red"}, {"address", "10.0.0.5"}, {"count", "100000"}});
  ASSERT_TRUE(flows);
  EXPECT_EQ(flows->tenant, "red");
  EXPECT_EQ(flows->address, *parse_address("10.0.0.5"));
  EXPECT_EQ(flows->count, 100'000u);
  EXPECT_EQ(parse_query("/v1/firewall", {{"tenant", "red"}})->tenant, "red");
  const std::pair<const char*, QueryText> refused[] = {
      {"/v1/flows", {{"count", "100001"}}},
      {"/v1/edge", {{"count", "100001"}}},
      {"/v1/edge", {{"address", "2001:db8:::1"}}},
      {"/v1/edge", {{"tenant", "red"}}},
      {"/v1/neighbours", {{"address", "2001:db8::1"}}},
      {"/v1/neighbours", {{"service", "web"}}},
      {"/v1/flows", {{"address", "2001:db8::1"}}},
      {"/v1/flows", {{"address", "10.0.0"}}},
      {"/v1/firewall", {{"address", "10.0.0.5"}}},
      {"/v1/firewall", {{"count", "5"}}},
      {"/v1/pins", {{"tenant", "red"}}},
      {"/v1/events", {{"count", "1001"}}},
      {"/v1/events", {{"after", "-1"}}},
      {"/v1/events", {{"follow", "yes"}}},
      {"/v1/capture", {{"follow", "true"}}},
      {"/v1/status", {{"service", "web"}}},
      {"/v1/pins", {{"count", "1"}}},
      {"/v1/pins", {{"service", "a"}, {"service", "b"}}},
      {"/v1/pins", {{"service", "a"}, {"flow", "tcp 192.0.2.1:1 192.0.2.2:2"}}},
      {"/v1/capture", {{"count", "0"}}},
      {"/v1/capture", {{"count", "1000001"}}},
      {"/v1/capture", {{"count", "99999999999999999999"}}},
      {"/v1/capture", {{"seconds", "1s"}}},
      {"/v1/capture", {{"seconds", ""}}},
      {"/v1/nothing", {}},
  };
  for (auto& [path, query] : refused) {
    const Result<Show> show = parse_query(path, query);
    ASSERT_FALSE(show) << path;
    EXPECT_FALSE(show.error().sentence.empty());
  }
}

TEST(Command, EveryPathIsUnderstood) {
  for (const ApiPath& known : api_paths()) {
    if (known.path == std::string("/v1/server-address"))
      EXPECT_TRUE(parse_query(known.path, {{"client", "ann"}, {"server", "0"}, {"policy", "web"}}));
    else if (known.method == std::string("GET"))
      EXPECT_TRUE(parse_query(known.path, {})) << known.path;
    else if (known.path == std::string("/v1/drain"))
      EXPECT_TRUE(parse_command(known.path, R"({"target":"a"})"));
    else if (known.path == std::string("/v1/take") || known.path == std::string("/v1/give"))
      EXPECT_TRUE(parse_command(known.path, R"({"holding":"gateway 2"})"));
    else if (known.path == std::string("/v1/revoke"))
      EXPECT_TRUE(parse_command(known.path, R"({"id":"17"})"));
    else if (known.path == std::string("/v1/load"))
      EXPECT_TRUE(parse_command(known.path, R"({"service":"web","sessions":1})"));
    else if (known.path == std::string("/v1/clients"))
      EXPECT_TRUE(parse_command(known.path, R"({"client":"ann","pop":1,"policy":"web"})"));
    else if (std::string(known.path).starts_with("/v1/clients/"))
      EXPECT_TRUE(parse_command(known.path, R"({"client":"ann"})"));
    else if (known.path == std::string("/v1/weight"))
      EXPECT_TRUE(parse_command(known.path, R"({"target":"a","weight":1})"));
    else
      EXPECT_TRUE(parse_command(known.path, "{}")) << known.path;
  }
}

// Each path has a heading of its own in the guide: "### `GET /v1/status`".
TEST(Command, TheGuideNamesThePathsThatThereAre) {
  std::ifstream file(WM_SOURCE_DIR "/docs/api.md");
  std::set<std::string> documented, known;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("### `")) documented.insert(line.substr(5, line.find('`', 5) - 5));
  for (const ApiPath& path : api_paths()) known.insert(std::string(path.method) + " " + path.path);
  EXPECT_EQ(documented, known);
}

TEST(CommandWeight, IsANumberOrNull) {
  const auto weight = [](const char* body) { return parse_command("/v1/weight", body); };
  const auto given = weight(R"({"target": "web/s1", "weight": 20})");
  ASSERT_TRUE(given);
  EXPECT_EQ(std::get<Reweigh>(*given).weight, 20u);
  const auto none = weight(R"({"target": "s1", "weight": null})");
  ASSERT_TRUE(none);
  EXPECT_EQ(std::get<Reweigh>(*none).weight, std::nullopt);
  for (const char* wrong :
       {R"({"weight": 1})", R"({"target": "s1"})", R"({"target": "s1", "weight": 1001})",
        R"({"target": "s1", "weight": -1})", R"({"target": "s1", "weight": 1.5})", R"({"target": "s1", "weight": "1"})",
        R"({"target": "", "weight": 1})", R"({"target": "s1", "weight": 1, "undo": true})"})
    EXPECT_FALSE(weight(wrong)) << wrong;
}

}  // namespace

}  // namespace waymark
