// Any bytes as a capture file to replay: frames within their bounds, or an error in a sentence.
#include <sys/mman.h>
#include <unistd.h>

#include "engine/replay/pcap.h"
#include "fuzz/seeds.h"
#include "tests/cases/cases.h"

using namespace waymark;

namespace {

void append32(std::string& s, u32 value) { s.append(reinterpret_cast<const char*>(&value), 4); }

std::string pcap_of(const std::vector<packets::Bytes>& frames, u32 link) {
  std::string s;
  for (u32 word : {0xa1b23c4du, 0x00040002u, 0u, 0u, 65535u, link}) append32(s, word);
  for (const auto& frame : frames) {
    for (u32 word : {1u, 2u, u32(frame.size()), u32(frame.size())}) append32(s, word);
    s.append(frame.begin(), frame.end());
  }
  return s;
}

std::string pcapng_of(const std::vector<packets::Bytes>& frames, LinkType link) {
  std::string s;
  pcapng::append_section(s, "seed");
  pcapng::append_interface(s, "lo", link);
  for (const auto& frame : frames)
    pcapng::append_packet(s, {.bytes = frame, .original_length = u32(frame.size()), .comment = "a comment"});
  return s;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const std::vector<packets::Bytes> frames = {cases::all_cases().front().in, cases::all_cases().back().in};
  fuzz::plant(*argc, *argv,
              {pcap_of(frames, 1), pcap_of(frames, 101), pcap_of({}, 1), pcap_of(frames, 113),
               pcapng_of(frames, LinkType::ethernet), pcapng_of(frames, LinkType::raw)});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
  static const int file = memfd_create("fuzz", MFD_CLOEXEC);
  if (ftruncate(file, 0) || pwrite(file, data, size, 0) != ssize_t(size)) fuzz::fail("the input cannot be written");
  auto reader = PcapReader::open("/proc/self/fd/" + std::to_string(file));
  if (!reader) return 0;
  for (;;) {
    const auto frame = reader->next();
    if (!frame) {
      if (frame.error().sentence.empty()) fuzz::fail("an error without a sentence");
      return 0;
    }
    if (!*frame) return 0;
    if ((*frame)->bytes.size() > kMaxFrame) fuzz::fail("a frame is larger than any");
    if ((*frame)->original_length < (*frame)->bytes.size()) fuzz::fail("a frame is longer than it was on the wire");
    u32 sum = 0;
    for (u8 byte : (*frame)->bytes) sum += byte;  // each byte is there to be read
    if (sum == 0xffffffff) fuzz::fail("no sum is that large");
  }
}
