#include "base/pcapng.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "tests/kit/need.h"
#include "tests/kit/output.h"

namespace waymark {
namespace {

using pcapng::Direction;
using namespace std::chrono_literals;

// ICMPv6 echo request 2001:db8::1 -> 2001:db8::2 with no payload, as raw IP and within Ethernet.
constexpr std::array<u8, 48> kPing = {
    0x60, 0, 0,    0,    0, 8, 58, 64, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0,   0, 0,    0,    0, 0, 0, 1,  //
    0x20, 1, 0x0d, 0xb8, 0, 0, 0,  0,  0,    0, 0,    0,    0, 0, 0, 2, 128, 0, 0x24, 0x4a, 0, 1, 0, 1};

std::array<u8, 62> in_ethernet() {
  std::array<u8, 62> frame = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd};
  std::memcpy(&frame[14], kPing.data(), kPing.size());
  return frame;
}

u32 word(const std::string& bytes, size_t offset) {
  u32 value;
  std::memcpy(&value, &bytes.at(offset), sizeof value);
  return value;
}

// The blocks' types in their order; fails where the two lengths of a block disagree or leave the file.
std::vector<u32> block_types(const std::string& file) {
  std::vector<u32> types;
  for (size_t at = 0; at < file.size(); at += word(file, at + 4)) {
    types.push_back(word(file, at));
    const u32 length = word(file, at + 4);
    if (length < 12 || length % 4 || at + length > file.size() || word(file, at + length - 4) != length) {
      ADD_FAILURE() << "the block at " << at << " states a length of " << length;
      break;
    }
  }
  return types;
}

}  // namespace

TEST(Pcapng, BlocksStateTheirLengthsForEverySize) {
  for (u32 size = 0; size < 9; ++size) {
    const std::string text(size, 'x');
    std::string file;
    pcapng::append_section(file, text);
    pcapng::append_interface(file, text, LinkType::raw);
    pcapng::append_packet(file, {.bytes = std::span(kPing).first(size), .comment = text});
    EXPECT_EQ(block_types(file), (std::vector<u32>{0x0a0d0d0a, 1, 6}));
  }
}

TEST(Pcapng, ACommentTooLongForItsOptionIsCut) {
  std::string file;
  pcapng::append_packet(file, {.bytes = kPing, .comment = std::string(70'000, 'c')});
  EXPECT_EQ(block_types(file), std::vector<u32>{6});
  EXPECT_EQ(std::count(file.begin(), file.end(), 'c'), 0xffff);
}

TEST(Pcapng, TheOriginalLengthIsNeverBelowTheCaptured) {
  std::string file;
  pcapng::append_packet(file, {.bytes = kPing, .original_length = 7});
  pcapng::append_packet(file, {.bytes = kPing, .original_length = 1500});
  const size_t second = word(file, 4);
  EXPECT_EQ(word(file, 24), kPing.size());
  EXPECT_EQ(word(file, second + 24), 1500u);
}

// The oracle is another project's decoder.
TEST(Pcapng, TsharkReadsWhatWasWritten) {
  WM_NEED(Cap::tshark);
  const auto frame = in_ethernet();
  std::string bytes;
  pcapng::append_section(bytes, "waymark");
  pcapng::append_interface(bytes, "eth0", LinkType::ethernet);
  pcapng::append_interface(bytes, "inner", LinkType::raw);
  pcapng::append_packet(bytes, {.interface = 0,
                                .epoch = 1'700'000'000s + 123'456'789ns,
                                .bytes = frame,
                                .direction = Direction::inbound,
                                .comment = "as it came in"});
  pcapng::append_packet(bytes, {.interface = 1,
                                .epoch = 1'700'000'001s + 1ns,
                                .bytes = kPing,
                                .original_length = 90,
                                .direction = Direction::outbound,
                                .comment = "gateway.tenant_unknown: the address names a tenant not configured here"});
  pcapng::append_packet(bytes, {.interface = 1, .epoch = 0ns, .bytes = std::span(kPing).first(40)});

  const std::string path = testing::TempDir() + "waymark-pcapng-" + std::to_string(getpid()) + ".pcapng";
  std::ofstream(path, std::ios::binary) << bytes;
  const std::string shown = output_of(
      "tshark -r " + path +
      " -T fields -E separator=/s -E quote=n -e frame.interface_name -e frame.time_epoch -e frame.cap_len -e frame.len"
      " -e frame.packet_flags_direction -e icmpv6.type -e frame.comment 2>/dev/null");
  std::remove(path.c_str());
  EXPECT_EQ(shown,
            "eth0 1700000000.123456789 62 62 0x00000001 128 as it came in\n"
            "inner 1700000001.000000001 48 90 0x00000002 128 gateway.tenant_unknown: the address names a tenant not "
            "configured here\n"
            "inner 0.000000000 40 40   \n");
}

}  // namespace waymark
