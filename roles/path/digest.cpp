#include "roles/path/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/address_text.h"
#include "base/hmac.h"

namespace waymark::path {

namespace {

// In the order of their numbers, as files may have them in any.
template <class T, class Number>
std::vector<T> sorted(std::vector<T> all, Number number) {
  std::ranges::sort(all, {}, number);
  return all;
}
template <class T>
std::string numbers(std::vector<T> all) {
  std::ranges::sort(all);
  std::string out;
  for (const T& one : all) out += fmt::format(" {}", one);
  return out;
}
std::string ports(const std::vector<PortRange>& all) {
  std::vector<std::string> out;
  for (const PortRange& r : all) out.push_back(fmt::format("{}:{}-{}", int(r.protocol), r.first, r.last));
  return numbers(out);
}

u64 digest(const std::string& said) {
  static constexpr std::string_view kWhat = "waymark: what POPs share";
  const auto bytes = [](std::string_view s) { return ByteView(reinterpret_cast<const u8*>(s.data()), s.size()); };
  const HmacValue all = Hmac(bytes(kWhat)).of({bytes(said)});
  u64 word = 0;
  std::memcpy(&word, all.data(), sizeof word);
  return word;
}

std::string said_of(const PlanConfig& plan) {
  std::string out = fmt::format("{} {} {}", text(plan.prefix), plan.layout, int(plan.over));
  std::vector<std::string> keys;
  for (const TagKeyConfig& key : plan.keys)
    keys.push_back(fmt::format("{}={:016x}{:016x}", key.epoch, key.key.k0, key.key.k1));
  return out + numbers(keys);
}

}  // namespace

SharedDigest shared_digest(const Config& config) {
  if (!config.path) return {};
  const PathConfig& path = *config.path;
  std::string plans, pops, servers, policies;
  for (const std::string& name : {path.clients, path.servers})
    for (const PlanConfig& plan : config.plan)
      if (plan.name == name) plans += said_of(plan) + "\n";
  for (const PathPopConfig& pop : sorted(path.pop, &PathPopConfig::id)) {
    std::vector<std::string> addresses;
    for (const Address& a : pop.address) addresses.push_back(text(a));
    pops += fmt::format("{} {} {}{}\n", pop.id, int(pop.tunnel), pop.port, numbers(addresses));
  }
  for (const PathServerConfig& s : sorted(path.server, &PathServerConfig::id))
    servers += fmt::format("{} {} {} {} {}\n", s.id, s.pop, text(s.address), int(s.tunnel), s.port);
  for (const PathPolicyConfig& p : sorted(path.policy, &PathPolicyConfig::index))
    policies += fmt::format("{} {} to_server{} to_client{} protocols{} dscp {} mandatory{} rate {}\n", p.index, p.name,
                            ports(p.to_server), ports(p.to_client), numbers(p.protocols), int(p.dscp.value_or(255)),
                            numbers(p.mandatory), p.rate);
  return {digest(plans), digest(pops), digest(servers), digest(policies)};
}

std::string text(const SharedDigest& digest) {
  std::string out;
  for (const DigestPart& part : kDigestParts)
    out += fmt::format("{}{} {:016x}", out.empty() ? "" : ", ", part.name, digest.*part.value);
  return out;
}

}  // namespace waymark::path
