// Messages and options as bytes, written by hand from the figures of the RFCs.
#include "signal/message.h"

#include <gtest/gtest.h>

#include "signal/examples_test.h"

namespace waymark::signalling {
namespace {

Message with(const Body& body, void (*fill)(Options&)) {
  Message message{body, {}};
  fill(message.options);
  return message;
}

struct Vector {
  const char* name;
  const char* bytes;
  Message message;
};

// Each is the one form that encode() gives.
std::vector<Vector> vectors() {
  const Update u{0x0102, kAcknowledge, 3};
  return {
      {"Binding Refresh Request (RFC 6275, 6.1.2)", "3b 00 00 00 0000 0000", {RefreshRequest{}, {}}},
      {"Binding Update (6.1.7)",
       "3b 01 05 00 0000 0010 c400 000f 01 02 0000",
       {Update{16, kAcknowledge | kHomeRegistration | kMobileRouter, 15}, {}}},
      {"all flags but O",
       "3b 01 05 00 0000 0010 ff80 ffff 01 02 0000",
       {Update{16, kUpdateFlags & ~kOverwrite, 0xffff}, {}}},
      {"O", "3b 01 05 00 0000 0010 0040 ffff 01 02 0000", {Update{16, kOverwrite, 0xffff}, {}}},
      {"Binding Acknowledgement (6.1.8)",
       "3b 01 06 00 0000 87 f0 000f 0000 01 02 0000",
       {Acknowledgement{BindingStatus::out_of_window, kAcknowledgementFlags, 15, 0}, {}}},
      {"Binding Error (6.1.9)",
       "3b 02 07 00 0000 02 00 20010db8000100000000000000000005",
       {BindingError{ErrorStatus::unknown_type, kNode6}, {}}},
      {"Heartbeat (RFC 5847, 3.3), a request",
       "3b 01 0d 00 0000 0000 00000063 01 02 0000",
       {Heartbeat{false, false, 99}, {}}},
      {"Heartbeat, an unsolicited response with Restart Counter",
       "3b 02 0d 00 0000 0003 00000063 01 00 1c 04 00000102 01 02 0000",
       with(Heartbeat{true, true, 99}, [](Options& o) { o.restart_counter = 0x102; })},
      {"Binding Revocation Indication (RFC 5846, 5.1)",
       "3b 01 10 00 0000 01 80 0005 e000 01 02 0000",
       {Revocation{Trigger::peer_policy, 5, kRevocationFlags}, {}}},
      {"Binding Revocation Acknowledgement (5.2)",
       "3b 01 10 00 0000 02 84 0005 8000 01 02 0000",
       {RevocationAcknowledgement{Revoked::attached, 5, kRevokeProxy}, {}}},
      {"Binding Refresh Advice (6.2.4)", "3b 01 05 00 0000 0102 8000 0003 02 02 000f",
       with(u, [](Options& o) { o.refresh_advice = 15; })},
      {"Alternate Care-of Address at 8n+6 (6.2.5)",
       "3b 03 05 00 0000 0102 8000 0003 01 00 03 10 20010db8000900000000000000000001",
       with(u, [](Options& o) { o.alternate_care_of = at("2001:db8:9::1"); })},
      {"Mobile Network Prefix at 8n+4 (RFC 3963, 4.3)",
       "3b 03 05 00 0000 0102 8000 0003 06 12 00 30 20010db8010000000000000000000000",
       with(u, [](Options& o) { o.prefixes = {Prefix(at("2001:db8:100::"), 48)}; })},
      {"Mobile Node Identifier (RFC 4283, 3)", "3b 02 05 00 0000 0102 8000 0003 08 05 01 61406263 01 03 000000",
       with(u,
            [](Options& o) {
              o.node = NodeIdentifier{1, few<254>("a@bc")};
            })},
      {"replay protection at 8n+2 (RFC 4285, 6)",
       "3b 03 05 00 0000 0102 8000 0003 01 04 00000000 0a 08 00000007 000003e8 01 02 0000",
       with(u,
            [](Options& o) {
              o.stamp = Stamp{7, 1000};
            })},
      {"MN-HA authentication, whose MAC ends the message (RFC 4285, 5)",
       "3b 03 05 00 0000 0102 8000 0003 00 09 11 01 00000100 0102030405060708090a0b0c",
       with(u,
            [](Options& o) {
              o.mac = MnHa{256, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
            })},
      {"Vendor Specific at 4n+2 (RFC 5094, 3)", "3b 02 05 00 0000 0102 8000 0003 01 00 13 06 0000fc00 03 ff 01 00",
       with(u,
            [](Options& o) {
              o.vendors = {{64512, 3, {0xff}}};
            })},
      {"IPv4 Home Address at 4n (RFC 5555, 3.1.1)", "3b 02 05 00 0000 0102 8000 0003 1d 06 6200 c6336400 01 02 0000",
       with(u,
            [](Options& o) {
              o.ip4_homes = {{at("198.51.100.0"), 24, true}};
            })},
      {"IPv4 Home Address for an address and for a prefix",
       "3b 03 05 00 0000 0102 8000 0003 1d 06 8000 00000000 1d 06 7200 00000000 01 02 0000",
       with(u,
            [](Options& o) {
              o.ip4_homes = {{at("0.0.0.0"), 32, false}, {at("0.0.0.0"), 28, true}};
            })},
      {"IPv4 Care-of Address (3.1.2)", "3b 02 05 00 0000 0102 8000 0003 20 06 0000 c0000209 01 02 0000",
       with(u, [](Options& o) { o.ip4_care_of = at("192.0.2.9"); })},
      {"IPv4 Address Acknowledgement (3.2.1)", "3b 02 05 00 0000 0102 8000 0003 1e 06 82 60 c6336407 01 02 0000",
       with(u,
            [](Options& o) {
              o.ip4_acknowledged = {{Ip4Status::incorrect, at("198.51.100.7"), 24}};
            })},
      {"Binding Identifier without address, at 2n (RFC 5648, 4.3)",
       "3b 02 05 00 0000 0102 8000 0003 23 04 0007 a4 80 01 04 00000000",
       with(u,
            [](Options& o) {
              o.bindings = {{7, BindingStatus::binding_malformed, true, {}}};
            })},
      {"Binding Identifier with IPv6 care-of address, at 8n+2",
       "3b 04 05 00 0000 0102 8000 0003 01 04 00000000 23 14 0007 00 00 20010db8000900000000000000000002",
       with(u,
            [](Options& o) {
              o.bindings = {{7, BindingStatus::accepted, false, at("2001:db8:9::2")}};
            })},
      {"Binding Identifier with IPv4 care-of address",
       "3b 03 05 00 0000 0102 8000 0003 01 04 00000000 23 08 0007 00 00 c0000209 01 02 0000",
       with(u,
            [](Options& o) {
              o.bindings = {{7, BindingStatus::accepted, false, at("192.0.2.9")}};
            })},
      {"Redirect-Capability at 4n (RFC 6463, 4.1)", "3b 01 05 00 0000 0102 8000 0003 2e 02 0000",
       with(u, [](Options& o) { o.redirect_capable = true; })},
      {"Redirect to an IPv6 address, K (4.2)",
       "3b 03 05 00 0000 0102 8000 0003 2f 12 8000 20010db8000300000000000000000001",
       with(u, [](Options& o) { o.redirect = at("2001:db8:3::1"); })},
      {"Redirect to an IPv4 address, N", "3b 02 05 00 0000 0102 8000 0003 2f 06 4000 c0000201 01 02 0000",
       with(u, [](Options& o) { o.redirect = at("192.0.2.1"); })},
      {"Load Information (4.3)", "3b 03 05 00 0000 0102 8000 0003 30 12 000a 00000005 000003e8 00000006 000007d0",
       with(u,
            [](Options& o) {
              o.load = Load{10, 5, 1000, 6, 2000};
            })},
      {"Flow Identification (RFC 6089, 4.2) with an IPv4 selector (RFC 6088, 3.1) and a reference",
       "3b 05 05 00 0000 0102 8000 0003 01 02 0000"
       "2d 1e 000a 0001 00 00"
       "03 11 01 00 c0880000 c0000200 c00002ff 01bb 06 00 02 02 0001",
       with(u,
            [](Options& o) {
              Selector s;
              s.ip6 = false;
              s.source = {at("192.0.2.0"), at("192.0.2.255")};
              s.destination_port = {443, 443};
              s.protocol = {6, 6};
              o.flows = {{10, 1, FlowStatus::accepted, s, {1}}};
            })},
  };
}

TEST(Messages, AreWrittenAsTheRfcsDraw) {
  for (const Vector& v : vectors()) {
    SCOPED_TRACE(v.name);
    const std::vector<u8> bytes = hex(v.bytes);
    const auto written = encode(v.message);
    ASSERT_TRUE(written) << written.error().sentence;
    EXPECT_EQ(vector_of(*written), bytes);
    const Decoded read = decode(bytes);
    ASSERT_TRUE(read.message) << text(read.refusal);
    EXPECT_EQ(*read.message, v.message) << text(*read.message);
    EXPECT_EQ(read.size, bytes.size());
  }
}

std::vector<u8> update_with(std::initializer_list<const char*> options) {
  std::vector<u8> bytes = hex("3b 00 05 00 0000 0102 8000 0003");
  for (const char* option : options) {
    const std::vector<u8> more = hex(option);
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  while (bytes.size() % 8) bytes.push_back(0);
  bytes[1] = u8(bytes.size() / 8 - 1);
  return bytes;
}

TEST(Messages, SkipAndCountUnknownOptions) {
  const Decoded read = decode(update_with({"c8 03 010203", "02 02 000f", "c9 00", "2d 0a 0001 0001 0000 07 02 ffff"}));
  ASSERT_TRUE(read.message) << text(read.refusal);
  EXPECT_EQ(read.unknown, 3u);
  EXPECT_EQ(read.message->options.refresh_advice, 15);
  EXPECT_EQ(read.message->options.flows.size(), 1u);
}

TEST(Messages, IgnoreReservedBitsAndWhatFollows) {
  std::vector<u8> bytes = hex("3b 01 05 ff 1234 0010 803f 000f 01 02 ffff");
  bytes.insert(bytes.end(), {1, 2, 3});
  const Decoded read = decode(bytes);
  ASSERT_TRUE(read.message) << text(read.refusal);
  EXPECT_EQ(read.message->body, Body(Update{16, kAcknowledge, 15}));
  EXPECT_EQ(read.size, 16u);
}

template <class Make>
void expect_most(size_t most, Make option) {
  std::vector<u8> bytes = update_with({});
  bytes.resize(12);
  for (size_t n = 0; n <= most; ++n) {
    const std::vector<u8> more = hex(option(n + 1));
    bytes.insert(bytes.end(), more.begin(), more.end());
    std::vector<u8> whole = bytes;
    while (whole.size() % 8) whole.push_back(0);
    whole[1] = u8(whole.size() / 8 - 1);
    const Decoded read = decode(whole);
    EXPECT_EQ(bool(read.message), n < most) << n;
    if (n == most) {
      EXPECT_EQ(name_of(read.refusal.reason), "option_count");
    }
  }
}

TEST(Messages, BoundTheNumberOfEachOption) {
  auto numbered = [](std::string front, size_t n, std::string back) {
    return front + "00" + (n < 16 ? "0" : "") + std::string(1, "0123456789abcdef"[n / 16 ? 1 : n % 16]) +
           (n < 16 ? "" : std::string(1, "0123456789abcdef"[n % 16])) + back;
  };
  expect_most(16, [&](size_t n) { return numbered("06 12 00 40 2001 0db8 0000 ", n, " 0000000000000000"); });
  expect_most(8, [&](size_t n) { return numbered("23 04 ", n, " 0000"); });
  expect_most(8, [&](size_t n) { return numbered("2d 06 ", n, numbered(" ", n, " 0000")); });
  expect_most(4, [&](size_t) { return std::string("13 05 00000001 02"); });
}

TEST(Messages, AreNotLongerThanADatagramInTheLeastMtu) {
  for (size_t size : {1232u, 1240u, 2048u}) {
    std::vector<u8> bytes(size);
    const std::vector<u8> front = hex("3b 00 05 00 0000 0102 8000 0003");
    std::copy(front.begin(), front.end(), bytes.begin());
    bytes[1] = u8(size / 8 - 1);
    const Decoded read = decode(bytes);
    EXPECT_EQ(bool(read.message), size == 1232) << size;
    if (size > 1232) {
      EXPECT_EQ(name_of(read.refusal.reason), "too_long");
    }
  }
}

TEST(Messages, ThatNobodyCouldReadAreNotWritten) {
  auto refused = [](void (*fill)(Options&)) {
    const auto written = encode(with(Acknowledgement{}, fill));
    return written ? std::string() : written.error().sentence;
  };
  const std::string front = "a mobility message cannot be sent, as its receiver would refuse it: ";
  EXPECT_EQ(refused([](Options& o) {
              o.bindings = {{0, BindingStatus::accepted, false, {}}};
            }),
            front + std::string(text(Reason::identifier)));
  EXPECT_EQ(refused([](Options& o) {
              o.bindings = {{1, BindingStatus::accepted, false, at("192.0.2.9")}};
            }),
            front + std::string(text(Reason::address)));
  EXPECT_EQ(refused([](Options& o) { o.mac = MnHa{255, {}}; }), front + std::string(text(Reason::authentication)));
  const std::string other = "a mobility message has a field that its form cannot carry";
  EXPECT_EQ(refused([](Options& o) { o.ip4_homes = {{at("192.0.2.1"), 65, false}}; }), other);
  EXPECT_EQ(refused([](Options& o) {
              Selector s;
              s.ip6 = false;
              s.flow_label = {1, 2};
              o.flows = {{1, 1, FlowStatus::accepted, s, {}}};
            }),
            other);
  EXPECT_EQ(refused([](Options& o) {
              o.node = NodeIdentifier{1, few<254>(std::string(254, 'n'))};
              for (u8 i = 0; i < 4; ++i) o.vendors.add({i, i, few<250>(std::string(250, 'v'))});
            }),
            "a mobility message would be longer than 1232 bytes");
  const auto flags = encode({Update{1, 1, 1}, {}});
  EXPECT_TRUE(!flags && flags.error().sentence == other);
}

// RFC 6275, 6.1.1; 6.1.7: units of 4 s.
TEST(Messages, HaveAChecksumInIp6) {
  for (const Example& e : examples()) {
    Bytes bytes = *encode(e.message);
    write_checksum(bytes, kNode6, kAgent6);
    const ByteView whole(bytes.data(), bytes.size());
    EXPECT_TRUE(decode(whole, kNode6, kAgent6).message) << e.name;
    EXPECT_EQ(decode(whole, kNode6, kNode6).refusal, (Refusal{Reason::checksum, bytes[2], 4})) << e.name;
    EXPECT_TRUE(decode(whole).message) << "UDP's covers it";
    for (size_t bit = 16; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] ^= u8(1 << bit % 8);
      EXPECT_EQ(name_of(decode(whole, kNode6, kAgent6).refusal.reason), "checksum") << e.name << " bit " << bit;
      bytes[bit / 8] ^= u8(1 << bit % 8);
    }
  }
}

TEST(Messages, CountLifetimesInUnitsOf4Seconds) {
  using namespace std::chrono_literals;
  EXPECT_EQ(duration_of(15), 60s);
  EXPECT_EQ(units_of(60s), 15);
  EXPECT_EQ(units_of(63s), 15);
  EXPECT_EQ(units_of(3s), 0);
  EXPECT_EQ(units_of(-1s), 0);
  EXPECT_EQ(units_of(262140s), 65535);
  EXPECT_EQ(units_of(9000000s), 65535);
}

}  // namespace
}  // namespace waymark::signalling
