#include "lab/kit/place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "lab/kit/netns.h"
#include "lab/kit/process.h"

namespace waymark::lab {
namespace {

constexpr int kMtu = 1500;

std::vector<std::pair<std::string, std::string>> settings_of(const std::string& node) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const char* which : {"all", "default"}) {
    const std::string v4 = fmt::format("net/ipv4/conf/{}/", which), v6 = fmt::format("net/ipv6/conf/{}/", which);
    out.insert(out.end(), {{v6 + "accept_dad", "0"}, {v6 + "accept_ra", "0"}, {v4 + "rp_filter", "0"}});
    if (node[0] == 'd') out.push_back({v4 + "accept_local", "1"});  // the kernel may have to forward what we tunnelled
    if (node[0] == 'r' || node[0] == 'd') {
      out.insert(out.end(), {{v6 + "forwarding", "1"}, {v4 + "forwarding", "1"}, {v4 + "send_redirects", "0"}});
    }
    if (node[0] == 's') {
      // All servers hold the service's addresses: none may answer ARP for them or ask with them.
      out.insert(out.end(), {{v4 + "arp_ignore", "1"}, {v4 + "arp_announce", "2"}});
    }
  }
  out.push_back({"net/ipv6/conf/default/router_solicitations", "0"});
  return out;
}

}  // namespace

std::string address6(const std::string& server) { return "2001:db8:5::" + server.substr(1); }
std::string address4(const std::string& server) { return "192.0.2.1" + server.substr(1); }
bool over_ip4(const std::string& server) { return server == "s3" || server == "s4"; }

std::string client_commands(const std::string& client) {
  const int n = client[1] - '0', base = 64 * (n - 1);
  return fmt::format(
      "link set dev lo up\nlink set dev eth0 up\n"
      "addr add 2001:db8:c{0}::2/64 dev eth0 nodad\nroute add default via 2001:db8:c{0}::1\n"
      "addr add 203.0.113.{1}/26 dev eth0\nroute add default via 203.0.113.{2}\n",
      n, base + 2, base + 1);
}

std::string server_commands(const std::string& server, int tunnel) {
  // Replies do not know what the tunnel adds to requests: the MSS that the servers offer leaves room for it.
  return fmt::format(
      "link set dev lo up\nlink set dev eth0 up\n"
      "addr add {}/64 dev eth0 nodad\naddr add {}/24 dev eth0\n"
      "addr add {}/128 dev lo nodad\naddr add {}/32 dev lo\n"
      "route add default via 2001:db8:5::ff advmss {}\nroute add default via 192.0.2.254 advmss {}\n",
      address6(server), address4(server), kService6, kService4, kMtu - tunnel - 60, kMtu - tunnel - 40);
}

std::string segment_commands(const std::string& bridge, const std::vector<std::string>& ports) {
  // Of its own accord a bridge has the MAC of one of its ports, and another one once that port has left.
  std::string out = fmt::format(
      "link add {0} address 02:00:00:00:00:01 type bridge mcast_snooping 0 stp_state 0\nlink set dev {0} up\n", bridge);
  for (const auto& port : ports) out += fmt::format("link set dev {0} master {1}\nlink set dev {0} up\n", port, bridge);
  return out;
}

std::string router_commands() {
  return "link set dev lo up\nlink set dev c1 up\nlink set dev c2 up\nlink set dev lan up\n"
         "addr add 2001:db8:c1::1/64 dev c1 nodad\naddr add 203.0.113.1/26 dev c1\n"
         "addr add 2001:db8:c2::1/64 dev c2 nodad\naddr add 203.0.113.65/26 dev c2\n"
         "addr add 2001:db8:5::ff/64 dev lan nodad\naddr add 192.0.2.254/24 dev lan\n";
}

std::string url(const std::string& address, const std::string& path) {
  return address.find(':') == std::string::npos ? fmt::format("http://{}/{}", address, path)
                                                : fmt::format("http://[{}]/{}", address, path);
}

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path);
  if (!(out << text << std::flush)) return Error{fmt::format("{} cannot be written", path)};
  return Done{};
}

Status write_secret(const std::string& path) {
  // The file must be its owner's alone from the first byte on.
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  std::random_device random;
  std::string secret;
  for (int i = 0; i < 8; ++i) secret += fmt::format("{:08x}", random());
  const bool written = fd >= 0 && write(fd, secret.data(), secret.size()) == ssize_t(secret.size());
  if (fd >= 0) close(fd);
  if (!written) return Error{fmt::format("{} cannot be written", path)};
  return Done{};
}

std::string Place::wire(const std::string& a, const std::string& at_a, const std::string& b,
                        const std::string& at_b) const {
  return fmt::format("link add {} netns {} type veth peer name {} netns {}\n", at_a, netns(a), at_b, netns(b));
}

