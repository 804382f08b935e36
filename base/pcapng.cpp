#include "base/pcapng.h"

#include <algorithm>
#include <cstring>

namespace waymark::pcapng {
namespace {

// Block types (4.1, 4.2, 4.3) and option codes (3.5, 4.1, 4.2, 4.3).
constexpr u32 kSection = 0x0a0d0d0a, kInterface = 1, kEnhancedPacket = 6;
constexpr u32 kByteOrder = 0x1a2b3c4d;  // written in this machine's order, by which a reader knows it
constexpr u16 kEnd = 0, kComment = 1, kApplication = 4, kName = 2, kFlags = 2, kResolution = 9;
constexpr u8 kNanoseconds = 9;  // 10^-9 s

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_padded(std::string& out, std::string_view bytes) {
  out.append(bytes);
  out.append((4 - bytes.size() % 4) % 4, '\0');
}

void put_option(std::string& out, u16 code, std::string_view value) {
  value = value.substr(0, 0xffff);
  put(out, code);
  put(out, u16(value.size()));
  put_padded(out, value);
}

// Every block states its length before and after its body, so that a reader can go both ways.
class Block {
 public:
  Block(std::string& out, u32 type) : out_(out), start_(out.size()) {
    put(out, type);
    put(out, u32(0));  // the length, known at the end
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    const u32 length = u32(out_.size() - start_ + sizeof length);
    put(out_, length);
    std::memcpy(&out_[start_ + 4], &length, sizeof length);
  }

 private:
  std::string& out_;
  size_t start_;
};

}  // namespace

void append_section(std::string& out, std::string_view application) {
  const Block block(out, kSection);
  put(out, kByteOrder);
  put(out, u16(1));  // version 1.0
  put(out, u16(0));
  put(out, ~u64(0));  // the section's length is not stated: it may grow
  if (application.empty()) return;
  put_option(out, kApplication, application);
  put_option(out, kEnd, "");
}

void append_interface(std::string& out, std::string_view name, LinkType link) {
  const Block block(out, kInterface);
  put(out, u16(link));
  put(out, u16(0));
  put(out, u32(0));  // no limit
  put_option(out, kName, name);
  put_option(out, kResolution, {reinterpret_cast<const char*>(&kNanoseconds), 1});
  put_option(out, kEnd, "");
}

void append_packet(std::string& out, const Packet& packet) {
  const Block block(out, kEnhancedPacket);
  const u64 ticks = u64(packet.epoch.count());
  put(out, packet.interface);
  put(out, u32(ticks >> 32));
  put(out, u32(ticks));
  put(out, u32(packet.bytes.size()));
  put(out, std::max(packet.original_length, u32(packet.bytes.size())));
  put_padded(out, {reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size()});
  const u32 flags = u32(packet.direction);  // the direction is in the two lowest bits (4.3.1)
  if (!flags && packet.comment.empty()) return;
  if (flags) put_option(out, kFlags, {reinterpret_cast<const char*>(&flags), sizeof flags});
  if (!packet.comment.empty()) put_option(out, kComment, packet.comment);
  put_option(out, kEnd, "");
}

}  // namespace waymark::pcapng
