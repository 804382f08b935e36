#include "lab/translator/probes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <nlohmann/json.hpp>

#include "lab/kit/endpoint.h"
#include "lab/kit/learned_mtu.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/pings.h"
#include "lab/kit/traceroute.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(10);
constexpr u32 kIp4Echo = 28, kIp6Echo = 48;  // headers before an echo's payload

std::string from(To to) { return to == To::ip6 ? "h4" : "h6"; }
std::string server(To to) { return to == To::ip6 ? "h6" : "h4"; }
std::string way(To to) { return to == To::ip6 ? "IPv4 to IPv6" : "IPv6 to IPv4"; }
std::string seen(To to, Path path) { return to == To::ip6 ? seen4(path) : seen6(path); }
u32 mtu(To to, Path path) { return to == To::ip6 ? mtu_towards6(path) : mtu_towards4(path); }
u32 echo_headers(To to) { return to == To::ip6 ? kIp4Echo : kIp6Echo; }

bool of_pool(const std::string& address) {
  const size_t dot = address.rfind('.');
  const int last = dot == std::string::npos ? 0 : std::atoi(address.c_str() + dot + 1);
  return address.starts_with("192.0.2.") && last >= 128 && last < 144;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Status until(const std::string& what, const std::function<bool()>& holds) {
  for (const Time end = now() + kPatience; now() < end && !interrupted(); pause_for(milliseconds(10)))
    if (holds()) return Done{};
  return Error{fmt::format("{} took longer than {} s", what, kPatience / seconds(1))};
}

}  // namespace

Status Questions::start(bool outlives_us) {
  std::string bulk(kBulk, 0);
  for (size_t i = 0; i < kBulk; ++i) bulk[i] = char(i * 2654435761u >> 13);
  WM_TRY(write_file(site_.file("www/bulk"), bulk));
  for (const char* end : {"h4", "h6"}) {
    const std::string name = end;
    WM_TRY(site_.write_nginx(name));
    WM_TRY(site_.write_big_zone(name));
    const std::vector<std::vector<std::string>> programs = {
        {"nginx", "-c", site_.file(name + ".nginx")}, {"knotd", "-c", site_.file(name + ".knot")}, {"iperf3", "-s"}};
    for (const auto& argv : programs) {
      auto p = Process::start({site_.netns(name), argv, site_.file(name + "." + argv[0] + ".log"), outlives_us});
      if (!p) return p.error();
      servers_.push_back(std::move(*p));
    }
    const std::string own = name == "h4" ? own4(Path::wide) : own6(Path::wide);
    WM_TRY(until("a web server's start", [&] {
      return bool(run({.netns = site_.netns(name), .argv = {"curl", "-sS", "--fail", "--globoff", url(own, "alive")}}));
    }));
    WM_TRY(until("a name server's start", [&] {
      auto said = run({.netns = site_.netns(name), .argv = {"kdig", "@" + own, "big.test", "SOA", "+timeout=1"}});
      return said && said->find("NOERROR") != std::string::npos;
    }));
    WM_TRY(until("an iperf3 server's start", [&] {
      const Inside inside(site_.netns(name));
      auto at = endpoint(own, 5201);
      auto fd = at ? connected(*at, SOCK_STREAM) : Result<int>(at.error());
      if (!fd) return false;
      pollfd p{*fd, POLLOUT, 0};
      const bool open = poll(&p, 1, 1000) == 1 && !(p.revents & (POLLERR | POLLHUP));
      close(*fd);
      return open;
    }));
  }
  return Done{};
}

void Questions::release() {
  for (Process& p : servers_) p.release();
}

bool Questions::passes(To to) const {
  return bool(
      run({.netns = site_.netns(from(to)), .argv = {"ping", "-n", "-c", "1", "-W", "1", seen(to, Path::wide)}}));
}

Questions::Found Questions::ping(To to) const {
  for (const auto& address : {seen(to, Path::wide), to == To::ip6 ? kTranslator4 : kTranslator6}) {
    const auto said = ping_all(site_.netns(from(to)), address);
    if (!said) return Error{fmt::format("{}: {}", way(to), said.error().sentence)};
  }
  return fmt::format("{}: 20 of 20 pings answered by the other end, and by the translator's own address", way(to));
}

Questions::Found Questions::fetch(To to) const {
  auto said =
      run({.netns = site_.netns(from(to)),
           .argv = {"curl", "-sS", "--fail", "--globoff", "--max-time", "10", url(seen(to, Path::wide), "alive")}});
  if (!said) return Error{fmt::format("{}: {}", way(to), said.error().sentence)};
  if (*said != "yes\n") return Error{fmt::format("{}: curl got \"{}\"", way(to), *said)};
  return fmt::format("{}: curl got its page", way(to));
}

