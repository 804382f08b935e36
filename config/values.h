// Values that several sections of the configuration have.
#pragma once

#include <string>

#include "base/prefix.h"
#include "base/time.h"

namespace waymark {

// IP-in-IP (RFC 2003, 2473, 4213); GUE variant 0 over UDP; GRE (RFC 2784, 2890); VXLAN (RFC 7348); none, but by the
// target's MAC address, or with its address as destination. As in core/outer.h. And a tenant's own link: Ethernet, or
// MPLS (RFC 3032) over it.
enum class Tunnel : u8 { ip = 0, gue = 1, gre = 2, vxlan = 3, mac = 4, rewrite = 5, ethernet = 6, mpls = 7 };
constexpr const char* kTunnelNames[] = {"ip", "gue", "gre", "vxlan", "mac", "rewrite", "ethernet", "mpls"};
constexpr bool is_bare(Tunnel tunnel) { return tunnel == Tunnel::mac || tunnel == Tunnel::rewrite; }
constexpr const char* name_of(Tunnel tunnel) { return kTunnelNames[u8(tunnel)]; }
constexpr u16 usual_port(Tunnel tunnel) { return tunnel == Tunnel::vxlan ? 4789 : 6080; }
enum class Protocol : u8 { tcp = 6, udp = 17 };  // IANA numbers
enum class Affinity : u8 { flow = 0, client = 1 };
enum class XdpMode : u8 { automatic, native, generic };

// "tcp/80", "udp/1000-2000", "tcp/*": first <= last, host order; all ports are 0 to 65535.
struct PortRange {
  Protocol protocol;
  u16 first, last;
};

// "eth0" is the untagged traffic of eth0; "eth0:100" what carries VLAN 100; "eth0:100:7" 7 within 100 (802.1ad).
struct InterfaceConfig {
  std::string name;
  u16 outer_vlan = 0, inner_vlan = 0;  // 0: no tag
  std::string zone;
};

enum class CheckKind : u8 { none, tcp, http, https, icmp };

// How it is found out whether a target (or, on a host, the local service) is well.
struct CheckConfig {
  bool tcp = false, icmp = false;  // a connection is accepted; an echo is answered
  std::string http, https;         // the path of a request that must be answered with a status from 200 to 399
  u16 port = 0;                    // 0: the service's first TCP port
  std::string host;                // Host header, and for HTTPS the name in the certificate; empty: the address
  std::string ca;                  // file of trusted certificates; empty: the system's
  bool verify = true;              // HTTPS: the certificate must be valid and carry that name
  bool through = false;            // asked at the service's address, through the tunnel; else at the target's own
  Duration every = std::chrono::seconds(2), timeout = std::chrono::seconds(1);
  u32 rise = 2, fall = 3;   // so many answers in a row make it up, so many failures down
  u32 jitter = 10;          // each pause is longer or shorter by up to so many percent
  CheckKind kind() const {  // the one that is given
    if (!https.empty()) return CheckKind::https;
    if (!http.empty()) return CheckKind::http;
    return tcp ? CheckKind::tcp : icmp ? CheckKind::icmp : CheckKind::none;
  }
};

}  // namespace waymark
