#include "daemon/checks/through.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/address_text.h"
#include "core/outer.h"
#include "daemon/sockaddr.h"
#include "rtnetlink/diversion.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr int kMtu = 1280;            // the least of IPv6: there is room for any tunnel around it
constexpr int kPacketsAtOnce = 64;    // read from the device before others have their turn
constexpr Duration kLastWords = 10s;  // after a check a connection's end still goes through the tunnel

Error failed(const std::string& what) { return {fmt::format("{} failed: {}", what, std::strerror(errno))}; }

// What the outer IP header says that it carries.
int protocol_of(const Encapsulation& e, bool ip6) {
  if (e.kind == kTunnelGre) return IPPROTO_GRE;
  if (e.kind != kTunnelIp) return IPPROTO_UDP;
  return ip6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
}

}  // namespace

TunnelledChecks::TunnelledChecks(Loop& loop, const std::string& node, std::vector<Address> sources)
    : loop_(loop), sources_(std::move(sources)) {
  const u32 hash = zone_of(node.data(), u32(node.size()));
  number_ = 0x57000000 | (hash & 0xffffff);  // no number that people choose
  device_ = fmt::format("wmck{:08x}", hash);
}

TunnelledChecks::~TunnelledChecks() {
  close_device("the tunnel for checks was taken down");
  for (const auto& [key, descriptor] : outer_) close(descriptor);
}

const Address* TunnelledChecks::source(bool ip6) const {
  const auto at = std::find_if(sources_.begin(), sources_.end(), [&](const Address& a) { return !is_ip4(a) == ip6; });
  return at == sources_.end() ? nullptr : &*at;
}

Status TunnelledChecks::open_device() {
  const int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (tun < 0) return failed("opening /dev/net/tun");
  ifreq request{};
  device_.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(tun, TUNSETIFF, &request) < 0) {
    const Error error = failed("making the device " + device_);
    close(tun);
    return error;
  }
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  request.ifr_mtu = kMtu;
  bool good = any >= 0 && ioctl(any, SIOCSIFMTU, &request) == 0 && ioctl(any, SIOCGIFFLAGS, &request) == 0;
  if (good) {
    request.ifr_flags = short(request.ifr_flags | IFF_UP);
    good = ioctl(any, SIOCSIFFLAGS, &request) == 0;
  }
  if (!good) {
    const Error error = failed("setting up the device " + device_);
    close(any);
    close(tun);
    return error;
  }
  close(any);
  tun_ = tun;
  interface_ = if_nametoindex(device_.c_str());
  watch_ = loop_.on_readable(tun_, [this] { on_device(); });
  if (watch_) return Done{};
  close_device("");
  return Error{"watching the device " + device_ + " failed"};
}

void TunnelledChecks::close_device(const std::string& why) {
  if (tun_ < 0) return;
  for (auto& [key, flow] : flows_)
    if (flow.trouble.empty()) flow.trouble = why;
  watch_.reset();
  end_diversion(number_);  // while the device is ours: a successor that waits for its name makes the same rules
  close(tun_);
  tun_ = -1;
  diverted_[0] = diverted_[1] = false;
  expected_.clear();
}

