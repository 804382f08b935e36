// What holds for all messages, and for all bytes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "signal/examples_test.h"
#include "signal/random_test.h"

namespace waymark::signalling {
namespace {

// A copy on the heap of exactly these bytes: a sanitizer sees a read past them.
Decoded decode_alone(ByteView bytes) {
  const auto copy = std::make_unique<u8[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  return decode(ByteView(copy.get(), bytes.size()));
}

RC_GTEST_PROP(AllMessages, AreReadAsTheyWereWritten, ()) {
  const Message message = random_message();
  const auto written = encode(message);
  if (!written) {
    RC_ASSERT(written.error().sentence == "a mobility message would be longer than 1232 bytes");
    RC_DISCARD("too long");
  }
  const std::vector<u8> bytes = vector_of(*written);
  const Decoded read = decode_alone(bytes);
  RC_ASSERT(bool(read.message));
  RC_ASSERT(*read.message == message);
  RC_ASSERT(read.unknown == 0u);
  RC_ASSERT(read.size == bytes.size());
  RC_ASSERT(bytes.size() % 8 == 0u);
  RC_ASSERT(vector_of(*encode(*read.message)) == bytes);
}

// The options' places, found here without the codec's tables (the figures of the RFCs).
RC_GTEST_PROP(AllMessages, HaveTheirOptionsWhereTheRfcsWantThem, ()) {
  const Message message = random_message();
  const auto written = encode(message);
  if (!written) RC_DISCARD("too long");
  const std::vector<u8> bytes = vector_of(*written);
  const size_t fixed = bytes[2] == 0 ? 8 : bytes[2] == 7 ? 24 : 12;
  size_t last = 0;
  for (size_t at = fixed; at < bytes.size(); last = at, at += bytes[at] ? bytes[at + 1] + 2u : 1u) {
    const u8 length = bytes[at] ? bytes[at + 1] : 0;
    switch (bytes[at]) {
      case 2:
      case 45:
        RC_ASSERT(at % 2 == 0u);
        break;
      case 3:
        RC_ASSERT(at % 8 == 6u);
        break;
      case 6:
        RC_ASSERT(at % 8 == 4u);
        break;
      case 9:
        RC_ASSERT(at % 4 == 1u);
        RC_ASSERT(at + 19 == bytes.size());
        break;
      case 10:
        RC_ASSERT(at % 8 == 2u);
        break;
      case 19:
      case 28:
        RC_ASSERT(at % 4 == 2u);
        break;
      case 29:
      case 30:
      case 32:
      case 46:
      case 47:
      case 48:
        RC_ASSERT(at % 4 == 0u);
        break;
      case 35:
        RC_ASSERT(at % (length == 4 ? 2 : 8) == (length == 4 ? 0u : 2u));
        break;
      default:
        RC_ASSERT(bytes[at] == 0 || bytes[at] == 1 || bytes[at] == 8);
    }
  }
  RC_ASSERT(!message.options.mac || bytes[last] == 9);
}

RC_GTEST_PROP(AllMessages, HaveOneReadableLine, ()) {
  const Message message = random_message();
  for (char c : text(message)) RC_ASSERT(c >= 0x20 && c < 0x7f);
}

// Each truncated at every byte: as it is, the header promises more; with a Header Len that fits, no byte is read
// that is not there, and what is cut in an option is refused.
TEST(AllMessages, AreRefusedWhereTheyAreCut) {
  for (const Example& e : examples()) {
    const std::vector<u8> whole = vector_of(*encode(e.message));
    for (size_t size = 0; size < whole.size(); ++size) {
      std::vector<u8> cut(whole.begin(), whole.begin() + size);
      const Decoded read = decode_alone(cut);
      ASSERT_FALSE(read.message) << e.name << " of " << size << " bytes";
      EXPECT_EQ(name_of(read.refusal.reason), size < 8 ? "no_header" : "truncated") << e.name << ", " << size;
      if (size < 8 || size % 8) continue;
      cut[1] = u8(size / 8 - 1);
      const Decoded shorter = decode_alone(cut);
      EXPECT_TRUE(!shorter.message || shorter.message->options != e.message.options) << e.name << ", " << size;
    }
  }
}

// Any one byte of the examples changed to any value: what is read then has a form of its own.
TEST(AllMessages, ChangedInOneByteAreReadOnlyAsWhatEncodesAlike) {
  size_t read_anyway = 0;
  for (const Example& e : examples()) {
    std::vector<u8> bytes = vector_of(*encode(e.message));
    for (u8& byte : bytes) {
      const u8 before = byte;
      for (u32 value = 0; value < 256; ++value) {
        byte = u8(value);
        const Decoded read = decode_alone(bytes);
        if (!read.message) continue;
        ++read_anyway;
        const auto again = encode(*read.message);
        ASSERT_TRUE(again) << e.name << ": " << again.error().sentence;
        ASSERT_EQ(decode({again->data(), again->size()}).message, read.message) << e.name;
      }
      byte = before;
    }
  }
  EXPECT_GT(read_anyway, 1000u);
}

}  // namespace
}  // namespace waymark::signalling
