#include "lab/traffic/message.h"

#include <algorithm>
#include <cstring>

namespace waymark::lab {
namespace {

u64 seed_of(u64 connection, u32 sequence, Direction direction) {
  return mix(mix(connection) ^ u64(sequence) << 2 ^ u64(direction));
}

u32 check_of(const MessageHeader& h) { return u32(mix(seed_of(h.connection, h.sequence, h.direction) ^ h.length)); }

// The payload's bytes 8*index to 8*index+7.
u64 payload_word(u64 seed, u64 index) { return mix(seed + index); }

}  // namespace

ServerName server_name(std::string_view name) {
  ServerName out{};
  std::copy_n(name.begin(), std::min(name.size(), out.size()), out.begin());
  return out;
}

std::string text(const ServerName& name) { return {name.begin(), std::find(name.begin(), name.end(), '\0')}; }

u32 payload_length(u64 connection, u32 sequence, Direction direction) {
  const u64 r = mix(~seed_of(connection, sequence, direction));
  if (r % 16 == 0) return u32(4096 + (r >> 8) % 4097);
  return u32(16 + (r >> 8) % 1185);
}

void append_message(std::vector<u8>& out, u64 connection, u32 sequence, Direction direction, const ServerName& server) {
  MessageHeader h{connection, sequence, payload_length(connection, sequence, direction), direction, 0, server};
  h.check = check_of(h);
  const size_t start = out.size();
  out.resize(start + sizeof h + h.length);
  std::memcpy(out.data() + start, &h, sizeof h);
  u8* payload = out.data() + start + sizeof h;
  const u64 seed = seed_of(connection, sequence, direction);
  for (u32 i = 0; i < h.length; i += 8) {
    const u64 word = payload_word(seed, i / 8);
    std::memcpy(payload + i, &word, std::min(h.length - i, 8u));
  }
}

MessageReader::Outcome MessageReader::read(std::span<const u8>& bytes) {
  if (have_ < sizeof header_) {
    const size_t n = std::min(bytes.size(), sizeof header_ - have_);
    std::memcpy(reinterpret_cast<u8*>(&header_) + have_, bytes.data(), n);
    bytes = bytes.subspan(n);
    have_ += n;
    if (have_ < sizeof header_) return Outcome::more;
    if (header_.length > kLongestPayload || header_.check != check_of(header_)) return Outcome::mismatch;
    if (header_.length != payload_length(header_.connection, header_.sequence, header_.direction))
      return Outcome::mismatch;
  }
  const u64 seed = seed_of(header_.connection, header_.sequence, header_.direction);
  const size_t whole = sizeof header_ + header_.length;
  while (have_ < whole && !bytes.empty()) {
    const size_t at = have_ - sizeof header_;
    const u64 word = payload_word(seed, at / 8);
    const size_t n = std::min({bytes.size(), 8 - at % 8, whole - have_});
    if (std::memcmp(reinterpret_cast<const u8*>(&word) + at % 8, bytes.data(), n) != 0) return Outcome::mismatch;
    bytes = bytes.subspan(n);
    have_ += n;
  }
  if (have_ < whole) return Outcome::more;
  have_ = 0;
  return Outcome::message;
}

}  // namespace waymark::lab