Result<std::string> Questions::iperf(To to, std::vector<std::string> more) const {
  std::vector<std::string> argv = {"iperf3", "-J", "--connect-timeout", "5000", "-c", seen(to, Path::wide)};
  argv.insert(argv.end(), more.begin(), more.end());
  // Its server is busy for a moment after each test.
  Result<std::string> said = Error{"it was not run"};
  for (const Time end = now() + kPatience; !said && now() < end && !interrupted(); pause_for(milliseconds(20)))
    said = run({.netns = site_.netns(from(to)), .argv = argv});
  return said;
}

Questions::Found Questions::stream(To to) const {
  for (const bool reverse : {false, true}) {
    std::vector<std::string> more = {"-n", "2M", "-b",
                                     "100M"};  // paced: what is under way at its end it does not count
    if (reverse) more.push_back("-R");
    auto said = iperf(to, more);
    if (!said) return Error{fmt::format("{}: {}", way(to), said.error().sentence)};
    const auto json = nlohmann::json::parse(*said, nullptr, false);
    const double got = json.value("/end/sum_received/bytes"_json_pointer, 0.0);
    if (got < 1'500'000) return Error{fmt::format("{}: iperf3 got {} bytes", way(to), got)};
  }
  return fmt::format("{}: iperf3, 2 MB there and 2 MB back", way(to));
}

Questions::Found Questions::trace(To to, bool by_echo) const {
  std::vector<std::string> argv = {"traceroute", "-n", "-q", "1", "-w", "2", "-m", "9", "-N", "1"};
  if (by_echo) argv.push_back("-I");
  argv.push_back(plain(seen(to, Path::wide)));
  auto said = run({.netns = site_.netns(from(to)), .argv = argv}, seconds(25));
  if (!said) return Error{fmt::format("{}: {}", way(to), said.error().sentence)};
  auto is = hops(*said);
  std::vector<std::string> want =
      to == To::ip6
          ? std::vector<std::string>{"203.0.113.1", "198.18.1.2", kTranslator4, "pool", "pool", seen4(Path::wide)}
          : std::vector<std::string>{"2001:db8:6::1",        "2001:db8:f1::2",       kTranslator6,
                                     embedded("198.18.4.1"), embedded("198.18.1.1"), seen6(Path::wide)};
  bool same = is.size() == want.size();
  for (size_t i = 0; same && i < is.size(); ++i) same = want[i] == "pool" ? of_pool(is[i]) : plain(want[i]) == is[i];
  const std::string sentence =
      fmt::format("{}: traceroute by {} sees {}", way(to), by_echo ? "ICMP" : "UDP", fmt::join(is, ", "));
  if (!same) return Error{fmt::format("{}, not {}", sentence, fmt::join(want, ", "))};
  return sentence;
}

Questions::Found Questions::resolve(To to) const {
  std::string sizes;
  for (const char* name : {"t8.big.test", "t15.big.test"}) {
    auto said = run({.netns = site_.netns(from(to)),
                     .argv = {"kdig", "@" + plain(seen(to, Path::wide)), name, "TXT", "+notcp", "+ignore",
                              "+bufsize=4096", "+timeout=2", "+retry=3"}});
    if (!said) return Error{fmt::format("{}: {}", way(to), said.error().sentence)};
    const size_t at = said->find(";; Received ");
    const int bytes = at == std::string::npos ? 0 : std::atoi(said->c_str() + at + 12);
    if (bytes <= 2000 || said->find("NOERROR") == std::string::npos || said->find("(UDP)") == std::string::npos)
      return Error{fmt::format("{}: no whole answer by UDP for {}: {}", way(to), name, said->substr(0, 300))};
    sizes += fmt::format("{}{}", sizes.empty() ? "" : " and ", bytes);
  }
  return fmt::format("{}: DNS answers of {} bytes came by UDP, in fragments", way(to), sizes);
}

Questions::Found Questions::echoes_find_mtu(To to, Path path) const {
  WM_TRY(forget_mtus(site_.netns(from(to))));
  const u32 wanted = mtu(to, path);
  const std::string address = seen(to, path);
  const auto echo = [&](u32 size) {
    auto p = Process::start({.netns = site_.netns(from(to)),
                             .argv = {"ping", "-n", "-M", "do", "-c", "1", "-W", "1", "-s",
                                      std::to_string(size - echo_headers(to)), address}});
    if (!p) return std::string();
    (void)p->wait(kPatience);
    return p->rest();
  };
  std::string told;
  for (int i = 0; i < 6; ++i) {
    auto known = learned_mtu(site_.netns(from(to)), seen(to, path));
    if (!known) return known.error();
    if (*known == wanted) break;
    told += echo(std::min(*known, 1500u));
  }
  auto known = learned_mtu(site_.netns(from(to)), seen(to, path));
  if (!known) return known.error();
  const std::string title = fmt::format("{}, {}: ", way(to), address);
  if (*known != wanted)
    return Error{fmt::format("{}pings with DF came to an MTU of {}, not {}: {}", title, *known, wanted, told)};
  // Who told the last of it: a router, as the translator calls it, or the translator itself.
  const std::string last = told.rfind("From ") == std::string::npos ? "" : told.substr(told.rfind("From ") + 5);
  const std::string who = last.substr(0, last.find_first_of(" \n"));
  const std::string own = to == To::ip6 ? kTranslator4 : kTranslator6;
  const bool beyond = path == Path::beyond1400 || path == Path::beyond1280;
  const bool router = to == To::ip6 ? of_pool(who) : who == plain(embedded("198.18.4.1"));
  if (wanted < 1500 && !(beyond ? router : who == own))
    return Error{fmt::format("{}\"{}\" told the MTU: {}", title, who, told)};
  if (echo(wanted).find(" 1 received") == std::string::npos)
    return Error{fmt::format("{}a ping of {} bytes is not answered", title, wanted)};
  return fmt::format("{}pings with DF came to an MTU of {}{}", title, wanted, wanted < 1500 ? ", told by " + who : "");
}

