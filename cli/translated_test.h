// Translators whose rules overlap, and what explain says of them.
#pragma once

#include <string>

#include "base/address_text.h"
#include "cli/translated.h"
#include "config/parse.h"

namespace waymark::cli {

inline const std::string kInterfaces = "interfaces = { eth0 = \"public\", eth1 = \"public\" }\n";

// All kinds of rules, which overlap. Global addresses: others have no translation under the well-known prefix.
inline std::string mixed(const std::string& keys = "") {
  return "[engine]\n" + kInterfaces + R"([translator]
address = ["8.0.2.250", "2001:db8:9::1"]
native = ["8.51.100.0/24", "2001:db8:3::8/125", "2001:db8:77::/48", "10.1.0.0/16", "100.65.0.0/16"]
map = [{ ip4 = "8.0.2.0/24", ip6 = "2001:db8:1::/64" }, { ip4 = "8.0.2.7", ip6 = "2001:db8:2::7" },
       { ip4 = "8.0.113.0/28", ip6 = "2001:db8:3::/124" }, { ip4 = "100.64.0.0/16", ip6 = "2001:db8:4::/112" },
       { ip4 = "100.65.0.0/16", ip6 = "2001:db8:6::/112" }, { ip4 = "10.1.2.0/24", ip6 = "2001:db8:100::/40" }]
prefix = [{ prefix = "64:ff9b::/96" }, { prefix = "2001:db8:122:344::/64", ip4 = ["10.0.0.0/8", "8.0.2.64/28"] },
          { prefix = "2001:db8:122:344::/96", ip4 = "172.16.0.0/12" },
          { prefix = "2001:db8:1f0::/48", ip4 = "8.0.113.0/28" }]
)" + keys;
}

// Every length of RFC 6052, and a service under what is translated.
inline std::string lengths() {
  return "[engine]\n" + kInterfaces + R"(first = "translator"
[director]
address = ["192.0.2.1", "2001:db8:5::d"]
[[service]]
name = "web"
address = ["203.0.113.80", "2001:db8:48:cb00:71:5000::"]
ports = "tcp/80"
[[service.target]]
name = "s1"
address = "2001:db8:5::1"
[translator]
address = "192.0.2.250"
prefix = [{ prefix = "2001:db8::/32", ip4 = "20.0.0.0/8" }, { prefix = "2001:db8:4000::/40", ip4 = "40.0.0.0/8" },
          { prefix = "2001:db8:48::/48" }, { prefix = "2001:db8:56:100::/56", ip4 = "56.0.0.0/8" },
          { prefix = "2001:db8:64:640::/64", ip4 = "64.0.0.0/8" }, { prefix = "2001:db8:96::/96", ip4 = "96.0.0.0/8" }]
)";
}

// A configuration and its tables.
struct Explainer {
  explicit Explainer(const std::string& toml)
      : config(parse_config(toml, "f").config.value()), image(*image_of(config)) {}
  std::optional<Translation> ask(const Address& address) const {
    return translated(image, *config.translator, address);
  }
  std::string operator()(const char* address) const {
    const auto t = ask(*parse_address(address));
    return t ? to_text(*t) : "";
  }
  Config config;
  Image image;
};

}  // namespace waymark::cli
