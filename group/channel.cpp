#include "group/channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/codec.h"
#include "base/hmac.h"

namespace waymark::group {

namespace {

constexpr u8 kMagic[] = {'w', 'a', 'y', 'm', 'a', 'r', 'k'};
constexpr u8 kVersion = 2;
constexpr size_t kLength = 4;
constexpr size_t kHelloFixed = sizeof kMagic + 1 + 8 + sizeof(Nonce);
static_assert(kHelloFixed + 2 * (1 + kMostName) <= 256);

ByteView text_bytes(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

std::vector<u8> hello_of(const Channel::Self& self, const Nonce& nonce) {
  std::vector<u8> out;
  ByteWriter w(out);
  w.bytes(kMagic);
  w.number(kVersion);
  w.number((self.epoch & ~u64(1)) | self.in_step);
  w.bytes(nonce);
  w.name(self.name);
  w.name(self.group);
  return out;
}

}  // namespace

Result<std::vector<u8>> read_secret(ByteView file) {
  if (file.size() < kLeastSecret)
    return Error{fmt::format("the group's key has {} bytes, and 32 are the least that cannot be guessed", file.size())};
  if (file.size() > kMostSecret)
    return Error{
        fmt::format("the group's key has {} bytes, and 4096 are the most: is it the right file?", file.size())};
  if (std::all_of(file.begin(), file.end(), [&](u8 b) { return b == file[0]; }))
    return Error{"the group's key is one byte again and again: fill it from /dev/urandom"};
  if (file.back() == '\n') file = file.first(file.size() - 1);
  return std::vector<u8>(file.begin(), file.end());
}

std::array<u32, 12> pin_key_of(ByteView secret, const std::string& group) {
  std::array<u32, 12> key;
  Hmac mac(secret);
  for (u8 part = 0; part < 2; ++part) {
    const HmacValue value = mac.of({text_bytes("waymark pins 1"), ByteView(&part, 1), text_bytes(group)});
    ByteReader r(value);
    for (size_t i = 0; i < 6; ++i) key[part * 6 + i] = r.number<u32>();
  }
  return key;
}

Channel::Channel(ByteView secret, const Self& self, std::vector<std::string> expected, const Nonce& nonce, bool dialled)
    : secret_(secret.begin(), secret.end()),
      hello_(hello_of(self, nonce)),
      self_(self),
      expected_(std::move(expected)),
      dialled_(dialled),
      out_(hello_) {}

// Whether so far they could be the beginning of a hello: what is not ours ends at its first byte.
Status Channel::check_start(ByteView bytes) {
  const size_t known = std::min(bytes.size(), sizeof kMagic);
  if (!std::equal(bytes.begin(), bytes.begin() + known, kMagic)) return Error{"what came is not of a Waymark group"};
  other_version_ = bytes.size() > sizeof kMagic && bytes[sizeof kMagic] != kVersion;
  if (other_version_)
    return Error{fmt::format("the other end speaks version {} of the group's messages, this one {}",
                             bytes[sizeof kMagic], kVersion)};
  return Done{};
}

Result<size_t> Channel::take_hello(ByteView bytes) {
  WM_TRY(check_start(bytes));
  if (bytes.size() <= kHelloFixed) return size_t(0);
  const size_t name_end = kHelloFixed + 1 + bytes[kHelloFixed];
  if (bytes[kHelloFixed] > kMostName) return Error{"the hello carries a name that is too long"};
  if (bytes.size() <= name_end) return size_t(0);
  if (bytes[name_end] > kMostName) return Error{"the hello carries a group's name that is too long"};
  const size_t size = name_end + 1 + bytes[name_end];
  if (bytes.size() < size) return size_t(0);

  ByteReader r(bytes.first(size));
  r.bytes(sizeof kMagic + 1);
  const u64 epoch = r.number<u64>();
  r.bytes(sizeof(Nonce));
  const std::string name = r.name(), group = r.name();
  if (!r.good()) return Error{"the hello carries a name that is none"};
  claimed_ = name;
  claims_in_step_ = epoch & 1;
  if (group != self_.group) return Error{fmt::format("{} is of group {}, not {}", name, group, self_.group)};
  if (name == self_.name) return Error{fmt::format("the other end says that it is {}, which is this node", name)};
  if (std::find(expected_.begin(), expected_.end(), name) == expected_.end())
    return dialled_ && expected_.size() == 1
               ? Error{fmt::format("{} answered where {} was expected", name, expected_[0])}
               : Error{fmt::format("{} is not a member of group {}", name, self_.group)};
  peer_ = name;
  peer_epoch_ = epoch & ~u64(1);
  peer_hello_.assign(bytes.begin(), bytes.begin() + std::ptrdiff_t(size));
  return size;
}

void Channel::derive() {
  Hmac mac(secret_);
  const std::vector<u8>&first = dialled_ ? hello_ : peer_hello_, &second = dialled_ ? peer_hello_ : hello_;
  for (u8 direction : {u8(0), u8(1)}) {  // 0: from who dialled
    const HmacValue key = mac.of({text_bytes("waymark group 2"), first, second, ByteView(&direction, 1)});
    (dialled_ == (direction == 0) ? ours_ : theirs_).emplace(key);
  }
}

void Channel::append_frame(ByteView body) {
  std::vector<u8> length;
  ByteWriter(length).number(u32(body.size()));
  out_.insert(out_.end(), length.begin(), length.end());
  ours_->seal(sent_++, length, body, out_);
}

void Channel::send(ByteView body) {
  if (proven_ && !dead_ && body.size() <= kFrameBody) append_frame(body);
}

Result<std::vector<std::vector<u8>>> Channel::feed(ByteView bytes) {
  if (dead_) return *dead_;
  std::vector<std::vector<u8>> bodies;
  waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  auto die = [&](Error why) {
    dead_ = why;
    waiting_ = {};
    return why;
  };
  size_t at = 0;
  if (!theirs_) {
    const Result<size_t> size = take_hello(waiting_);
    if (!size) return die(size.error());
    if (*size == 0) return bodies;
    at = *size;
    derive();
    if (dialled_) append_frame({});
  }
  while (waiting_.size() - at >= kLength) {
    const ByteView rest = ByteView(waiting_).subspan(at);
    const size_t length = ByteReader(rest).number<u32>();
    if (length > kFrameBody || (!proven_ && length != 0))
      return die({fmt::format("{} sent a frame of {} bytes, more than there may be", peer_, length)});
    if (rest.size() < kLength + length + Aead::kTag) break;
    std::vector<u8> body;
    if (!theirs_->open(received_, rest.first(kLength), rest.subspan(kLength, length + Aead::kTag), body))
      return die(
          {peer_ + (proven_ ? " sent a message that was changed on its way" : " has another key than this node")});
    ++received_;
    if (proven_) {
      bodies.push_back(std::move(body));
    } else {
      proven_ = true;
      if (!dialled_) append_frame({});
    }
    at += kLength + length + Aead::kTag;
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + std::ptrdiff_t(at));
  return bodies;
}

}  // namespace waymark::group
