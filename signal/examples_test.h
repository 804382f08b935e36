// Messages that several tests use, and bytes as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/address_text.h"
#include "signal/message.h"

namespace waymark::signalling {

// "3b 00 05": blanks are ignored.
inline std::vector<u8> hex(std::string_view text) {
  std::string digits;
  for (char c : text)
    if (c != ' ' && c != '\n') digits += c;
  std::vector<u8> bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) bytes.push_back(u8(std::stoul(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

inline std::vector<u8> vector_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }
inline Address at(const char* text) { return *parse_address(text); }

template <size_t N>
Few<u8, N> few(std::string_view text) {
  Few<u8, N> out;
  for (char c : text) out.add(u8(c));
  return out;
}

inline const Address kNode6 = at("2001:db8:1::5"), kAgent6 = at("2001:db8:2::1");

struct Example {
  const char* name;
  Message message;
};

// Every message, and every option at least once.
inline std::vector<Example> examples() {
  Options update;
  update.alternate_care_of = at("2001:db8:9::1");
  update.prefixes = {Prefix(at("2001:db8:100::"), 48), Prefix(at("2001:db8:200:40::"), 58)};
  update.node = NodeIdentifier{1, few<254>("s1@example.net")};
  update.stamp = Stamp{7, 1000};
  update.ip4_homes = {{at("198.51.100.0"), 24, true}};
  update.bindings = {{1, BindingStatus::accepted, false, at("2001:db8:9::2")},
                     {2, BindingStatus::accepted, true, at("192.0.2.9")}};
  Selector web;
  web.protocol = {6, 6};
  web.destination_port = {443, 443};
  web.destination = {at("2001:db8:100::1"), at("2001:db8:100::ff")};
  Selector old;
  old.ip6 = false;
  old.source = {at("192.0.2.0"), at("192.0.2.255")};
  old.source_port = {1024, 65535};
  old.protocol = {17, 17};
  update.flows = {{10, 1, FlowStatus::accepted, web, {1, 2}}, {11, 2, FlowStatus::accepted, old, {2}}};
  update.redirect_capable = true;
  update.vendors = {{64512, 3, few<250>("hello")}};
  update.mac = MnHa{256, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

  Options of_ip4;
  of_ip4.ip4_care_of = at("192.0.2.9");
  of_ip4.ip4_homes = {{}, {at("0.0.0.0"), 28, true}};
  of_ip4.bindings = {{3, BindingStatus::accepted, false, {}}};
  Options acknowledgement;
  acknowledgement.refresh_advice = 15;
  acknowledgement.stamp = Stamp{7, 1000};
  acknowledgement.ip4_acknowledged = {{Ip4Status::accepted, at("198.51.100.7"), 24}};
  acknowledgement.bindings = {{1, BindingStatus::unknown_care_of, false, {}}};
  acknowledgement.redirect = at("2001:db8:3::1");
  acknowledgement.load = Load{10, 5, 1000, 6, 2000};
  acknowledgement.mac = update.mac;
  Options restart;
  restart.restart_counter = 77;
  Options revoked;
  revoked.node = update.node;
  revoked.bindings = {{9, BindingStatus::accepted, false, {}}};

  return {
      {"update", {Update{16, kAcknowledge | kHomeRegistration | kMobileRouter, 15}, update}},
      {"update_ip4", {Update{17, kAcknowledge | kForceUdp | kOverwrite, 0}, of_ip4}},
      {"acknowledgement", {Acknowledgement{BindingStatus::accepted, kAckMobileRouter, 16, 15}, acknowledgement}},
      {"refusing", {Acknowledgement{BindingStatus::out_of_window, 0, 15, 0}, {}}},
      {"refresh", {RefreshRequest{}, {}}},
      {"error", {BindingError{ErrorStatus::unknown_type, kNode6}, {}}},
      {"heartbeat", {Heartbeat{false, false, 99}, {}}},
      {"heartbeat_response", {Heartbeat{true, true, 99}, restart}},
      {"revocation", {Revocation{Trigger::peer_policy, 5, kRevokeGlobal}, revoked}},
      {"revocation_acknowledgement", {RevocationAcknowledgement{Revoked::partly, 5, kRevokeGlobal}, {}}},
  };
}

}  // namespace waymark::signalling
