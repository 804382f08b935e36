#include "daemon/capture.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/address_text.h"
#include "roles/director/packet.h"

namespace waymark {

namespace {

using Bytes = std::vector<u8>;

// Not by insert(), of which g++ 12 believes that it writes out of bounds.
Bytes join(const Bytes& a, const Bytes& b) {
  Bytes all(a.size() + b.size());
  std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), all.begin()));
  return all;
}

Bytes ethernet(u16 type, const Bytes& rest) {
  Bytes frame(14, 2);
  frame[12] = u8(type >> 8), frame[13] = u8(type);
  return join(frame, rest);
}

Bytes ip4(u8 protocol, u8 last, const Bytes& payload = Bytes(20)) {
  Bytes packet(20);
  packet[0] = 0x45;
  packet[9] = protocol;
  packet[16] = 192, packet[18] = 2, packet[19] = last;
  return join(packet, payload);
}

Bytes ip6(u8 protocol, u8 last, const Bytes& payload) {
  Bytes packet(40);
  packet[0] = 0x60;
  packet[6] = protocol;
  packet[24] = 0x20, packet[25] = 1, packet[39] = last;
  return join(packet, payload);
}

std::string found(const Bytes& frame) {
  std::string all;
  for (const Address& a : destinations(frame)) all += text(a) + " ";
  return all;
}

TEST(CaptureTest, FindsDestinationsInsideAndOutside) {
  EXPECT_EQ(found(ethernet(0x0800, ip4(6, 7))), "192.0.2.7 ");
  EXPECT_EQ(found(ethernet(0x0800, ip4(4, 7, ip4(17, 8)))), "192.0.2.7 192.0.2.8 ");
  EXPECT_EQ(found(ethernet(0x86dd, ip6(4, 1, ip4(6, 8)))), "2001::1 192.0.2.8 ");
  const Bytes gue = join(Bytes(12), ip6(6, 9, Bytes(20)));  // UDP and GUE headers
  EXPECT_EQ(found(ethernet(0x86dd, ip6(17, 1, gue))), "2001::1 2001::9 ");
  EXPECT_EQ(found(ethernet(0x8100, join({0, 100, 0x08, 0x00}, ip4(6, 7)))), "192.0.2.7 ");
}

TEST(CaptureTest, ReadsNothingBeyondAFramesEnd) {
  const Bytes frame = ethernet(0x86dd, ip6(4, 1, ip4(4, 8, ip4(4, 9))));
  for (std::size_t length = 0; length <= frame.size(); ++length)
    EXPECT_LE(destinations(Bytes(frame.begin(), frame.begin() + long(length))).size(), 2u);
}

class Capturing : public testing::Test {
 protected:
  const std::shared_ptr<BodyQueue> body = std::make_shared<BodyQueue>(std::size_t(1) << 20);
  Capture capture{{{5, "eth0"}, {6, "eth1"}}, {*parse_address("192.0.2.7")}, 1, Duration(0), body};
  const std::string head = body->take().bytes;
  void packet(u64 id, u8 last) {
    CaptureRecord record{};
    record.id = id;
    record.interface = 5;
    const Bytes frame = ethernet(0x0800, ip4(6, last));
    record.length = u32(frame.size());
    capture.add(record, frame);
    record.out = 1;
    record.length = 0;
    record.action = u8(Action::drop);
    record.reason = director::why::no_target.reason;
    capture.add(record, {});
  }
};

TEST_F(Capturing, WritesOnlyWhatWasAskedForWithItsReason) {
  EXPECT_NE(head.find("eth1"), std::string::npos);
  packet(1, 8);
  EXPECT_FALSE(capture.full());
  packet(2, 7);
  EXPECT_TRUE(capture.full()) << "one was asked for";
  const BodyQueue::Taken blocks = body->take();
  EXPECT_NE(blocks.bytes.find("director.no_target: "), std::string::npos);
  EXPECT_TRUE(blocks.ended);
}

TEST_F(Capturing, EndsWithoutPacketsToo) {
  EXPECT_FALSE(body->take().ended) << "nothing yet";
  capture.end();
  EXPECT_TRUE(body->take().ended);
  packet(1, 7);
  EXPECT_EQ(body->take().bytes, "");
}

TEST_F(Capturing, LeavesOutWhatItsReaderDoesNotTake) {
  const auto little = std::make_shared<BodyQueue>(std::size_t(100));
  Capture slow{{{5, "eth0"}}, {}, 1000, Duration(0), little};
  for (u64 id = 0; id < 100; ++id) {
    CaptureRecord record{};
    record.id = id;
    slow.add(record, Bytes(1000));
    record.out = 1;
    slow.add(record, {});
  }
  EXPECT_LE(little->take().bytes.size(), 100u);
}

}  // namespace

}  // namespace waymark