Result<int> TunnelledChecks::outer(bool ip6, int protocol) {
  if (const auto at = outer_.find({ip6, protocol}); at != outer_.end()) return at->second;
  const Address* from = source(ip6);
  if (!from) return Error{fmt::format("[director] has no {} address for the tunnel", ip6 ? "IPv6" : "IPv4")};
  const bool udp = protocol == IPPROTO_UDP;
  const int made =
      ::socket(ip6 ? AF_INET6 : AF_INET, (udp ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (made < 0) return failed("making a socket for the tunnel");
  // It only sends: what others send with that protocol is not to pile up here.
  sock_filter nothing = {BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program = {1, &nothing};
  setsockopt(made, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  if (udp) {  // as the director's other tunnels: the inner packet has a checksum (RFC 6935, 6936)
    const int on = 1;
    if (ip6)
      setsockopt(made, IPPROTO_UDP, UDP_NO_CHECK6_TX, &on, sizeof on);
    else
      setsockopt(made, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on);
  }
  const SocketAddress here(*from, 0);
  if (bind(made, here.get(), here.size()) < 0) {
    const Error error = failed("using the tunnel's source " + text(*from));
    close(made);
    return error;
  }
  return outer_[{ip6, protocol}] = made;
}

Status TunnelledChecks::prepare(const Subject& subject) {
  const bool ip6 = !is_ip4(subject.address), outer6 = !is_ip4(subject.tunnel_end);
  if (const Result<int> socket = outer(outer6, protocol_of(subject.tunnel, ip6)); !socket) return socket.error();
  if (tun_ < 0) WM_TRY(open_device());
  const Diversion diversion{number_, interface_};
  if (!diverted_[ip6]) WM_TRY(divert_marked(diversion, ip6));
  diverted_[ip6] = true;
  const Address* here = source(ip6);
  if (ip6 || !here || std::find(expected_.begin(), expected_.end(), subject.address) != expected_.end()) return Done{};
  WM_TRY(expect_answers(diversion, subject.address, *here));
  expected_.push_back(subject.address);
  return Done{};
}

Status TunnelledChecks::admit(int socket, const Subject& subject) {
  WM_TRY(prepare(subject));
  const bool ip6 = !is_ip4(subject.address);
  if (setsockopt(socket, SOL_SOCKET, SO_MARK, &number_, sizeof number_) < 0) return failed("marking a socket");
  const Address* from = source(ip6);
  const SocketAddress here(from ? *from : ip6 ? Address{} : address_of(be32{0}), 0);
  if (bind(socket, here.get(), here.size()) < 0) return failed("using the source " + text(from ? *from : Address{}));
  const SocketAddress bound = SocketAddress::of(socket);
  const Time now = boot_time();
  forget(now);
  // A check waits for a few timeouts where the loop is held up.
  flows_[{ip6, bound.port()}] = {subject.tunnel_end, subject.tunnel, now + 4 * subject.timeout() + kLastWords};
  return Done{};
}

std::string TunnelledChecks::trouble(int socket) const {
  const SocketAddress bound = SocketAddress::of(socket);
  const auto at = flows_.find({bound.family() == AF_INET6, bound.port()});
  return at == flows_.end() ? "the tunnel for checks was made anew" : at->second.trouble;
}

void TunnelledChecks::forget(Time now) {
  if (now < forget_due_) return;
  forget_due_ = now + 1s;
  std::erase_if(flows_, [&](const auto& flow) { return flow.second.until < now; });
}

void TunnelledChecks::on_device() {
  std::array<u8, 2048> packet;
  for (int i = 0; i < kPacketsAtOnce; ++i) {
    const ssize_t length = read(tun_, packet.data(), packet.size());
    if (length >= 0) {
      send({packet.data(), std::size_t(length)});
    } else if (errno != EINTR) {
      if (errno != EAGAIN) close_device("the device " + device_ + " was deleted");  // the next question makes it anew
      return;
    }
  }
}

// What belongs to no question, such as the kernel's own neighbour discovery, goes nowhere.
void TunnelledChecks::send(std::span<const u8> packet) {
  if (packet.size() < sizeof(Ip4)) return;
  const bool ip6 = packet[0] >> 4 == 6;
  const std::size_t transport = ip6 ? sizeof(Ip6) : (packet[0] & 15) * 4u;
  const u8 protocol = ip6 ? packet[6] : packet[9];
  if (protocol != kProtoTcp || packet.size() < transport + sizeof(Tcp)) return;
  const u16 port = u16(packet[transport] << 8 | packet[transport + 1]);
  const auto at = flows_.find({ip6, port});
  if (at == flows_.end()) return;
  Flow& flow = at->second;
  const int carrier = protocol_of(flow.tunnel, ip6);
  const bool udp = carrier == IPPROTO_UDP;
  const Result<int> socket = outer(!is_ip4(flow.end), carrier);
  if (!socket) {
    flow.trouble = socket.error().sentence;
    return;
  }
  Target ready{};
  set_outer(ready, *source(!is_ip4(flow.end)), flow.end, flow.tunnel);
  u8* header = ready.outer + outer_ip_length(!is_ip4(flow.end)) + (udp ? sizeof(Udp) : 0);
  const std::size_t length = std::size_t(ready.outer + ready.outer_length - header);
  say_inner(header, flow.tunnel, ip6);
  iovec parts[2] = {{header, length}, {const_cast<u8*>(packet.data()), packet.size()}};
  SocketAddress to(flow.end, udp ? flow.tunnel.port : u16(0));
  msghdr message{};
  message.msg_name = to.get();
  message.msg_namelen = to.size();
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  // A packet that is lost is TCP's to send again. Such a socket hears no ICMP: what fails is here, and no silence of
  // the other end.
  if (sendmsg(*socket, &message, MSG_DONTWAIT) < 0)
    flow.trouble = fmt::format("sending through the tunnel failed: {}", std::strerror(errno));
}

}  // namespace waymark
