#include "group/channel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace waymark::group {
namespace {

using Body = std::vector<u8>;
using Bodies = std::vector<Body>;

const std::vector<u8> kSecret(32, 7);

Nonce nonce(u8 n) {
  Nonce value;
  value.fill(n);
  return value;
}

Channel end(const std::string& name, u8 n, bool dialled, ByteView secret = kSecret, const std::string& group = "g") {
  return Channel(secret, {name, group, 2u * n, n == 1}, {"d1", "d2", "d3"}, nonce(n), dialled);
}

struct Pair {
  Channel a = end("d1", 1, true), b = end("d2", 2, false);
  Pair() {
    std::vector<u8> to_a = b.take();
    EXPECT_TRUE(b.feed(a.take()));
    EXPECT_TRUE(a.feed(to_a));
    EXPECT_FALSE(a.proven() || b.proven()) << "a hello is no proof";
    EXPECT_TRUE(b.take().empty()) << "who dialled proves first";
    EXPECT_TRUE(b.feed(a.take()));
    EXPECT_TRUE(a.feed(b.take()));
    EXPECT_TRUE(a.proven() && b.proven());
  }
  std::vector<u8> frame(const Body& body) { return a.send(body), a.take(); }
};

std::string why(Result<Bodies> result) { return result ? "" : result.error().sentence; }

TEST(Channel, CarriesMessagesInAnyPieces) {
  Pair p;
  EXPECT_EQ(p.b.peer(), "d1");
  EXPECT_EQ(p.b.peer_epoch(), 2u);
  EXPECT_TRUE(p.b.claims_in_step());
  EXPECT_FALSE(p.a.claims_in_step());
  Bodies sent;
  std::vector<u8> stream;
  std::mt19937 random(1);
  for (size_t size : {size_t(0), size_t(1), size_t(5000), kFrameBody, size_t(17)}) {
    sent.emplace_back(size, u8(size * 3 + 1));
    const std::vector<u8> frame = p.frame(sent.back());
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  Bodies got;
  for (size_t at = 0; at < stream.size();) {
    const size_t size = std::min<size_t>(random() % 3000 + 1, stream.size() - at);
    const auto bodies = p.b.feed(ByteView(stream).subspan(at, size));
    ASSERT_TRUE(bodies);
    got.insert(got.end(), bodies->begin(), bodies->end());
    at += size;
  }
  EXPECT_EQ(got, sent);
  p.b.send(Body{9});
  EXPECT_EQ(*p.a.feed(p.b.take()), Bodies{Body{9}});
}

// Of a body nothing is seen, and the same one looks otherwise each time.
TEST(Channel, NothingOfABodyIsReadable) {
  Pair p;
  Body body(64);
  for (size_t i = 0; i < body.size(); ++i) body[i] = u8(i);
  const std::vector<u8> first = p.frame(body), second = p.frame(body);
  ASSERT_EQ(first.size(), 4 + body.size() + 16);
  for (const auto& frame : {first, second})
    for (size_t i = 0; i + 4 <= body.size(); i += 4)
      EXPECT_EQ(std::search(frame.begin() + 4, frame.end(), body.begin() + long(i), body.begin() + long(i) + 4),
                frame.end());
  EXPECT_FALSE(std::equal(first.begin() + 4, first.end(), second.begin() + 4));
  EXPECT_EQ(p.b.feed(first)->at(0), body);
}

TEST(Channel, EachByteOfAFrameIsInItsSeal) {
  const size_t size = Pair().frame({1, 2, 3}).size();
  for (size_t i = 0; i < size; ++i)
    for (u8 bit = 0; bit < 8; ++bit) {
      Pair p;
      std::vector<u8> frame = p.frame({1, 2, 3});
      frame[i] ^= u8(1 << bit);
      auto bodies = p.b.feed(frame);
      if (bodies) {  // a length that grew: the frame is not whole yet
        ASSERT_TRUE(i < 4 && bodies->empty());
        bodies = p.b.feed(std::vector<u8>(kFrameBody + 16));
      }
      ASSERT_FALSE(bodies) << "bit " << int(bit) << " of byte " << i;
      ASSERT_FALSE(p.b.feed(p.frame({4}))) << "a dead channel came back";
    }
}

TEST(Channel, EachByteOfAHelloCounts) {
  const size_t size = end("d1", 1, true).take().size();
  for (size_t i = 0; i < size; ++i)
    for (u8 bit = 0; bit < 8; ++bit) {
      Channel a = end("d1", 1, true), b = end("d2", 2, false);
      std::vector<u8> hello = a.take();
      hello[i] ^= u8(1 << bit);
      (void)a.feed(b.take());
      (void)b.feed(hello);
      (void)b.feed(a.take());
      ASSERT_FALSE(b.proven()) << "bit " << int(bit) << " of byte " << i;
    }
}

TEST(Channel, ReplayedReorderedLeftOutAndReflectedFramesEndIt) {
  Pair p;
  const std::vector<u8> first = p.frame({1}), second = p.frame({2});
  {
    Pair q;
    EXPECT_TRUE(q.b.feed(first)) << "the same nonces: the same keys";
    EXPECT_EQ(why(q.b.feed(first)), "d1 sent a message that was changed on its way") << "replayed";
  }
  EXPECT_FALSE(Pair().b.feed(second)) << "the first one was left out";
  EXPECT_FALSE(Pair().a.feed(first)) << "back to its sender";
  Channel other = end("d2", 3, false), dialler = end("d1", 1, true);  // another connection: b's nonce is fresh
  (void)dialler.feed(other.take());
  (void)other.feed(dialler.take());
  (void)other.feed(dialler.take());
  EXPECT_FALSE(other.feed(first)) << "of another connection";
}

TEST(Channel, WholeRecordedConnectionIsRefused) {
  Channel a = end("d1", 1, true), b = end("d2", 2, false);
  std::vector<u8> recorded = a.take();
  (void)a.feed(b.take());
  const std::vector<u8> proof = a.take();
  recorded.insert(recorded.end(), proof.begin(), proof.end());
  EXPECT_TRUE(b.feed(recorded));
  ASSERT_TRUE(b.proven());
  Channel again = end("d2", 9, false);
  EXPECT_EQ(why(again.feed(recorded)), "d1 has another key than this node");
}

TEST(Channel, SaysWhoIsRefusedAndWhy) {
  auto hello = [](const std::string& name, const std::string& group) {
    return end(name, 5, true, kSecret, group).take();
  };
  EXPECT_EQ(why(end("d1", 1, false).feed(hello("d1", "g"))), "the other end says that it is d1, which is this node");
  EXPECT_EQ(why(end("d1", 1, false).feed(hello("d9", "g"))), "d9 is not a member of group g");
  EXPECT_EQ(why(end("d1", 1, false).feed(hello("d2", "h"))), "d2 is of group h, not g");
  Channel dialled(kSecret, {"d1", "g", 1}, {"d3"}, nonce(1), true);
  EXPECT_EQ(why(dialled.feed(hello("d2", "g"))), "d2 answered where d3 was expected");
  const std::string request = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(why(end("d1", 1, false).feed(ByteView(reinterpret_cast<const u8*>(request.data()), 1))),
            "what came is not of a Waymark group");
  std::vector<u8> newer = hello("d2", "g");
  newer[7] = 3;
  EXPECT_EQ(why(end("d1", 1, false).feed(newer)), "the other end speaks version 3 of the group's messages, this one 2");
}

TEST(Channel, AnotherSecretProvesNothing) {
  const std::vector<u8> other(32, 8);
  Channel a = end("d1", 1, true), b = end("d2", 2, false, other);
  (void)a.feed(b.take());
  (void)b.feed(a.take());
  const auto result = b.feed(a.take());
  EXPECT_EQ(why(result), "d1 has another key than this node");
  EXPECT_FALSE(a.proven() || b.proven());
  EXPECT_TRUE(b.take().empty());
}

TEST(Channel, SendsNothingBeforeProofAndTakesNothingLong) {
  Channel a = end("d1", 1, true), b = end("d2", 2, false);
  (void)b.take();
  b.send(Body{1});
  EXPECT_TRUE(b.take().empty());
  ASSERT_TRUE(b.feed(a.take()));
  EXPECT_NE(why(b.feed(Body{1, 0, 0, 0})), "") << "a body before the proof";
  Pair p;
  EXPECT_NE(why(p.b.feed(Body{1, 0, 1, 0})), "") << "64 KiB and one";
}

TEST(Secret, HasItsLengthAndIsNotOneByte) {
  std::vector<u8> file(33);
  for (size_t i = 0; i < file.size(); ++i) file[i] = u8(i);
  EXPECT_EQ(*read_secret(file), file);
  EXPECT_TRUE(read_secret(ByteView(file).first(32)));
  EXPECT_FALSE(read_secret(ByteView(file).first(31)));
  EXPECT_FALSE(read_secret({}));
  file.push_back('\n');
  EXPECT_EQ(read_secret(file)->size(), 33u) << "the line's end that an editor adds";
  file.resize(4096, 1);
  EXPECT_TRUE(read_secret(file));
  file.push_back(1);
  EXPECT_FALSE(read_secret(file));
  EXPECT_FALSE(read_secret(std::vector<u8>(64, 0)));
}

TEST(Secret, GivesThePinKey) {
  const auto key = pin_key_of(kSecret, "g");
  EXPECT_EQ(key, pin_key_of(kSecret, "g"));
  EXPECT_NE(key, pin_key_of(kSecret, "h"));
  EXPECT_NE(key, pin_key_of(std::vector<u8>(32, 8), "g"));
  auto sorted = key;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
}

}  // namespace
}  // namespace waymark::group
