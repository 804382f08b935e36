#include "lab/kit/learned_mtu.h"

#include <cstdlib>

#include "lab/kit/process.h"
#include "lab/kit/traceroute.h"

namespace waymark::lab {

Result<u32> learned_mtu(const std::string& netns, const std::string& address) {
  auto said = run({.netns = netns, .argv = {"ip", "route", "get", plain(address)}});
  if (!said) return said.error();
  const size_t at = said->find(" mtu ");
  return at == std::string::npos ? 1500u : u32(std::atoi(said->c_str() + at + 5));
}

Status forget_mtus(const std::string& netns) {
  for (const char* family : {"-4", "-6"}) {
    auto said = run({.netns = netns, .argv = {"ip", family, "route", "flush", "cache"}});
    if (!said) return said.error();
  }
  return Done{};
}

}  // namespace waymark::lab
