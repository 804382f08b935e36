#include "cli/replay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "config/parse.h"
#include "tests/kit/packets.h"

namespace waymark::cli {

namespace {

using namespace packets;
using namespace std::chrono_literals;

Config example(const std::string& name) {
  const auto file = read_config_file(WM_SOURCE_DIR "/packaging/examples/" + name);
  Config config = *parse_config(*file, name).config;
  config.engine.pins = 10'000;
  return config;
}

Bytes to_web(uint16_t port, const std::string& flags) {
  return ip4({.source = "203.0.113.7", .destination = "198.51.100.80"}, tcp(port, 80, flags));
}

class Replay : public testing::Test {
 protected:
  ~Replay() override { std::filesystem::remove_all(folder_); }

  // Packets one second apart, through `config`, and what came out of it.
  ReplayReport run(const Config& config, LinkType link, const std::vector<Bytes>& packets,
                   const ReplayOptions& options = {}) {
    put(link, packets);
    auto reader = PcapReader::open(in_);
    auto out = PcapWriter::create(out_, link);
    each_.clear();
    const auto report = replay(config, *reader, *out, options, [&](const Replayed& r) { each_.push_back(r); });
    EXPECT_TRUE(report) << report.error().sentence;
    written_.clear();
    auto again = PcapReader::open(out_);
    for (auto frame = again->next(); frame && *frame; frame = again->next())
      written_.emplace_back((*frame)->bytes.begin(), (*frame)->bytes.end());
    return *report;
  }

