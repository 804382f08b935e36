#include "tests/path/asked.h"

#include <algorithm>
#include <cstdlib>

#include "base/address_text.h"
#include "config/dns_name.h"
#include "dns/cookie.h"
#include "node/chosen_ways.h"
#include "tests/dns/site.h"

namespace waymark::path_cases {

namespace {

Address ip(const std::string& text) { return *parse_address(text); }

dns::Knowledge knowledge_of(const Config& config) {
  const auto ways = ChosenWays::choose(config, {}, nullptr);
  if (!ways) std::abort();
  return {dns::Zones::compile(config), *ways, std::make_shared<dns::Lost>()};
}

// Of an IP packet that is UDP alone: who sent it to whom, and what is in it.
struct Datagram {
  std::string from, to;
  uint16_t port;
  Bytes data;
};
Datagram read(const Bytes& packet) {
  const bool six = packet.at(0) >> 4 == 6;
  const size_t l4 = six ? 40 : 20;
  const auto address = [&](size_t at) {
    u8 bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::copy_n(packet.begin() + long(at), six ? 16 : 4, bytes + (six ? 0 : 12));
    return text(load_address(bytes));
  };
  return {address(six ? 8 : 12), address(six ? 24 : 16), uint16_t(packet.at(l4) << 8 | packet.at(l4 + 1)),
          part(packet, l4 + 8, packet.size())};
}

}  // namespace

std::string busy_site(u32 id) {
  std::string toml = site(id);
  const std::string rate = "rate = 200";
  return toml.replace(toml.find(rate), rate.size(), "rate = 1000000");
}

Bytes question(const std::string& from, const std::string& message, const std::string& to) {
  const Payload payload = udp(40'000, 53, Bytes(message.begin(), message.end()));
  if (is_ip4(ip(from))) return ip4({.source = from, .destination = to}, payload);
  return ip6({.source = from, .destination = to}, payload);
}

std::string cookie_option(const std::string& from, u32 made_at) {
  const std::string client = "\1\2\3\4\5\6\7\x08";
  const auto server =
      dns::make_cookie(Scene::kCookies, {reinterpret_cast<const u8*>(client.data()), client.size()}, ip(from), made_at);
  return dns::option(10, client + std::string(server.begin(), server.end()));
}

NameServer::NameServer(PathSite& site)
    : responder_({Scene::kCookies, {}}, {3, 4}, counts_), seconds_(site.scene().seconds()) {
  responder_.know(knowledge_of(site.scene().node().config()));
}

Bytes NameServer::answer(const Bytes& packet) {
  const Datagram d = read(packet);
  const auto reply = responder_.answer(
      {{d.data.data(), d.data.size()}, ip(d.from), dns::Transport::udp, std::chrono::seconds(++turn_), seconds_});
  if (reply.empty()) return {};
  const Payload payload = udp(53, d.port, Bytes(reply.begin(), reply.end()));
  if (is_ip4(ip(d.from))) return ip4({.source = d.to, .destination = d.from, .id = 0}, payload);
  return ip6({.source = d.to, .destination = d.from}, payload);
}

std::string NameServer::judge(const Bytes& packet, const Left& left) {
  if (left.reason == "path.answered") {
    if (packet.size() < 28) return "a packet was answered that holds no question";
    const std::string differs = difference(answer(packet), left.packet);
    return differs.empty() ? "" : "the name server answers otherwise:\n" + differs;
  }
  if (!left.packet.empty()) return "it left, and was not answered";
  return left.passed == packet ? "" : "it was changed on its way to the name server";
}

std::string Questions::name(bool& plain) {
  static const std::string long_one = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') +
                                      "." + std::string(48, 'd') + ".svc.example";
  static const std::string names[] = {"www.svc.example", "both.svc.example",   "all.svc.example",
                                      "x.svc.example",   "strict.svc.example", long_one};
  static const std::string others[] = {"svc.example",      "ns1.svc.example",  "no.svc.example", "example.org",    "",
                                       "many.svc.example", "wwww.svc.example", "ww.svc.example", "x.svc.example.x"};
  plain = !once_in(8);
  std::string out = plain ? names[below(std::size(names))] : others[below(std::size(others))];
  for (char& c : out)
    if (once_in(3) && c >= 'a' && c <= 'z') c = char(c - 32);
  return out;
}

std::string Questions::options(const std::string& from, bool resolver, const std::string& client, bool& plain,
                               bool& asked_for) {
  std::vector<std::string> all;
  const u32 which = below(12);
  asked_for = false;
  if (resolver ? !once_in(8) : once_in(12)) {
    asked_for = which > 1;
    plain &= resolver;
    all.push_back(dns::subnet(which > 1 ? client + "/128" : which == 1 ? "3fff:c00:1:200::/56" : "198.51.100.0/24"));
  }
  if (once_in(2)) {
    const u32 kind = below(10);
    const u32 age = kind == 0 ? 1'900 : kind == 1 ? 4'000 : kind == 2 ? u32(-400) : below(1'700);
    std::string cookie = cookie_option(kind == 3 ? kStranger : from, seconds_ - age);
    if (kind == 4) cookie[4 + below(24)] ^= char(1 << below(8));
    if (kind == 5) cookie = dns::option(10, cookie.substr(4, 8));
    if (kind == 6) cookie = dns::option(10, cookie.substr(4, 8 + below(20)));
    plain &= kind > 6;
    all.push_back(cookie);
  }
  if (once_in(12)) {
    plain = false;
    all.push_back(once_in(2) ? dns::option(3, "") : all.empty() ? dns::option(12, std::string(9, '\0')) : all[0]);
  }
  std::shuffle(all.begin(), all.end(), random_);
  std::string out;
  for (const std::string& option : all) out += option;
  return out;
}

void Questions::damage(std::string& message) {
  for (u32 times = 1 + below(3); times; --times) {
    const u32 at = below(u32(message.size()));
    switch (below(5)) {
      case 0:
        message[at] = char(below(256));
        break;
      case 1:
        message[at] ^= char(1 << below(8));
        break;
      case 2:
        message.resize(std::max<u32>(at, 1));
        break;
      case 3:
        message.insert(at, std::string(1 + below(9), char(below(256))));
        break;
      default:
        message[below(12)] = char(below(4));
        break;
    }
  }
}

Questions::Drawn Questions::next() {
  bool plain = true, asked_for = false;
  const bool resolver = once_in(2), four = resolver && once_in(4);
  const std::string client = once_in(8) ? kUnlisted : path_cases::client(1 + below(5), 1 + below(100'000), below(5));
  const std::string from = four ? kResolver4 : resolver ? kResolver : client;
  plain &= client != kUnlisted;
  bool known = true;
  dns::Ask ask;
  ask.name = name(known);
  plain &= known;
  ask.options = options(from, resolver, client, plain, asked_for);
  if (resolver) plain &= asked_for;
  ask.edns = !once_in(3);
  ask.dnssec_ok = once_in(2);
  ask.payload = once_in(20) ? below(512) : 512 + below(5'000);
  ask.flags = below(4) << 8 & 0x100;
  if (once_in(4)) ask.flags |= below(4) << 4;
  const u32 odd = below(100);
  if (odd == 0) ask.flags = below(65'536);
  if (odd == 1) ask.version = 1;
  if (odd == 2) ask.cls = 3;
  if (odd == 3) ask.questions = below(3);
  if (odd >= 4 && odd < 9) ask.type = odd == 4 ? 1 : odd == 5 ? 65 : odd == 6 ? 255 : below(300);
  std::string message = dns::message(ask);
  plain &= odd >= 9 && ask.payload >= 512;
  if (once_in(10)) {
    damage(message);
    plain = false;
  }
  const std::string to = four ? kNameServer4 : once_in(3) ? pop(1) : kNameServer;
  Bytes packet = question(from, message, to);
  if (once_in(60)) {
    plain = false;
    const Payload payload = udp(40'000, 53, Bytes(message.begin(), message.end()));
    if (four)
      packet = once_in(2) ? ip4({.source = from, .destination = to, .fragment = 0x2000}, payload)
                          : ip4({.source = from, .destination = to, .options = {1, 1, 1, 1}}, payload);
    else
      packet = ip6({.source = from, .destination = to},
                   once_in(2) ? extension(60, payload) : fragment6(0, once_in(2), payload));
  }
  return {packet, plain};
}

}  // namespace waymark::path_cases
