// A daemon that translates between IPv4 and IPv6 hosts, all of which stand in the peer's namespace.
#pragma once

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>

#include "daemon/processes_test.h"
#include "engine/xdp/holder.h"

namespace waymark {

// A machine that routes, and a peer to which XDP sends back what comes from it.
class Routing : public Processes {
 protected:
  void SetUp() override {
    Processes::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    peer("ethtool -K wm-peer tx off >/dev/null");  // XDP sees checksums as they are
    // A router's settings: without them the kernel says nothing of ways, MTUs among it, nor takes what is left to it.
    here("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    here(
        "ip neigh replace 10.77.0.2 lladdr 02:00:00:00:00:02 dev wm-here nud permanent; "
        "ip neigh replace 2001:db8:77::2 lladdr 02:00:00:00:00:02 dev wm-here nud permanent");
    in_peer([] {  // what XDP sends back into a veth is lost without
      const Status put = put_pass(if_nametoindex("wm-peer"), "wm-peer");
      ASSERT_TRUE(put) << put.error().sentence;
    });
  }
  // A gateway whose only tenant, "red", has this tunnel; and lines of [engine] and of the tenant's besides.
  void write_gateway(const std::string& tunnel, const std::string& tenant = "firewall = false\n",
                     const std::string& engine = "interfaces = { wm-here = \"public\" }\n") {
    std::ofstream(config_file()) << "[node]\nname = \"" << name << "\"\n[engine]\npins = 0\n"
                                 << engine << R"([plan.cloud]
prefix = "2001:db8:4000::/36"
layout = "gateway:8 tenant:16 zero:36 ipv4:32"
[gateway]
plan = "cloud"
holds = [1]
prefix = [{ prefix = "2001:db8:64::/96" }]
[[gateway.id]]
id = 1
address = "10.77.0.1"
[[gateway.tenant]]
name = "red"
number = 1
)" << tenant << "tunnel = [" << tunnel
                                 << "]\n";
  }
  // Whether the tenant's host of this address is known, with the MAC address that the tests give it, behind `remote`.
  bool knows(const std::string& address, const std::string& remote) {
    const auto rows = get("/v1/neighbours?tenant=red&address=" + address);
    return rows.size() == 1 && rows[0]["mac"] == "02:00:00:00:50:05" && rows[0]["remote"] == remote;
  }
};

class Translating : public Routing {
 protected:
  void SetUp() override {
    Routing::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    translate();
    ASSERT_TRUE(runs(spawn())) << log();
  }
  // `map` leads to the peer's IPv6 address; IPv4 addresses stand under 2001:db8:64::/96.
  void translate(const std::string& map = "ip4 = \"198.51.100.6/32\", ip6 = \"2001:db8:77::2/128\"") {
    std::ofstream(config_file()) << "[node]\nname = \"" << name
                                 << "\"\n[engine]\npins = 0\ninterfaces = { wm-here = \"public\" }\n"
                                    "[translator]\naddress = [\"10.77.0.1\", \"2001:db8:77::1\"]\n"
                                    "prefix = [{ prefix = \"2001:db8:64::/96\" }]\n"
                                    "map = [{ "
                                 << map << " }]\n";
  }
  // In the peer's namespace.
  int socket_in_peer(int family, const char* address, uint16_t port) {
    int fd = -1;
    in_peer([&] {
      fd = ::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      const int off = IP_PMTUDISC_DONT;
      setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &off, sizeof off);
      const Name own = name_of(family, address, port);
      ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&own.bytes), own.length), 0) << strerror(errno);
    });
    return fd;
  }
  struct Name {
    sockaddr_storage bytes;
    socklen_t length;
  };
  static Name name_of(int family, const char* address, uint16_t port) {
    Name out{};
    if (family == AF_INET) {
      auto* n = reinterpret_cast<sockaddr_in*>(&out.bytes);
      n->sin_family = AF_INET;
      n->sin_port = htons(port);
      inet_pton(AF_INET, address, &n->sin_addr);
      out.length = sizeof *n;
    } else {
      auto* n = reinterpret_cast<sockaddr_in6*>(&out.bytes);
      n->sin6_family = AF_INET6;
      n->sin6_port = htons(port);
      inet_pton(AF_INET6, address, &n->sin6_addr);
      out.length = sizeof *n;
    }
    return out;
  }
  static void send_to(int fd, const char* address, const std::string& data) {
    const Name to = name_of(AF_INET, address, 6000);
    ASSERT_EQ(sendto(fd, data.data(), data.size(), 0, reinterpret_cast<const sockaddr*>(&to.bytes), to.length),
              ssize_t(data.size()));
  }
  static std::string received(int fd, int* hops = nullptr, int patience = 5000) {  // milliseconds
    pollfd wait = {fd, POLLIN, 0};
    if (poll(&wait, 1, patience) != 1) return "";
    std::string data(65536, 0);
    iovec into = {data.data(), data.size()};
    alignas(cmsghdr) char beside[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    message.msg_control = beside;
    message.msg_controllen = sizeof beside;
    data.resize(size_t(std::max<ssize_t>(0, recvmsg(fd, &message, 0))));
    const cmsghdr* found = CMSG_FIRSTHDR(&message);
    if (hops && found && found->cmsg_type == IPV6_HOPLIMIT) std::memcpy(hops, CMSG_DATA(found), sizeof *hops);
    return data;
  }
};

}  // namespace waymark
