#include "lab/kit/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "core/icmp.h"
#include "lab/kit/loop.h"

namespace waymark::lab {
namespace {

constexpr Duration kPatience = std::chrono::seconds(20);
constexpr u32 kEthernet = 14;
// What routing daemons say to each other (BFD, BGP) never ends, and is nobody's here.
constexpr const char* kFilter = "(ip or ip6) and not udp port 3784 and not tcp port 179";

enum Field {
  length,
  interface,
  malformed,
  ip,
  icmp4,
  icmp6,
  tcp,
  udp,
  plain,
  error4,
  error6,
  fragment4,
  fragment6,
  ones
};

// "1,1" of a packet that quotes another: 0 is bad, 1 good, 2 not looked at.
bool has(const std::string& statuses, char status) { return statuses.find(status) != std::string::npos; }

bool error_of(const std::vector<std::string>& f) {
  const auto is_error = [](bool ip6, const std::string& type) {
    return !type.empty() && is_icmp_error(ip6, u8(std::atoi(type.c_str())));
  };
  return is_error(false, f[error4]) || is_error(true, f[error6]);
}

constexpr int kFirstOfClients = 32768, kLastOfClients = 60999;  // Linux's usual ip_local_port_range

// Every packet by itself: tshark calls it malformed if a segment comes again cut otherwise, which a smaller path MTU
// makes TCP do. And random payload is neither HTTP nor AFS, whatever its port; nor what has one of the ports that a
// client's may be (in_clients_ports).
const std::vector<std::string> kJudging = {"-o",
                                           "ip.check_checksum:TRUE",
                                           "-o",
                                           "tcp.check_checksum:TRUE",
                                           "-o",
                                           "udp.check_checksum:TRUE",
                                           "-o",
                                           "tcp.desegment_tcp_streams:FALSE",
                                           "--disable-protocol",
                                           "http",
                                           "--disable-protocol",
                                           "rx"};

// Options against protocols that tshark sees in a client's port alone, as "hcrt" in UDP from 47000.
Result<std::vector<std::string>> in_clients_ports() {
  const auto said = run({.argv = {"tshark", "-G", "decodes"}}, std::chrono::seconds(60));
  if (!said) return said.error();
  std::set<std::string> names;
  std::istringstream lines(*said);
  for (std::string line, table, port, name; std::getline(lines, line);) {
    std::istringstream words(line);
    if (!std::getline(words, table, '\t') || !std::getline(words, port, '\t') || !std::getline(words, name)) continue;
    if (table != "udp.port" && table != "tcp.port") continue;
    const int number = std::atoi(port.c_str());
    if (number >= kFirstOfClients && number <= kLastOfClients) names.insert(name);
  }
  std::vector<std::string> out;
  for (const std::string& name : names) out.insert(out.end(), {"--disable-protocol", name});
  return out;
}

constexpr const char* kBadSums =
    "ip.checksum.status == 0 or icmp.checksum.status == 0 or icmpv6.checksum.status == 0 or "
    "(((tcp.checksum.status == 0 and not tcp.checksum.ffff) or udp.checksum.status == 0) and not icmp and not icmpv6)";

bool fits(const std::vector<TappedLink>& links, const std::string& interface, u32 bytes) {
  return std::any_of(links.begin(), links.end(),
                     [&](const TappedLink& l) { return l.interface == interface && bytes <= l.mtu; });
}

}  // namespace

const std::vector<std::string> kCaptureFields = {
    "frame.len",           "frame.interface_name", "_ws.malformed",
    "ip.checksum.status",  "icmp.checksum.status", "icmpv6.checksum.status",
    "tcp.checksum.status", "udp.checksum.status",  "udp.checksum",
    "icmp.type",           "icmpv6.type",          "ip.flags.mf",
    "ipv6.fraghdr.nxt",    "tcp.checksum.ffff"};

Judged judged(const std::string& fields, const std::vector<TappedLink>& links) {
  Judged out;
  std::istringstream lines(fields);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> f(1);
    for (char c : line) {
      if (c == '\t') {
        f.emplace_back();
      } else {
        f.back() += c;
      }
    }
    if (f.size() != kCaptureFields.size()) continue;  // a warning of its own
    ++out.all;
    const bool error = error_of(f);
    const u32 bytes = u32(std::atoi(f[length].c_str())) - kEthernet;
    // An error quotes a part of a packet, over which no TCP or UDP checksum can be right.
    bool bad = has(f[ip], '0') || has(f[icmp4], '0') || has(f[icmp6], '0');
    // A TCP checksum of 0xffff in place of 0 is one that Linux made so, and right to every receiver (RFC 1624, 3).
    const bool right = has(f[tcp], '1') || !f[ones].empty();
    if (!error) bad |= (has(f[tcp], '0') && !right) || has(f[udp], '0');
    out.bad += bad;
    out.good += !bad && (has(f[icmp4], '1') || has(f[icmp6], '1') || right || has(f[udp], '1'));
    out.malformed += !f[malformed].empty();
    out.large += !fits(links, f[interface], bytes);
    out.errors += error;
    out.fragments += has(f[fragment4], '1') || !f[fragment6].empty();
    out.no_checksum += !error && f[plain] == "0x0000";
  }
  return out;
}

