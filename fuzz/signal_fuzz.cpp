// Mobility Headers as anybody may send them to an agent: over UDP, or behind an IPv6 header, where the checksum counts.
#include "signal/message.h"

#include "base/address_text.h"
#include "fuzz/seeds.h"
#include "signal/auth.h"

using namespace waymark;
using namespace waymark::signalling;

namespace {

constexpr size_t kMostPadding = 400;  // that alignment adds at most: 7 bytes for each of some 50 options

const Address kSource = *parse_address("2001:db8::1"), kDestination = *parse_address("2001:db8::2");

void take(const Decoded& read, ByteView bytes, Association& association) {
  if (read.size > bytes.size()) fuzz::fail("a message is longer than what came");
  if (!read.message) {
    if (text(read.refusal).empty() || name_of(read.refusal.reason).empty()) fuzz::fail("refused without a word");
    if (read.refusal.at > kMostBytes) fuzz::fail("the fault is beyond the longest message");
    return;
  }
  for (char c : text(*read.message))
    if (c < 0x20 || c > 0x7e) fuzz::fail("a message's line has unprintable characters");
  const auto again = encode(*read.message);
  if (!again) {
    if (read.size + kMostPadding <= kMostBytes)
      fuzz::fail("what was read cannot be written: " + again.error().sentence);
    return;
  }
  const Decoded second = decode({again->data(), again->size()});
  if (!second.message || *second.message != *read.message) fuzz::fail("a message has two readings");
  if (association.verify(bytes.first(read.size), {kSource, kDestination, {}}))
    fuzz::fail("a message without the key was believed");
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  std::vector<std::string> seeds;
  auto plant = [&](const Message& message) {
    Bytes bytes = *encode(message);
    seeds.push_back(std::string(bytes.begin(), bytes.end()));
  };
  Options all;
  all.refresh_advice = 1;
  all.alternate_care_of = kSource;
  all.prefixes = {Prefix(*parse_address("2001:db8:1::"), 48)};
  all.node = NodeIdentifier{1, {'a', '@', 'b'}};
  all.stamp = Stamp{1, 2};
  all.restart_counter = 3;
  all.ip4_homes = {{*parse_address("192.0.2.1"), 32, false}, {*parse_address("0.0.0.0"), 28, true}};
  all.ip4_acknowledged = {{Ip4Status::accepted, *parse_address("192.0.2.1"), 32}, {}};
  all.ip4_care_of = *parse_address("192.0.2.2");
  all.bindings = {{1, BindingStatus::accepted, false, kSource},
                  {2, BindingStatus::accepted, false, *parse_address("192.0.2.3")}};
  Selector selector;
  selector.source = {kSource, kDestination};
  selector.protocol = {6, 17};
  all.flows = {{1, 1, FlowStatus::accepted, selector, {1, 2}}, {2, 2, FlowStatus::accepted, {}, {}}};
  all.redirect_capable = true;
  all.redirect = kDestination;
  all.load = Load{1, 2, 3, 4, 5};
  all.vendors = {{64512, 1, {1, 2, 3}}};
  all.mac = MnHa{256, {}};
  plant({Update{1, kAcknowledge, 15}, all});
  for (const Body& body : std::initializer_list<Body>{RefreshRequest{}, Acknowledgement{}, BindingError{}, Heartbeat{},
                                                      Revocation{}, RevocationAcknowledgement{}})
    plant({body, {}});
  fuzz::plant(*argc, *argv, seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  static const u8 key[16] = {1};
  static Association association = std::move(*Association::make(256, key));
  const ByteView bytes(data, size);
  const Decoded over_udp = decode(bytes);
  take(over_udp, bytes, association);
  take(decode(bytes, kSource, kDestination), bytes, association);
  if (!over_udp.message) return 0;
  Bytes in_ip6;
  in_ip6.add(bytes.first(over_udp.size));
  write_checksum(in_ip6, kSource, kDestination);
  if (decode({in_ip6.data(), in_ip6.size()}, kSource, kDestination).message != over_udp.message)
    fuzz::fail("over IPv6 a message is read otherwise than over UDP");
  return 0;
}