void Place::add_ends(Wires& wires) const {
  for (const auto& c : kClients) {
    wires.nodes.push_back(c);
    wires.links += wire(c, "eth0", "r", c);
    wires.whole_sums.push_back({c, "eth0"});
  }
  for (const auto& s : kServers) {
    wires.nodes.push_back(s);
    wires.links += wire(s, "eth0", "lan", s);
    wires.whole_sums.push_back({s, "eth0"});
  }
}

Status Place::raise(const Wires& wires) const {
  std::error_code failed;
  std::filesystem::create_directories(directory_ + "/www", failed);
  if (failed) return Error{fmt::format("directory {} cannot be made: {}", directory_, failed.message())};
  WM_TRY(write_file(file("www/alive"), "yes\n"));

  std::string spaces;
  for (const auto& node : wires.nodes) spaces += fmt::format("netns add {}\n", netns(node));
  WM_TRY(ip("", spaces));
  for (const auto& node : wires.nodes) {  // before there are interfaces
    WM_TRY(sysctls(netns(node), settings_of(node)));
    if (wires.more_settings) WM_TRY(sysctls(netns(node), wires.more_settings(node)));
  }
  WM_TRY(ip("", wires.links));
  for (const auto& node : wires.nodes) WM_TRY(ip(netns(node), wires.commands(node)));

  // A partial checksum does not survive a redirect, so senders sum in full; and a redirect into a veth is lost unless
  // the other end polls, which GRO makes it do.
  const auto feature = [&](const Interfaces& of, const char* name, const char* value) {
    for (const auto& [node, interface] : of) {
      auto ok = run({.netns = netns(node), .argv = {"ethtool", "-K", interface, name, value}});
      if (!ok) return Status(ok.error());
    }
    return Status(Done{});
  };
  WM_TRY(feature(wires.whole_sums, "tx", "off"));
  return feature(wires.polled, "gro", "on");
}

Status Place::write_host(const std::string& name, const std::vector<std::string>& directors,
                         const std::vector<std::string>& hosts) const {
  const std::string others = hosts.empty() ? "" : fmt::format("hosts = [\"{}\"]\n", fmt::join(hosts, "\", \""));
  return write_file(
      file(name + ".toml"),
      fmt::format("[node]\nname = \"{}\"\n\n"
                  "[engine]\ninterfaces = {{ eth0 = \"servers\" }}\n\n"
                  "[api]\nsocket = \"{}\"\n\n"
                  "[host]\naddress = [\"{}\", \"{}\"]\ndirectors = [\"{}\"]\ninterfaces = [\"eth0\"]\n\n"
                  "[[host.service]]\nname = \"web\"\naddress = [\"{}\", \"{}\"]\nports = [\"tcp/80\", \"tcp/{}\", "
                  "\"udp/{}\"]\n{}",
                  instance(name), socket(name), address6(name), address4(name), fmt::join(directors, "\", \""),
                  kService6, kService4, kEchoPort, kEchoPort, others));
}

Status Place::write_nginx(const std::string& name, const std::string& more) const {
  std::string temporary;
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary += fmt::format("  {}_temp_path {};\n", kind, file(fmt::format("{}.{}", name, kind)));
  return write_file(
      file(name + ".nginx"),
      fmt::format("daemon off;\nworker_processes 1;\nuser root;\npid {0};\nerror_log {1} warn;\n"
                  "worker_rlimit_nofile 8192;\nevents {{ worker_connections 8000; }}\n"
                  "http {{\n{2}  access_log off;\n  sendfile on;\n"
                  "  server {{ listen 80 backlog=4096; listen [::]:80 backlog=4096; root {3};{4} }}\n}}\n",
                  file(name + ".nginx.pid"), file(name + ".nginx.log"), temporary, file("www"), more));
}

Status Place::write_knot(const std::string& name, const std::string& domain, const std::string& records,
                         const std::vector<std::string>& at, const std::string& more) const {
  std::error_code failed;
  std::filesystem::create_directories(file(name + ".run"), failed);
  if (failed) return Error{fmt::format("{} cannot be made: {}", file(name + ".run"), failed.message())};
  WM_TRY(write_file(file(name + ".zone"),
                    fmt::format("$ORIGIN {}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\n"
                                "ns A 192.0.2.53\n{}",
                                domain, records)));
  return write_file(
      file(name + ".knot"),
      fmt::format("server:\n  rundir: {0}.run\n  listen: [ {1}@53 ]\n{2}  udp-workers: 1\n  tcp-workers: 1\n"
                  "  background-workers: 1\nlog:\n  - target: stderr\n    any: warning\n"
                  "database:\n  storage: {0}.run\n"
                  "zone:\n  - domain: {3}\n    file: {0}.zone\n    journal-content: none\n",
                  file(name), fmt::join(at, "@53, "), more, domain));
}

}  // namespace waymark::lab
