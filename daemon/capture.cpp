#include "daemon/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/pcapng.h"
#include "config/prefixes.h"
#include "engine/replay/userspace.h"

namespace waymark {

namespace {

constexpr std::size_t kMostHeld = 4096;  // ways in whose way out was lost

}  // namespace

Capture::Capture(std::vector<CaptureInterface> interfaces, std::vector<Prefix> addresses, u32 count,
                 Duration wall_offset, std::shared_ptr<BodyQueue> body)
    : interfaces_(std::move(interfaces)),
      addresses_(std::move(addresses)),
      wall_offset_(wall_offset),
      left_(count),
      body_(std::move(body)) {
  std::string head;
  pcapng::append_section(head, "waymark");
  for (const CaptureInterface& interface : interfaces_)
    pcapng::append_interface(head, interface.name, LinkType::ethernet);
  body_->push(head);
}

u32 Capture::number_of(u32 interface) const {
  for (u32 i = 0; i < interfaces_.size(); ++i)
    if (interfaces_[i].index == interface) return i;
  return 0;
}

void Capture::add(const CaptureRecord& record, std::span<const u8> bytes) {
  if (full()) return;
  if (!record.out) {
    if (held_.size() >= kMostHeld) held_.erase(held_.begin());
    held_[record.id] = {record, {bytes.begin(), bytes.end()}};
    return;
  }
  const auto in = held_.find(record.id);
  if (in == held_.end()) return;
  const auto wanted = [&](std::span<const u8> frame) {
    for (const Address& a : destinations(frame))
      for (const Prefix& p : addresses_)
        if (contains(p, a)) return true;
    return addresses_.empty();
  };
  if (wanted(in->second.bytes) || (record.length && wanted(bytes))) write(in->second, record, bytes);
  held_.erase(in);
}

void Capture::write(const Held& in, const CaptureRecord& out, std::span<const u8> bytes) {
  const ReasonText* reason = reason_text(out.reason);
  const std::string comment = reason ? fmt::format("{}: {}", reason->name, reason->sentence) : "an unknown reason";
  std::string blocks;
  pcapng::append_packet(blocks, {number_of(in.record.interface), Duration(in.record.when) + wall_offset_, in.bytes,
                                 in.record.length, pcapng::Direction::inbound, comment});
  const bool leaves = Action(out.action) == Action::forward;
  // What the kernel gets is worth a second look only where it is not what came in: out of a tunnel.
  if (leaves || (out.length && !std::equal(bytes.begin(), bytes.end(), in.bytes.begin(), in.bytes.end())))
    pcapng::append_packet(
        blocks, {number_of(leaves ? out.out_interface : in.record.interface), Duration(out.when) + wall_offset_, bytes,
                 out.length, leaves ? pcapng::Direction::outbound : pcapng::Direction::unknown, comment});
  if (body_->push(blocks) && --left_ == 0) end();
}

void Capture::end() {
  ended_ = true;
  body_->end();
}

std::vector<Address> destinations(std::span<const u8> frame) {
  std::vector<Address> found;
  const auto read16 = [&](std::size_t at) { return at + 2 <= frame.size() ? frame[at] << 8 | frame[at + 1] : 0; };
  std::size_t at = 12;
  while (read16(at) == 0x8100 || read16(at) == 0x88a8) at += 4;
  at += 2;
  // The outer packet, and one inside of it.
  for (int layer = 0; layer < 2 && at + 20 <= frame.size(); ++layer) {
    const u32 version = frame[at] >> 4;
    u32 next = 0;
    if (version == 4) {
      be32 ip4;
      std::memcpy(&ip4, &frame[at + 16], sizeof ip4);
      found.push_back(address_of(ip4));
      next = frame[at + 9];
      at += (frame[at] & 15) * 4u;
    } else if (version == 6 && at + 40 <= frame.size()) {
      Address a;
      std::memcpy(&a, &frame[at + 24], sizeof a);
      found.push_back(a);
      next = frame[at + 6];
      at += 40;
    } else {
      break;
    }
    if (next == 17)
      at += 8 + 4;  // UDP and GUE, whose version and length bits are 0 with us; others fail the look at the version
    else if (next != 4 && next != 41)
      break;
  }
  return found;
}

}  // namespace waymark