  void put(LinkType link, const std::vector<Bytes>& packets) {
    auto writer = PcapWriter::create(in_, link);
    auto epoch = std::chrono::nanoseconds(1'700'000'000s);
    for (const Bytes& packet : packets) {
      EXPECT_TRUE(writer->write({.bytes = packet, .original_length = u32(packet.size()), .epoch = epoch}));
      epoch += step_;
    }
    EXPECT_TRUE(writer->close());
  }

  static u64 count(const ReplayReport& report, const char* name) {
    for (const ReasonText& reason : all_reasons())
      if (reason.name == std::string(name)) return report.counters.reasons[reason.verdict.reason];
    ADD_FAILURE() << name << " is no reason";
    return 0;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("wm-replay-" + std::to_string(getpid()));
  const bool made_ = std::filesystem::create_directories(folder_);
  const std::string in_ = folder_ / "in.pcap", out_ = folder_ / "out.pcap";
  std::chrono::nanoseconds step_ = 1s;
  std::vector<Bytes> written_;
  std::vector<Replayed> each_;
};

// Of packaging/examples/translator.toml: an IPv4 host, an IPv6 one, and how the other family knows them.
const std::string kHost4 = "203.0.113.4", kHost6 = "2001:db8:6::6", kSeen4 = "198.51.100.6",
                  kSeen6 = "2001:db8:64::203.0.113.4";
Bytes slice(const Bytes& b, size_t from, size_t to) { return {b.begin() + long(from), b.begin() + long(to)}; }

}  // namespace

TEST_F(Replay, RawPacketsLeaveInTheTunnelOfOneTarget) {
  const ReplayReport report =
      run(example("site.toml"), LinkType::raw, {to_web(4000, "S"), to_web(4000, "A"), to_web(4000, "A")});
  EXPECT_EQ(report.packets, 3u);
  EXPECT_EQ(report.sent, 3u);
  EXPECT_EQ(count(report, "forward.sent"), 3u);
  ASSERT_EQ(written_.size(), 3u);
  const Bytes& first = written_[0];
  const bool ip6 = first[0] >> 4 == 6;
  const size_t overhead = ip6 ? 40 + 8 + 4 : 20;  // s1 and s2 take GUE over IPv6, s3 IP-in-IP over IPv4
  Bytes expected = to_web(4000, "S");
  expected[8] -= 1;  // one hop, in the checksum too
  EXPECT_EQ(internet_checksum({first.begin() + long(overhead), first.begin() + long(overhead) + 20}), 0);
  EXPECT_EQ(Bytes(first.begin() + long(overhead) + 20, first.end()), Bytes(expected.begin() + 20, expected.end()));
  EXPECT_EQ(first[overhead + 8], expected[8]);
  for (const Bytes& packet : written_)
    EXPECT_EQ(Bytes(packet.begin() + 8, packet.begin() + 40), Bytes(first.begin() + 8, first.begin() + 40))
        << "the same target";
}

TEST_F(Replay, FramesAddressedElsewhereAreTakenForOurs) {
  const Link elsewhere{.destination = "52:54:00:12:34:56"}, everybody{.destination = "ff:ff:ff:ff:ff:ff"};
  const ReplayReport report = run(example("site.toml"), LinkType::ethernet,
                                  {frame(to_web(4000, "S"), elsewhere), frame(to_web(4000, "S"), everybody)});
  EXPECT_EQ(count(report, "forward.sent"), 1u);
  EXPECT_EQ(count(report, "steer.other_mac"), 1u);
  ASSERT_EQ(written_.size(), 1u);
  EXPECT_EQ(Bytes(written_[0].begin(), written_[0].begin() + 3), (Bytes{2, 0x57, 1})) << "a next hop that was made up";
}

TEST_F(Replay, WhatIsPassedOnUnchangedIsWrittenOnRequest) {
  const Bytes foreign = ip4({.source = "203.0.113.7", .destination = "203.0.113.9"}, tcp(1, 2, "S"));
  ReplayReport report = run(example("site.toml"), LinkType::raw, {foreign});
  EXPECT_EQ(report.passed, 1u);
  EXPECT_EQ(count(report, "steer.not_ours"), 1u);
  EXPECT_TRUE(written_.empty());
  report = run(example("site.toml"), LinkType::raw, {foreign}, {.untouched = true});
  EXPECT_EQ(report.written, 1u);
  ASSERT_EQ(written_.size(), 1u);
  EXPECT_EQ(written_[0], foreign);
}

TEST_F(Replay, AHostTakesPacketsOutOfTheirTunnels) {
  const Ip6Header outer{.source = "2001:db8:5::d", .destination = "2001:db8:5::1"};
  const ReplayReport report =
      run(example("host.toml"), LinkType::raw,
          {ip6(outer, gue(50'000, 6080, to_web(4000, "S"))),
           ip6({.source = "2001:db8:bad::1", .destination = "2001:db8:5::1"}, inside(to_web(1, "S")))});
  EXPECT_EQ(count(report, "host.delivered"), 1u);
  EXPECT_EQ(count(report, "host.untrusted_source"), 1u);
  EXPECT_EQ(report.dropped, 1u);
  ASSERT_EQ(written_.size(), 1u);
  EXPECT_EQ(written_[0], to_web(4000, "S"));
}

TEST_F(Replay, TimeIsThatOfTheCapture) {
  Config config = example("site.toml");
  config.service[0].tcp_idle = 10s;
  const std::vector<Bytes> packets = {to_web(4000, "S"), to_web(4000, "A"), to_web(4000, "A")};
  EXPECT_EQ(run(config, LinkType::raw, packets).counters.notes[u32(Note::pin_adopted)], 0u);
  step_ = 2min;
  const ReplayReport late = run(config, LinkType::raw, packets);
  EXPECT_EQ(late.counters.notes[u32(Note::pin_adopted)], 2u) << "pins of 10 s are gone after 2 minutes";
  EXPECT_EQ(late.lasted, 4min);
}

// RFC 7915, 5.2: the MTU told is at most that of the IPv6 next hop less 20, which is where the error came in.
TEST_F(Replay, ATranslatorsPacketsComeInWhereTheirFamilyLeaves) {
  const auto parsed = parse_config(R"([engine]
pins = 10000
interfaces = { eth4 = "public", eth6 = "public" }
mtu = { eth4 = 1400, eth6 = 1300 }
[translator]
address = ["192.0.2.1", "2001:db8:1::1"]
interface4 = "eth4"
interface6 = "eth6"
[[translator.prefix]]
prefix = "2001:db8:64::/96"
)",
                                   "site.toml");
  ASSERT_TRUE(parsed.config);
  const std::string host = "2001:db8:64::198.51.100.2", peer = "2001:db8:64::192.0.2.33";
  Payload too_big = icmp_error(true, 2, 0, ip6({.source = peer, .destination = host}, udp(4000, 53)));
  too_big.bytes[6] = 0x23;  // 8960
  const Bytes packet = ip6({.source = host, .destination = peer}, too_big);
  for (const LinkType link : {LinkType::raw, LinkType::ethernet}) {
    const bool raw = link == LinkType::raw;
    run(*parsed.config, link, {raw ? packet : frame(packet)});
    ASSERT_EQ(written_.size(), 1u);
    const size_t at = raw ? 0 : 14;
    EXPECT_EQ(written_[0][at + 26] << 8 | written_[0][at + 27], 1280);
  }
}

TEST_F(Replay, ReportsNameEveryReason) {
  const ReplayReport report =
      run(example("site.toml"), LinkType::raw, {to_web(4000, "S"), to_web(5000, "A"), Bytes{1, 2, 3}});
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["packets"], 3);
  EXPECT_EQ(json["reasons"]["forward.sent"], 2);
  EXPECT_EQ(json["reasons"]["parse.ip_short"], 1);
  EXPECT_EQ(json["notes"]["pin_adopted"], 1);
  const std::string text = to_text(report);
  EXPECT_EQ(text.find("3 packets in 2.000 s: 2 sent, 1 passed to the kernel, 0 dropped; 2 written\n"), 0u) << text;
  EXPECT_NE(text.find("forward.sent          2  sent    sent to the target's next hop\n"), std::string::npos) << text;
}

TEST_F(Replay, ATranslatorTranslatesBothWays) {
  const Bytes data = repeat('d', 1400);  // so long that DF is set (RFC 7915, 5.1)
  const ReplayReport report =
      run(example("translator.toml"), LinkType::raw,
          {ip4({.source = kHost4, .destination = kSeen4}, tcp(4000, 80, "S")),
           ip6({.source = kHost6, .destination = kSeen6, .traffic_class = 0xb8}, udp(5000, 53, data))});
  EXPECT_EQ(count(report, "translator.to_ip6"), 1u);
  EXPECT_EQ(count(report, "translator.to_ip4"), 1u);
  ASSERT_EQ(written_.size(), 2u);
  EXPECT_EQ(difference(ip6({.source = kSeen6, .destination = kHost6, .hops = 63}, tcp(4000, 80, "S")), written_[0]),
            "");
  const uint16_t id = uint16_t(written_[1].at(4) << 8 | written_[1].at(5));
  EXPECT_EQ(
      difference(ip4({.source = kSeen4, .destination = kHost4, .ttl = 63, .tos = 0xb8, .id = id}, udp(5000, 53, data)),
                 written_[1]),
      "");
}

TEST_F(Replay, FragmentsAreSeveralOutputsInOrder) {
  const Bytes data = repeat('d', 1400);
  const ReplayReport report = run(example("translator.toml"), LinkType::raw,
                                  {ip4({.source = kHost4, .destination = kSeen4, .fragment = 0}, udp(5000, 53, data)),
                                   ip4({.source = kHost4, .destination = kSeen4}, tcp(4000, 80, "S"))});
  EXPECT_EQ(count(report, "translator.fragmented"), 1u);
  EXPECT_EQ(report.written, 3u);
  ASSERT_EQ(each_.size(), 2u);
  ASSERT_EQ(each_[0].outputs.size(), 2u);
  // 1280 bytes less two headers are 154 times 8 (RFC 7915, 4.1: what may be cut is, to the lowest MTU of IPv6).
  const Ip6Header header{.source = kSeen6, .destination = kHost6, .hops = 63};
  const Bytes whole = ip6(header, udp(5000, 53, data)), payload = slice(whole, 40, whole.size());
  const auto piece = [&](uint16_t units, bool more, const Bytes& bytes) {
    return ip6(header, fragment6(units, more, raw(17, bytes), 0x4242));
  };
  EXPECT_EQ(difference(piece(0, true, slice(payload, 0, 1232)), each_[0].outputs[0]), "");
  EXPECT_EQ(difference(piece(154, false, slice(payload, 1232, payload.size())), each_[0].outputs[1]), "");
  EXPECT_EQ(written_, (std::vector<Bytes>{each_[0].outputs[0], each_[0].outputs[1], each_[1].outputs.at(0)}));
}

TEST_F(Replay, AnErrorComesBackAsOutput) {
  const Bytes late = ip4({.source = kHost4, .destination = kSeen4, .ttl = 1}, udp(5000, 33434));
  run(example("translator.toml"), LinkType::raw, {late});
  ASSERT_EQ(each_.size(), 1u);
  EXPECT_EQ(reason_text(each_[0].verdict.reason)->name, std::string("translator.hop_limit"));
  ASSERT_EQ(each_[0].outputs.size(), 1u);
  const Bytes& error = each_[0].outputs[0];  // RFC 792: time exceeded in transit, about all of it
  ASSERT_EQ(error.size(), 20 + 8 + late.size());
  EXPECT_EQ(slice(error, 12, 20), address_bytes("192.0.2.1") + address_bytes(kHost4));
  EXPECT_EQ(error[9], 1);
  EXPECT_EQ(slice(error, 20, 22), (Bytes{11, 0}));
  EXPECT_EQ(slice(error, 24, 28), repeat(0, 4));
  EXPECT_EQ(slice(error, 28, error.size()), late);
  EXPECT_EQ(internet_checksum(slice(error, 0, 20)), 0);
  EXPECT_EQ(internet_checksum(slice(error, 20, error.size())), 0);
}

TEST_F(Replay, EachPacketIsALineOfJson) {
  const Bytes fine = ip4({.source = kHost4, .destination = kSeen4}, tcp(4000, 80, "S")),
              unknown = ip6({.source = "2001:db8:9::9", .destination = kSeen6}, udp(5000, 53)),
              foreign = ip4({.source = kHost4, .destination = "224.0.0.5"}, tcp(1, 2, "S")), junk = {0x45};
  run(example("translator.toml"), LinkType::raw, {fine, unknown, foreign, junk});
  ASSERT_EQ(each_.size(), 4u);
  const struct {
    const char *reason, *action;
    size_t outputs;
  } want[] = {{"translator.to_ip6", "sent", 1},
              {"translator.source_unknown_told", "sent", 1},
              {"steer.not_ours", "passed", 0},
              {"parse.ip_short", "passed", 0}};
  for (size_t i = 0; i < 4; ++i) {
    const std::string line = to_json(each_[i]);
    EXPECT_EQ(line.find('\n'), line.npos);
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["packet"], i + 1);
    EXPECT_EQ(json["reason"], want[i].reason);
    EXPECT_EQ(json["action"], want[i].action);
    EXPECT_EQ(json["outputs"].size(), want[i].outputs);
  }
  const std::string hex = nlohmann::json::parse(to_json(each_[0]))["outputs"][0];
  EXPECT_EQ(hex.size(), 2 * written_[0].size());
  EXPECT_EQ(hex.substr(0, 16), "600000000019063f") << "version to hop limit: 25 bytes of TCP, 63 hops";
}

// With the capture on standard output, lines of JSON are on standard error, and nothing of them in the capture.
TEST_F(Replay, LinesKeepOutOfTheCapture) {
  put(LinkType::raw, {ip4({.source = kHost4, .destination = kSeen4}, tcp(4000, 80, "S"))});
  const std::string config = WM_SOURCE_DIR "/packaging/examples/translator.toml";
  EXPECT_EXIT(
      {
        if (!std::freopen(out_.c_str(), "w", stdout)) std::abort();
        std::exit(replay_command(config, in_, "-", {.each = true}, false));
      },
      testing::ExitedWithCode(0), "^\\{\"packet\":1,\"reason\":\"translator.to_ip6\",.*\\}\n$");
  auto reader = PcapReader::open(out_);
  ASSERT_TRUE(reader) << reader.error().sentence;
  const auto first = reader->next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->bytes.size(), 40u + 25u);
  const auto end = reader->next();
  EXPECT_TRUE(end && !*end);
}

TEST_F(Replay, AnUnknownInterfaceIsASentence) {
  auto writer = PcapWriter::create(in_, LinkType::raw);
  ASSERT_TRUE(writer->close());
  auto reader = PcapReader::open(in_);
  auto out = PcapWriter::create(out_, LinkType::raw);
  const auto report = replay(example("site.toml"), *reader, *out, {.interface = "eth7"});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().sentence, "the configuration has no interface \"eth7\"; it has: eth0, eth1");
}

}  // namespace waymark::cli
