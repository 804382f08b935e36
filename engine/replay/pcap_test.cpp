#include "engine/replay/pcap.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace waymark {
namespace {

using namespace std::chrono_literals;

class Pcap : public testing::Test {
 protected:
  std::string path = testing::TempDir() + "waymark-pcap-" + std::to_string(getpid());
  ~Pcap() override { std::remove(path.c_str()); }

  void put(const std::string& bytes) { std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes; }

  std::string got() {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The sentence with which reading the whole file ends, or "" where all of it can be read.
  std::string sentence() {
    auto reader = PcapReader::open(path);
    if (!reader) return reader.error().sentence;
    for (;;) {
      auto frame = reader->next();
      if (!frame) return frame.error().sentence;
      if (!*frame) return "";
      EXPECT_LE((*frame)->bytes.size(), kMaxFrame);
      EXPECT_GE((*frame)->original_length, (*frame)->bytes.size());
      for (const u8 byte : (*frame)->bytes) sum += byte;  // each byte is touched, for AddressSanitizer's sake
    }
  }
  u64 sum = 0;
};

struct Header {  // of a classic capture in microseconds
  u32 magic = 0xa1b2c3d4;
  u16 major = 2, minor = 4;
  u32 zone = 0, accuracy = 0, limit = 262'144, link = 1;
};

struct Record {
  u32 seconds = 1, microseconds = 2, captured = 0, original = 0;
};

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

TEST_F(Pcap, RoundTripsEverySizeAndBothLinkTypes) {
  for (const LinkType link : {LinkType::ethernet, LinkType::raw}) {
    std::vector<std::vector<u8>> sent;
    for (const u32 size : {0u, 1u, 40u, 1514u, kMaxFrame}) sent.emplace_back(size, u8(size));
    auto writer = PcapWriter::create(path, link);
    ASSERT_TRUE(writer) << writer.error().sentence;
    for (const auto& bytes : sent)
      ASSERT_TRUE(writer->write({.bytes = bytes, .original_length = 1500, .epoch = 1'700'000'000s + 987'654'321ns}));
    ASSERT_TRUE(writer->close());

    auto reader = PcapReader::open(path);
    ASSERT_TRUE(reader) << reader.error().sentence;
    EXPECT_EQ(reader->link_type(), link);
    for (const auto& bytes : sent) {
      auto frame = reader->next();
      ASSERT_TRUE(frame && *frame);
      EXPECT_TRUE(std::ranges::equal((*frame)->bytes, bytes));
      EXPECT_EQ((*frame)->original_length, std::max<size_t>(1500, bytes.size()));
      EXPECT_EQ((*frame)->epoch, 1'700'000'000s + 987'654'321ns);
    }
    auto end = reader->next();
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
  }
}

TEST_F(Pcap, ReadsPcapng) {
  const std::array<u8, 4> bytes = {1, 2, 3, 4};
  std::string file;
  pcapng::append_section(file, "waymark");
  pcapng::append_interface(file, "eth0", LinkType::raw);
  pcapng::append_packet(file, {.epoch = 5s + 6ns, .bytes = bytes, .comment = "one"});
  put(file);
  auto reader = PcapReader::open(path);
  ASSERT_TRUE(reader) << reader.error().sentence;
  EXPECT_EQ(reader->link_type(), LinkType::raw);
  auto frame = reader->next();
  ASSERT_TRUE(frame && *frame);
  EXPECT_TRUE(std::ranges::equal((*frame)->bytes, bytes));
  EXPECT_EQ((*frame)->epoch, 5s + 6ns);
}

TEST_F(Pcap, KnowsRawIpByAllItsNumbers) {
  for (const u32 link : {12u, 101u, 228u, 229u}) {
    put(bytes_of(Header{.link = link}));
    auto reader = PcapReader::open(path);
    ASSERT_TRUE(reader) << link << ": " << reader.error().sentence;
    EXPECT_EQ(reader->link_type(), LinkType::raw);
  }
}

TEST_F(Pcap, SaysWhyAFileCannotBeRead) {
  const std::string quoted = "\"" + path + "\"";
  EXPECT_EQ(sentence(), quoted + " cannot be read as a capture: " + path + ": No such file or directory");
  put("");
  EXPECT_EQ(
      sentence(),
      quoted + " cannot be read as a capture: truncated dump file; tried to read 4 file header bytes, only got 0");
  put("<!doctype html>                      ");
  EXPECT_EQ(sentence(), quoted + " cannot be read as a capture: unknown file format");
  put(bytes_of(Header{.link = 105}));
  EXPECT_EQ(sentence(), quoted + " cannot be read: its link type IEEE802_11 is neither Ethernet nor raw IP");
}

TEST_F(Pcap, SaysWhichPacketIsWrong) {
  const std::string start = bytes_of(Header{}) + bytes_of(Record{.captured = 4, .original = 4}) + "four";
  const std::string quoted = "\"" + path + "\": packet 2 cannot be read: ";
  put(start + bytes_of(Record{.captured = kMaxFrame + 1, .original = kMaxFrame + 1}) + std::string(kMaxFrame + 1, 'x'));
  EXPECT_EQ(sentence(), quoted + "its 65598 bytes are more than the 65597 a packet can have");
  put(start + bytes_of(Record{.captured = 4, .original = 3}) + "four");
  EXPECT_EQ(sentence(), quoted + "4 bytes of it were captured, yet it is said to have only 3");
  put(start + bytes_of(Record{.captured = 5, .original = 5}) + "four");
  EXPECT_EQ(sentence(), quoted + "truncated dump file; tried to read 5 captured bytes, only got 4");
}

TEST_F(Pcap, RefusesATimeBeyondNanoseconds) {
  const std::array<u8, 4> bytes = {1, 2, 3, 4};
  std::string file;
  pcapng::append_section(file, "waymark");
  pcapng::append_interface(file, "eth0", LinkType::raw);
  file[file.size() - 12] = 6;  // the resolution's value: now the time stamps count microseconds
  pcapng::append_packet(file, {.epoch = 9'000'000'001'000'000ns, .bytes = bytes});
  put(file);
  EXPECT_EQ(sentence(),
            "\"" + path + "\": packet 1 cannot be read: its time stamp of 9000000001 seconds since 1970 is not one");
}

TEST_F(Pcap, NothingIsReadAfterAnError) {
  put(bytes_of(Header{}) + bytes_of(Record{.captured = 4, .original = 3}) + "four");
  auto reader = PcapReader::open(path);
  ASSERT_TRUE(reader);
  ASSERT_FALSE(reader->next());
  auto after = reader->next();
  ASSERT_TRUE(after);
  EXPECT_FALSE(*after);
}

TEST_F(Pcap, RefusesToWriteWhatCannotBeWritten) {
  EXPECT_FALSE(PcapWriter::create("/nowhere/at/all.pcap", LinkType::raw));
  auto writer = PcapWriter::create(path, LinkType::raw);
  ASSERT_TRUE(writer);
  const std::vector<u8> bytes(kMaxFrame + 1);
  EXPECT_FALSE(writer->write({.bytes = bytes}));
  ASSERT_TRUE(writer->close());
  EXPECT_FALSE(writer->write({}));
}

TEST_F(Pcap, AFullDiskIsNotSilent) {
  auto writer = PcapWriter::create("/dev/full", LinkType::ethernet);
  ASSERT_TRUE(writer);
  const std::vector<u8> bytes(1000);
  ASSERT_TRUE(writer->write({.bytes = bytes}));
  const Status closed = writer->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().sentence, "\"/dev/full\" could not be written whole: No space left on device");
}

// 4,000 seeded mutations of both formats: every one is read, or refused with a sentence.
TEST_F(Pcap, MutatedFilesEndInASentence) {
  const std::vector<u8> bytes(60, 7);
  auto writer = PcapWriter::create(path, LinkType::ethernet);
  ASSERT_TRUE(writer);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer->write({.bytes = bytes}));
  ASSERT_TRUE(writer->close());
  std::string next_generation;
  pcapng::append_section(next_generation, "waymark");
  pcapng::append_interface(next_generation, "eth0", LinkType::ethernet);
  for (int i = 0; i < 3; ++i) pcapng::append_packet(next_generation, {.bytes = bytes, .comment = "a comment"});

  std::mt19937 random(1);
  u32 refused = 0, whole = 0;
  for (const std::string& original : {got(), next_generation}) {
    for (int run = 0; run < 2000; ++run) {
      std::string mutated = original;
      for (u32 change = u32(random() % 4 + 1); change > 0; --change) {
        const u32 values[] = {u32(random()), 0, 0xff, 0x7fff'ffff, 0xffff'ffff, u32(mutated.size())};
        const u32 value = values[random() % std::size(values)];
        const size_t at = random() % mutated.size();
        std::memcpy(&mutated[at], &value, std::min<size_t>(random() % 4 + 1, mutated.size() - at));
      }
      if (random() % 4 == 0) mutated.resize(random() % mutated.size());
      put(mutated);
      const std::string ended = sentence();
      ++(ended.empty() ? whole : refused);
      EXPECT_TRUE(ended.empty() || ended.find(" cannot be read") != ended.npos) << ended;
    }
  }
  EXPECT_GT(refused, 500u);
  EXPECT_GT(whole, 500u);
}

}  // namespace waymark
