#include "daemon/punts.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/overlay/reasons.h"
#include "daemon/log.h"
#include "engine/xdp/object.h"

namespace waymark {

namespace {

constexpr u32 kAtOnce = 64;  // packets in one turn of the loop: less than two milliseconds
constexpr Duration kTellAgain = std::chrono::minutes(1);

// The IP packet of a frame that left the engine, without VLAN tags; empty where there is none.
std::span<const u8> packet_of(std::span<const u8> frame) {
  std::size_t at = 12;
  while (at + 4 < frame.size() &&
         ((frame[at] == 0x81 && frame[at + 1] == 0) || (frame[at] == 0x88 && frame[at + 1] == 0xa8)))
    at += 4;
  return frame.size() > at + 2 ? frame.subspan(at + 2) : frame.first(0);
}

}  // namespace

Punts::Punts(Loop& loop, std::function<u32()> ticks, RawSender sender, netlink::Requests requests, FrameSender frames)
    : loop_(loop),
      ticks_(std::move(ticks)),
      sender_(std::move(sender)),
      requests_(std::move(requests)),
      frames_(std::move(frames)),
      engine_(0) {
  engine_.set_routes([this](const Address& from, const Address& to) { return route(from, to); });
}

Result<std::unique_ptr<Punts>> Punts::open(Loop& loop, std::function<u32()> ticks) {
  Result<RawSender> sender = RawSender::open();
  if (!sender) return sender.error();
  Result<netlink::Requests> requests = netlink::Requests::open();
  if (!requests) return requests.error();
  Result<FrameSender> frames = FrameSender::open();
  if (!frames) return frames.error();
  return std::unique_ptr<Punts>(
      new Punts(loop, std::move(ticks), std::move(*sender), std::move(*requests), std::move(*frames)));
}

Status Punts::follow(const Object& object, Image image, std::shared_ptr<const Object> tables) {
  Result<PuntReader> reader =
      PuntReader::open(object, [this](const PuntRecord& record, std::span<const u8> frame) { finish(record, frame); });
  if (!reader) return reader.error();
  if (reader_) {
    for (bool more = true; more;) {
      const Result<bool> read = reader_->read(kAtOnce);
      more = read && *read;
    }
    lost_before_ += reader_->lost();
  }
  watch_.reset();
  reader_.emplace(std::move(*reader));
  engine_.load(std::move(image));
  engine_.share(tables->live());
  tables_ = std::move(tables);
  watch_ = loop_.on_readable(reader_->fd(), [this] { read(); });
  read();  // what came before
  return Done{};
}

const PuntCounts& Punts::counts() {
  counts_.lost = lost_before_ + (reader_ ? reader_->lost() : 0);
  counts_.held = held_.counts();
  return counts_;
}

void Punts::read() {
  now_ = ticks_();
  const Result<bool> more = reader_->read(kAtOnce);
  if (!more) return failed(more.error().sentence);
  if (!*more || posted_) return;
  posted_ = true;  // others have their turn in between
  loop_.post([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    posted_ = false;
    read();
  });
}

// The way that the kernel takes, whose MTU says how long the pieces are. A packet of a raw socket is not forwarded, so
// the hop is spent as where XDP sends by itself.
Routed Punts::route(const Address& from, const Address& to) {
  const Result<u32> own = sender_.mtu(from, to);
  if (!own) return {.kind = WayKind::unreachable};
  u32 mtu = *own;
  // [engine] mtu may say less of the interface, which rtnetlink does not tell of an IPv4 source that is not local.
  const RouteQuestion question{to, is_ip4(to) ? std::nullopt : std::optional(from)};
  if (const auto facts = requests_.routes({&question, 1}))
    for (const Port& port : engine_.image().ports)
      if (port.interface == facts->front().interface && port.mtu) mtu = std::min<u32>(mtu, port.mtu);
  return {.kind = WayKind::direct, .mtu = u16(std::min(mtu, 0xffffu))};
}

void Punts::finish(const PuntRecord& record, std::span<const u8> frame) {
  if (const auto early = pass_on(record.interface, record.reason, frame))
    held_.hold({early->owner,
                early->datagram,
                early->from,
                early->to,
                record.interface,
                record.reason,
                {frame.begin(), frame.end()}},
               boot_time());
}

void Punts::look(Time now) {
  if (held_.deadline() > now) return;
  now_ = ticks_();
  held_.look(now, [this](const HeldFragment& f) { return !pass_on(f.interface, f.reason, f.frame); });
}

// Where it is a fragment that is still too early: what is to be known of it.
std::optional<EarlyFragment> Punts::pass_on(u32 interface, u16 reason, std::span<const u8> frame) {
  const auto name = [](u16 r) { return reason_text(r) ? reason_text(r)->name : "?"; };
  const Outcome outcome = engine_.complete(frame, interface, now_, {reason, Action::punt});
  if (outcome.early) return outcome.early;
  if (outcome.end.reason == overlay::why::unknown.reason) {
    ++counts_.unknown;
  } else if (outcome.frames.empty()) {
    failed(fmt::format("a packet that was punted ({}) could not be finished: it ends as {}", name(reason),
                       name(outcome.end.reason)));
  } else {
    // The kernel's routes say by which interface, or a link that leads to no other place: then the frame is whole.
    for (const std::vector<u8>& piece : outcome.frames) {
      const Status sent =
          outcome.out_interface ? frames_.send(outcome.out_interface, piece) : sender_.send(packet_of(piece));
      if (sent) continue;
      failed(sent.error().sentence);
      return std::nullopt;
    }
    ++counts_.sent;
  }
  return std::nullopt;
}

void Punts::failed(const std::string& why) {
  ++counts_.failed;
  counts_.why = why;
  const Time now = boot_time();
  if (counts_.failed > 1 && now < told_ + kTellAgain) return;
  told_ = now;
  log::warning(fmt::format("punted packets: {}; {} so far", why, counts_.failed));
}

}  // namespace waymark
