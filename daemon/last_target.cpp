#include "daemon/last_target.h"

#include <fmt/format.h>

#include <map>

#include "daemon/command.h"

namespace waymark {

namespace {

constexpr std::size_t kNamed = 3;

std::map<std::string, u32> configured_weights(const Config& config) {
  std::map<std::string, u32> out;
  for (const ServiceConfig& service : config.service)
    for (const TargetConfig& t : service.target) out[service.name + "/" + t.name] = t.weight;
  return out;
}

}  // namespace

Status may_lose(const std::vector<TargetView>& targets, const Config& config, const std::string& target,
                std::optional<u32> weight) {
  if (weight.value_or(1) > 0 && weight) return Done{};
  const std::map<std::string, u32> own = weight ? std::map<std::string, u32>() : configured_weights(config);
  std::map<std::string, std::pair<u32, u32>> taking;  // by service: now, and then
  for (const TargetView& t : targets) {
    if (!t.configured || t.down || t.drained || t.weight == 0) continue;
    auto& [now, then] = taking[t.service];
    const std::string name = t.service + "/" + t.target;
    u32 left = t.weight;
    if (name == target || t.target == target) {
      const auto found = own.find(name);
      left = weight ? *weight : found == own.end() ? t.weight : found->second;
    }
    ++now;
    then += left > 0;
  }
  std::string services;
  std::size_t count = 0;
  for (const auto& [service, numbers] : taking)
    if (numbers.second == 0 && ++count <= kNamed) services += (count > 1 ? ", " : "") + service;
  if (!count) return Done{};
  if (count > kNamed) services += fmt::format(" and {} more", count - kNamed);
  return Error{
      fmt::format("no target of service{} {} would take new flows any more: new connections would be dropped{}",
                  count == 1 ? "" : "s", services, kWantsForce)};
}

}  // namespace waymark
