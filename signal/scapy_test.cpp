// Another project's implementation of RFC 6275, 3963, 4283 and 4285 writes what we write, byte by byte, and each side
// reads what the other wrote.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "signal/examples_test.h"
#include "tests/kit/need.h"
#include "tests/kit/output.h"
#include "tests/kit/packets.h"

namespace waymark::signalling {
namespace {

const std::string kPeer = "/usr/bin/python3 " WM_SOURCE_DIR "/signal/scapy_peer.py ";

struct Expected {
  std::string name;
  Message message;
  std::string fields;  // as Scapy shows them
};

std::vector<Expected> all() {
  Options update, replay, authentication, acknowledgement;
  update.alternate_care_of = at("2001:db8:9::1");
  update.prefixes = {Prefix(at("2001:db8:100::"), 48)};
  update.node = NodeIdentifier{1, few<254>("s1@example.net")};
  replay.stamp = Stamp{0, 1'700'000'000};
  authentication.mac = MnHa{256, {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'}};
  acknowledgement.refresh_advice = 15;
  return {
      {"update",
       {Update{16, kAcknowledge | kHomeRegistration | kMobileRouter, 15}, update},
       "MIP6MH_BU; seq=16; flags=RHA; mhtime=15; AltCoA 2001:db8:9::1; MobNetPrefix 2001:db8:100::/48; "
       "MNID 1 s1@example.net"},
      {"replay",
       {Update{17, kAcknowledge | kHomeRegistration | kLinkLocal, 0}, replay},
       "MIP6MH_BU; seq=17; flags=LHA; mhtime=0; ReplayProtection 000000006553f100"},
      {"authentication",
       {Update{18, kAcknowledge | kKeyManagement, 1}, authentication},
       "MIP6MH_BU; seq=18; flags=KA; mhtime=1; MsgAuth 1 256 6162636465666768696a6b6c"},
      {"acknowledgement",
       {Acknowledgement{BindingStatus::out_of_window, kAckKeyManagement | kAckMobileRouter, 15, 2}, acknowledgement},
       "MIP6MH_BA; seq=15; flags=RK; status=135; mhtime=2; BRAdvice 15"},
      {"refresh", {RefreshRequest{}, {}}, "MIP6MH_BRR"},
      {"error", {BindingError{ErrorStatus::unknown_type, kNode6}, {}}, "MIP6MH_BE; status=2; ha=2001:db8:1::5"},
  };
}

std::vector<u8> ours(const Message& message) {
  Bytes bytes = *encode(message);
  write_checksum(bytes, kNode6, kAgent6);
  return vector_of(bytes);
}

TEST(Scapy, WritesWhatWeReadAndWrite) {
  WM_NEED(Cap::scapy);
  std::istringstream lines(output_of(kPeer + "build 2>/dev/null"));
  for (const Expected& e : all()) {
    std::string name, packet;
    ASSERT_TRUE(lines >> name >> packet) << e.name;
    EXPECT_EQ(name, e.name);
    const std::vector<u8> message = hex(packet.substr(2 * sizeof(Ip6)));
    const Decoded read = decode(message, kNode6, kAgent6);
    ASSERT_TRUE(read.message) << name << ": " << text(read.refusal);
    EXPECT_EQ(*read.message, e.message) << name << ": " << text(*read.message);
    EXPECT_EQ(message, ours(e.message)) << name;
  }
  std::string more;
  EXPECT_FALSE(lines >> more) << more;
}

TEST(Scapy, ReadsWhatWeWrite) {
  WM_NEED(Cap::scapy);
  const std::string path = testing::TempDir() + "waymark-scapy-" + std::to_string(getpid());
  std::ofstream input(path);
  for (const Expected& e : all()) {
    for (u8 byte : packets::ip6({.source = "2001:db8:1::5", .destination = "2001:db8:2::1"},
                                packets::raw(kProtoMobility, ours(e.message))))
      input << "0123456789abcdef"[byte >> 4] << "0123456789abcdef"[byte & 15];
    input << '\n';
  }
  input.close();
  std::istringstream lines(output_of(kPeer + "read <" + path + " 2>/dev/null"));
  std::remove(path.c_str());
  for (const Expected& e : all()) {
    std::string line;
    EXPECT_TRUE(std::getline(lines, line)) << e.name;
    EXPECT_EQ(line, e.fields + "; good checksum") << e.name;
  }
}

}  // namespace
}  // namespace waymark::signalling
