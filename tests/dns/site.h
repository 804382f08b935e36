// The name server of that WAN, and questions put together by hand.
#pragma once

#include <stdexcept>
#include <string>

#include "base/address_text.h"
#include "config/dns_name.h"
#include "config/parse.h"
#include "dns/responder.h"
#include "tests/dns/texts.h"

namespace waymark::dns {

// Of no configuration where this one has an error, which is then in `problems`.
inline std::optional<Config> parse_site(const std::string& more, std::string& problems) {
  Parsed parsed = parse_config(kSite + more, "f");
  for (const Problem& p : parsed.problems) problems += render(p) + "\n";
  return std::move(parsed.config);
}

inline Address ip(const std::string& text) { return *parse_address(text); }

inline const std::string kAnn = "3fff:c00:1:100:0:500::", kBob = "3fff:c00:2:100:0:600::";  // POP 1, POP 2

inline std::string u16_text(u32 value) { return {char(value >> 8), char(value)}; }

struct Ask {
  std::string name = "www.svc.example";
  u32 type = 28;
  std::string options = {};  // EDNS options
  bool edns = false;
  u32 payload = 1232, version = 0, cls = 1, flags = 0x0100, questions = 1;
  bool dnssec_ok = false;
};

inline std::string option(u32 code, const std::string& data) {
  return u16_text(code) + u16_text(u32(data.size())) + data;
}

inline std::string subnet(const std::string& prefix) {
  const std::size_t slash = prefix.find('/');
  const u32 bits = u32(std::stoul(prefix.substr(slash + 1)));
  u8 bytes[16];
  const Address a = ip(prefix.substr(0, slash));
  store_address(bytes, a);
  std::string data = u16_text(is_ip4(a) ? 1 : 2) + char(bits) + '\0';
  data.append(reinterpret_cast<char*>(bytes) + (is_ip4(a) ? 12 : 0), (bits + 7) / 8);
  return option(8, data);
}

inline std::string message(const Ask& ask) {
  const bool edns = ask.edns || !ask.options.empty() || ask.dnssec_ok || ask.version;
  std::string out =
      "\x12\x34" + u16_text(ask.flags) + u16_text(ask.questions) + u16_text(0) + u16_text(0) + u16_text(edns);
  for (u32 i = 0; i < ask.questions; ++i) out += wire_name(ask.name) + u16_text(ask.type) + u16_text(ask.cls);
  if (edns)
    out += std::string(1, '\0') + u16_text(41) + u16_text(ask.payload) + '\0' + char(ask.version) +
           u16_text(ask.dnssec_ok ? 0x8000 : 0) + u16_text(u32(ask.options.size())) + ask.options;
  return out;
}

// What a message says, read without the product's code, by RFC 1035 alone.
struct Reply {
  std::string fault;  // what no answer may have; empty where it has nothing of that
  bool none = false, authoritative = false, truncated = false, recursion = false, dnssec_ok = false;
  u32 id = 0, rcode = 0, ttl = 0, type = 0, answers = 0, authority = 0, payload = 0, size = 0;
  std::string question, data, authority_owner, options;  // of the first record; the OPT's options
  int scope = -1;
  std::string cookie;
};
Reply read_reply(std::span<const u8> wire);

class Site {
 public:
  explicit Site(const std::string& names = kNames) {
    std::string problems;
    auto parsed = parse_site(names, problems);
    if (!parsed) throw std::runtime_error(problems);
    config = std::move(*parsed);
    responder.know({Zones::compile(config), std::make_shared<DirectWays>(), std::make_shared<Lost>()});
  }
  std::string raw(const std::string& wire, const std::string& from, Transport by = Transport::udp) {
    const auto out =
        responder.answer({{reinterpret_cast<const u8*>(wire.data()), wire.size()}, ip(from), by, now, seconds});
    return {reinterpret_cast<const char*>(out.data()), out.size()};
  }
  // Throws where the answer is none that there may be.
  Reply ask(const Ask& ask, const std::string& from = kAnn, Transport by = Transport::udp) {
    const std::string out = raw(message(ask), from, by);
    Reply r = read_reply({reinterpret_cast<const u8*>(out.data()), out.size()});
    if (!r.none && r.fault.empty() && r.id != 0x1234) r.fault = "it has another id than the question";
    if (!r.fault.empty()) throw std::runtime_error("an answer's fault: " + r.fault);
    return r;
  }
  u64 count(Outcome outcome) const { return counts.outcomes[std::size_t(outcome)]; }

  Config config;
  Counts counts;
  CookieSecrets secrets{{1, 2}, {}};
  Responder responder{secrets, {3, 4}, counts};
  Time now = std::chrono::seconds(1000);
  u32 seconds = 1'700'000'000;
};

}  // namespace waymark::dns
