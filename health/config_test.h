// A configuration with targets to watch.
#pragma once

#include <string>

#include "base/address_text.h"
#include "config/config.h"

namespace waymark {

inline CheckConfig tcp_check() {
  CheckConfig check;
  check.tcp = true;
  return check;
}

// One service "web" with targets s1, s2 and so on.
inline Config config_of(u32 targets, u32 fail_static = 100, const CheckConfig& check = tcp_check()) {
  Config config;
  config.director.emplace();
  config.director->address = {*parse_address("192.0.2.1")};
  ServiceConfig& web = config.service.emplace_back();
  web.name = "web";
  web.address = {*parse_address("2001:db8:80::1"), *parse_address("198.51.100.80")};
  web.ports = {{Protocol::udp, 53, 53}, {Protocol::tcp, 443, 444}};
  web.check = check;
  web.fail_static = fail_static;
  for (u32 i = 1; i <= targets; ++i)
    web.target.push_back({.name = "s" + std::to_string(i), .address = {0x20010db8, i}, .port = 6080});
  return config;
}

}  // namespace waymark
