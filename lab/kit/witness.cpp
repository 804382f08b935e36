#include "lab/kit/witness.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>

#include "lab/kit/loop.h"
#include "lab/kit/netns.h"

namespace waymark::lab {
namespace {

constexpr u8 kTcp = 6, kUdp = 17, kIcmp4 = 1, kIcmp6 = 58, kRst = 4;

u16 number16(std::span<const u8> bytes, size_t at) { return u16(bytes[at] << 8 | bytes[at + 1]); }

// An IP packet's parts, none of which is behind an extension header in this lab.
struct Parts {
  u8 protocol;
  std::span<const u8> source, destination, rest;
};

std::optional<Parts> parts(std::span<const u8> ip) {
  if (ip.empty()) return {};
  if (ip[0] >> 4 == 6 && ip.size() >= 40) return Parts{ip[6], ip.subspan(8, 16), ip.subspan(24, 16), ip.subspan(40)};
  const size_t header = (ip[0] & 15) * size_t(4);
  if (ip[0] >> 4 != 4 || header < 20 || ip.size() < header) return {};
  return Parts{ip[9], ip.subspan(12, 4), ip.subspan(16, 4), ip.subspan(header)};
}

std::string end_of_flow(std::span<const u8> address, u16 port) {
  std::string out(address.begin(), address.end());
  return out += {char(port >> 8), char(port)};
}

}  // namespace

std::optional<Sight> sight(std::span<const u8> frame, bool to_director, u16 port) {
  if (frame.size() < ETH_HLEN) return {};
  const auto ip = parts(frame.subspan(ETH_HLEN));
  if (!ip || ip->rest.size() < 8) return {};
  const bool tcp = ip->protocol == kTcp && ip->rest.size() >= 20;
  if (to_director) {
    if ((!tcp && ip->protocol != kUdp) || number16(ip->rest, 2) != port) return {};
    return Sight{tcp ? Sight::Kind::tcp : Sight::Kind::udp, end_of_flow(ip->source, number16(ip->rest, 0))};
  }
  if (tcp && (ip->rest[13] & kRst) && number16(ip->rest, 0) == port)
    return Sight{Sight::Kind::reset, end_of_flow(ip->destination, number16(ip->rest, 2))};
  const bool unreachable = (ip->protocol == kIcmp4 && ip->rest[0] == 3 && ip->rest[1] == 3) ||
                           (ip->protocol == kIcmp6 && ip->rest[0] == 1 && ip->rest[1] == 4);
  if (!unreachable) return {};
  const auto about = parts(ip->rest.subspan(8));
  if (!about || about->rest.size() < 4 || number16(about->rest, 2) != port) return {};
  return Sight{Sight::Kind::unreachable, end_of_flow(about->source, number16(about->rest, 0))};
}

u64 flows_moved(std::span<const Sighting> seen, Time from) {
  constexpr u8 kNowhere = 255;
  std::unordered_map<u32, u8> before;
  u64 moved = 0;
  for (const Sighting& s : seen) {
    if (s.kind != Sight::Kind::tcp) continue;
    if (s.at < from) {
      before[s.flow] = s.director;
    } else if (const auto was = before.find(s.flow);
               was != before.end() && was->second != kNowhere && was->second != s.director) {
      ++moved;
      was->second = kNowhere;  // counted
    }
  }
  return moved;
}

Told told_by_directors(std::span<const Sighting> seen, Time from) {
  Told out;
  const auto answers = [](const Sighting& s) {
    return s.kind == Sight::Kind::reset || s.kind == Sight::Kind::unreachable;
  };
  std::unordered_map<u8, Time> knew;  // by director: its first answer
  std::unordered_map<u32, Time> answered;
  for (const Sighting& s : seen) {
    if (s.at < from || !answers(s)) continue;
    knew.try_emplace(s.director, s.at);
    if (!answered.try_emplace(s.flow, s.at).second) continue;
    ++(s.kind == Sight::Kind::reset ? out.resets : out.unreachables);
  }
  for (const auto& [director, at] : knew) {
    out.first = std::min(out.first.value_or(at), at);
    out.last_first = std::max(out.last_first.value_or(at), at);
  }
  std::unordered_map<u32, Time> asked;  // by flow: its first packet to a director that knew
  for (const Sighting& s : seen) {
    if (s.kind != Sight::Kind::tcp || !answered.contains(s.flow)) continue;
    const auto director = knew.find(s.director);
    if (director != knew.end() && s.at >= director->second) asked.try_emplace(s.flow, s.at);
  }
  for (const auto& [flow, at] : asked) out.slowest = std::max(out.slowest, answered[flow] - at);
  return out;
}

Result<std::unique_ptr<Witness>> Witness::start(const std::string& netns, const std::vector<std::string>& interfaces,
                                                u16 port) {
  std::unique_ptr<Witness> w(new Witness);
  w->port_ = port;
  const Inside inside(netns);
  if (!inside.entered()) return Error{"namespace " + netns + " cannot be entered"};
  for (const auto& interface : interfaces) {
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return Error{"no packet socket can be made"};
    w->sockets_.push_back(fd);
    const int room = 16 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    sockaddr_ll at{};
    at.sll_family = AF_PACKET;
    at.sll_protocol = u16(ETH_P_ALL << 8);
    at.sll_ifindex = int(if_nametoindex(interface.c_str()));
    if (bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0)
      return Error{"interface " + interface + " of " + netns + " cannot be watched"};
  }
  w->thread_ = std::thread([raw = w.get()] { raw->watch(); });
  return w;
}

Witness::~Witness() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  for (int fd : sockets_) close(fd);
}

std::vector<Sighting> Witness::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void Witness::watch() {
  std::vector<pollfd> all;
  for (int fd : sockets_) all.push_back({fd, POLLIN, 0});
  std::unordered_map<std::string, u32> flows;
  while (!stop_) {
    if (poll(all.data(), all.size(), 50) < 1) continue;
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < all.size(); ++i) {
      u8 bytes[160];
      sockaddr_ll from{};
      socklen_t length = sizeof from;
      // As many as wait: then the next interface's, so that both stay in the order of time.
      for (int budget = 256; budget > 0; --budget) {
        const ssize_t n =
            recvfrom(all[i].fd, bytes, sizeof bytes, MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &length);
        if (n < 0) break;
        const auto saw = sight({bytes, std::min(size_t(n), sizeof bytes)}, from.sll_pkttype == PACKET_OUTGOING, port_);
        if (!saw) continue;
        const u32 flow = flows.try_emplace(saw->client, u32(flows.size())).first->second;
        seen_.push_back({now(), flow, u8(i), saw->kind});
      }
    }
  }
}

}  // namespace waymark::lab
