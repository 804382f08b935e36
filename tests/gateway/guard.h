// A tenant's firewall in the user-space build, for tests that send it packet after packet.
#pragma once

#include "core/firewall/rules.h"
#include "tests/gateway/firewall_cases.h"
#include "tests/translator/site.h"

namespace waymark::gateway_cases {

using translator_cases::TranslatorSite;

class Guard {
 public:
  explicit Guard(const std::string& tenant = "", const std::string& keys = "", const std::string& engine = "",
                 const std::string& layout = kLayout)
      : site_(with(guarded(tenant, keys, layout), engine)) {}
  std::string out(const Payload& p) { return site_.receive(packet_of({true, p, ""})).reason; }
  std::string in(const Payload& p) { return site_.receive(packet_of({false, p, ""})).reason; }
  // A connection that the tenant opens from this port.
  bool open(uint16_t port) {
    const Payload syn = tcp_segment(port, 80, 100, 0, "S", 1'000),
                  answer = tcp_segment(80, port, 900, 101, "SA", 1'000),
                  ack = tcp_segment(port, 80, 101, 901, "A", 1'000);
    return out(syn) == kOut && in(answer) == kIn && out(ack) == kOut;
  }
  bool lives(uint16_t port) {
    return in(tcp_segment(80, port, 901, 101, "PA", 1'000)) == kIn &&
           out(tcp_segment(port, 80, 101, 901, "PA", 1'000)) == kOut;
  }
  void grace(u32 seconds) {
    Scene& s = site_.scene();
    s.engine().live().flow_grace[0] = firewall::kGraceIsOn | u32(s.ticks() + seconds * 250);
  }
  Scene& scene() { return site_.scene(); }
  TranslatorSite& site() { return site_; }
  u64 noted(Note note) { return scene().engine().counters().notes[u32(note)]; }

  const std::string kOut = "gateway.to_ip6", kIn = "gateway.to_ip4";

 private:
  static std::string with(std::string toml, const std::string& engine) {
    return toml.insert(toml.find("pins ="), engine.empty() ? "" : engine + "\n");
  }
  TranslatorSite site_;
};

}  // namespace waymark::gateway_cases
