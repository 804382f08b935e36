// What is served, with targets to watch.
#pragma once

#include <string>

#include "base/address_text.h"
#include "config/services.h"

namespace waymark {

inline CheckConfig tcp_check() {
  CheckConfig check;
  check.tcp = true;
  return check;
}

// One service "web" with targets s1, s2 and so on.
inline Services serving(u32 targets, u32 fail_static = 100, const CheckConfig& check = tcp_check()) {
  Services serves;
  serves.source = {*parse_address("192.0.2.1")};
  ServiceSpec& web = serves.service.emplace_back();
  web.name = "web";
  web.address = {*parse_address("2001:db8:80::1"), *parse_address("198.51.100.80")};
  web.ports = {{Protocol::udp, 53, 53}, {Protocol::tcp, 443, 444}};
  web.check = check;
  web.fail_static = fail_static;
  for (u32 i = 1; i <= targets; ++i)
    web.target.push_back(
        {.name = "s" + std::to_string(i), .source = {}, .address = {0x20010db8, i}, .port = 6080, .weight = 10});
  return serves;
}

}  // namespace waymark
