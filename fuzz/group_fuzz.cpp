// What anybody may send to a member's port, and what a member without honesty may send in its frames.
#include <algorithm>

#include "fuzz/seeds.h"
#include "group/channel.h"
#include "group/message.h"

using namespace waymark;
using namespace waymark::group;

namespace {

const std::vector<u8> kSecret(32, 5);

Channel end(const char* name, bool dialled) {
  Nonce nonce;
  nonce.fill(u8(name[1]));
  return Channel(kSecret, {name, "g", 1}, {"d1", "d2"}, nonce, dialled);
}

// The first byte of an input says how it is taken.
enum Input : u8 { body, stranger_dials, stranger_answers, changed_frame, kInputs };

void take_body(ByteView bytes) {
  const auto message = decode(bytes);
  if (!message && message.error().sentence.empty()) fuzz::fail("a message was refused without a word");
  if (!message || !*message) return;
  const auto again = encode(**message);
  if (again.size() > 1) fuzz::fail("what came in one body takes several");
  if (again.size() == 1 && !std::equal(again[0].begin(), again[0].end(), bytes.begin(), bytes.end()))
    fuzz::fail("a message has two forms");
}

void take_stranger(ByteView bytes, bool dialled) {
  Channel channel = end("d1", dialled);
  while (!bytes.empty()) {  // the pieces' sizes come from the bytes themselves
    const size_t size = std::min<size_t>(bytes.size(), bytes[0] % 64 + 1u);
    const auto bodies = channel.feed(bytes.first(size));
    if (!bodies && bodies.error().sentence.empty()) fuzz::fail("a stranger was refused without a word");
    if (channel.proven() || (bodies && !bodies->empty())) fuzz::fail("a stranger was believed");
    bytes = bytes.subspan(size);
  }
}

// After both have proven themselves, somebody on the way puts other bytes in.
void take_changed(ByteView bytes) {
  Channel a = end("d1", true), b = end("d2", false);
  const std::vector<u8> hello = b.take();
  (void)b.feed(a.take());
  (void)a.feed(hello);
  (void)b.feed(a.take());
  (void)a.feed(b.take());
  if (!a.proven() || !b.proven()) fuzz::fail("two members do not believe each other");
  const auto bodies = b.feed(bytes);
  if (bodies && !bodies->empty()) fuzz::fail("a frame of no member was believed");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  std::vector<std::string> seeds;
  auto plant = [&](Input as, const std::vector<u8>& bytes) {
    seeds.push_back(std::string(1, char(as)) + std::string(bytes.begin(), bytes.end()));
  };
  for (const Message& message : std::vector<Message>{
           Digest{1, 2, 3, 4, 5, 6, true, true},
           std::vector<StateRecord>{{"web", "s1", true, 10, 1, 2}, {"web", "s2", false, std::nullopt, 1, 2}},
           std::vector<Opinion>{{"web", "s1", true}, {"web", "s2", std::nullopt}}, std::vector<SlotIdentity>{{1, 2}},
           std::vector<PinRecord>{{1, 2}, {3, 4}}, std::vector<GonePin>{{1, 2}}, Pull{}, PullEnd{1}, Ping{1}, Pong{1}})
    plant(body, encode(message)[0]);
  plant(stranger_dials, end("d2", true).take());
  plant(stranger_answers, end("d2", false).take());
  plant(changed_frame, std::vector<u8>(20));
  fuzz::plant(*argc, *argv, seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % kInputs) {
    case body:
      take_body(rest);
      break;
    case stranger_dials:
      take_stranger(rest, false);
      break;
    case stranger_answers:
      take_stranger(rest, true);
      break;
    default:
      take_changed(rest);
  }
  return 0;
}
