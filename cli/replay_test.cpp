#include "cli/replay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/address_text.h"
#include "config/parse.h"
#include "tests/packets.h"

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
    auto writer = PcapWriter::create(in_, link);
    auto epoch = std::chrono::nanoseconds(1'700'000'000s);
    for (const Bytes& packet : packets) {
      EXPECT_TRUE(writer->write({.bytes = packet, .original_length = u32(packet.size()), .epoch = epoch}));
      epoch += step_;
    }
    EXPECT_TRUE(writer->close());
    auto reader = PcapReader::open(in_);
    auto out = PcapWriter::create(out_, link);
    const auto report = replay(config, *reader, *out, options);
    EXPECT_TRUE(report) << report.error().sentence;
    written_.clear();
    auto again = PcapReader::open(out_);
    for (auto frame = again->next(); frame && *frame; frame = again->next())
      written_.emplace_back((*frame)->bytes.begin(), (*frame)->bytes.end());
    return *report;
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
};

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