Status Capture::start() {
  for (const Tap& tap : taps_) {
    // What stands behind an interface is that one's alone. On a busy machine the buffers that it has by itself, of 2 MB
    // and a thousand packets, are not enough.
    std::vector<std::string> argv = {"dumpcap", "-f", kFilter, "-B", "32"};
    for (const TappedLink& link : tap.links) argv.insert(argv.end(), {"-i", link.interface});
    argv.insert(argv.end(), {"-N", "200000", "-C", "200000000", "-w", file(tap)});
    auto p = Process::start({.netns = place_.netns(tap.node), .argv = argv});
    if (!p) return p.error();
    all_.push_back(std::move(*p));
    for (;;) {  // it names the file once it listens
      auto line = all_.back().line(kPatience);
      if (!line) return line.error();
      if (line->starts_with("File:")) break;
    }
  }
  return Done{};
}

// What dumpcap has not written when it is told to end it throws away, and on a busy machine it is late.
void Capture::drain() const {
  const auto written = [&] {
    std::uintmax_t bytes = 0;
    for (const Tap& tap : taps_) {
      std::error_code none;
      const auto size = std::filesystem::file_size(file(tap), none);
      bytes += none ? 0 : size;
    }
    return bytes;
  };
  auto before = written();
  for (const Time end = now() + kPatience; now() < end && !interrupted();) {
    pause_for(std::chrono::milliseconds(700));
    const auto after = written();
    if (after == before) return;
    before = after;
  }
}

Status Capture::stop() {
  drain();
  for (Process& p : all_) {
    p.signal(SIGINT);
    if (p.wait(kPatience) != 0) return Error{"dumpcap did not end well: " + p.rest()};
    const std::string said = p.rest();
    // "Packets received/dropped on interface 'eth': 123/0 (...)"
    for (size_t at = said.find("received/dropped"); at != std::string::npos;
         at = said.find("received/dropped", at + 1)) {
      const std::string line = said.substr(at, said.find('\n', at) - at);
      if (line.find("/0 (") == std::string::npos) return Error{"the capture is not whole: " + line};
    }
  }
  all_.clear();
  return Done{};
}

// The first packets that a claim is not true of, for whoever must find out why.
std::string Capture::shown(const Tap& tap, const std::string& filter, const std::vector<std::string>& judging) const {
  std::vector<std::string> argv = {"tshark", "-n", "-x", "-V", "-r", file(tap), "-Y", filter};
  argv.insert(argv.end(), judging.begin(), judging.end());
  auto said = run({.argv = argv}, std::chrono::seconds(60));
  return said ? said->substr(0, 8000) : said.error().sentence;
}

Result<std::vector<Judged>> Capture::judge(Verdict& out) const {
  const auto others = in_clients_ports();
  if (!others) return others.error();
  std::vector<std::string> judging = kJudging;
  judging.insert(judging.end(), others->begin(), others->end());
  std::vector<Judged> all;
  for (const Tap& tap : taps_) {
    std::vector<std::string> argv = {"tshark", "-n", "-r", file(tap)};
    argv.insert(argv.end(), judging.begin(), judging.end());
    argv.insert(argv.end(), {"-T", "fields"});
    for (const auto& field : kCaptureFields) argv.insert(argv.end(), {"-e", field});
    auto fields = run({.argv = argv}, std::chrono::seconds(60));
    if (!fields) return fields.error();
    const Judged is = judged(*fields, tap.links);
    all.push_back(is);
    const auto say = [&](bool ok, const std::string& what) {
      out.check(ok, fmt::format("of {} packets on {} {}", is.all, tap.title, what));
    };
    const auto why = [&](u64 wrong, const char* filter) { return wrong ? ":\n" + shown(tap, filter, judging) : ""; };
    say(is.all > 1000 && is.malformed == 0,
        fmt::format("{} are malformed{}", is.malformed, why(is.malformed, "_ws.malformed")));
    say(is.bad == 0 && is.good > 1000,
        fmt::format("{} have a bad checksum, {} good ones{}", is.bad, is.good, why(is.bad, kBadSums)));
    say(is.large == 0, fmt::format("{} are larger than their link's MTU", is.large));
    say(is.errors > 0, fmt::format("{} are ICMP errors", is.errors));
  }
  return all;
}

}  // namespace waymark::lab