Questions::Found Questions::bulk_finds_mtu(To to, Path path) const {
  WM_TRY(forget_mtus(site_.netns(from(to))));
  // The receiver asks from the address that is behind the narrow link.
  const To back = to == To::ip6 ? To::ip4 : To::ip6;
  const std::string receiver = server(to), source = to == To::ip6 ? own6(path) : own4(path);
  const std::string file = site_.file("bulk.got"), title = fmt::format("{}, {}: ", way(to), seen(to, path));
  auto said = run({.netns = site_.netns(receiver),
                   .argv = {"curl", "-sS", "--fail", "--globoff", "--max-time", "15", "--interface", source, "-o", file,
                            url(seen(back, Path::wide), "bulk")}});
  if (!said) return Error{title + said.error().sentence};
  const bool whole = bytes_of(file) == bytes_of(site_.file("www/bulk"));
  std::error_code none;
  std::filesystem::remove(file, none);
  auto known = learned_mtu(site_.netns(from(to)), seen(to, path));
  if (!known) return known.error();
  // Over the widest path TCP's segments fit from the first one on.
  const u32 wanted = path == Path::wide ? 1500 : mtu(to, path);
  if (!whole || *known != wanted)
    return Error{fmt::format("{}a download came {}, and its sender knows an MTU of {}, not {}", title,
                             whole ? "whole" : "with other bytes", *known, wanted)};
  return fmt::format("{}a download came whole, and its sender knows an MTU of {}", title, wanted);
}

Questions::Found Questions::plain_udp() const {
  int out = -1, in = -1;
  {
    const Inside inside(site_.netns("h6"));
    auto at = endpoint(own6(Path::wide), kPlainPort);
    if (!at) return at.error();
    auto fd = bound(*at, SOCK_DGRAM);
    if (!fd) return fd.error();
    in = *fd;
  }
  {
    const Inside inside(site_.netns("h4"));
    auto at = endpoint(seen4(Path::wide), kPlainPort);
    auto fd = at ? connected(*at, SOCK_DGRAM) : Result<int>(at.error());
    if (!fd) return close(in), fd.error();
    out = *fd;
  }
  const int on = 1;
  setsockopt(out, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on);
  std::string sent(501, 'x'), got(2000, 0);  // an odd size
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = char(i * 7);
  int arrived = 0;
  for (int i = 0; i < 20 && arrived + 2 > i; ++i) {
    sent[0] = char(i);
    pollfd p{in, POLLIN, 0};
    if (send(out, sent.data(), sent.size(), 0) < 0 || poll(&p, 1, 1000) != 1) continue;
    const ssize_t n = recv(in, got.data(), got.size(), 0);
    arrived += n == ssize_t(sent.size()) && got.compare(0, sent.size(), sent) == 0;
  }
  close(in);
  close(out);
  const std::string sentence = fmt::format("IPv4 to IPv6: {} of 20 UDP packets without a checksum arrived", arrived);
  if (arrived != 20) return Error{sentence};
  return sentence;
}

Result<double> Questions::bits_per_second(To to) const {
  auto said = iperf(to, {"-t", "3"});
  if (!said) return said.error();
  return nlohmann::json::parse(*said, nullptr, false).value("/end/sum_received/bits_per_second"_json_pointer, 0.0);
}

Result<double> Questions::packets_per_second(To to) const {
  auto said = iperf(to, {"-u", "-b", "0", "-l", "64", "-t", "3"});
  if (!said) return said.error();
  const auto json = nlohmann::json::parse(*said, nullptr, false);
  const auto number = [&](const char* name) {
    return json.value(nlohmann::json::json_pointer(std::string("/end/sum/") + name), 0.0);
  };
  const double took = number("seconds");
  return took > 0 ? (number("packets") - number("lost_packets")) / took : 0;
}

}  // namespace waymark::lab
