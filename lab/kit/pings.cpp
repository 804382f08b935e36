#include "lab/kit/pings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <chrono>
#include <vector>

#include "lab/kit/process.h"

namespace waymark::lab {
namespace {

constexpr u32 kPatience = 2;  // seconds behind the last ping

}  // namespace

std::optional<u32> answered(const std::string& said) {
  const auto before = said.find(" packets transmitted, "), after = said.find(" received", before);
  if (before == std::string::npos || after == std::string::npos) return std::nullopt;
  const auto from = said.find_last_of(' ', after - 1) + 1;
  u32 out = 0;
  const auto [end, error] = std::from_chars(said.data() + from, said.data() + after, out);
  if (error != std::errc() || end != said.data() + after) return std::nullopt;
  return out;
}

Result<std::string> ping_all(const std::string& netns, const std::string& to, const Pings& pings) {
  std::vector<u32> of_rounds;
  while (of_rounds.size() < pings.rounds) {
    const auto count = std::to_string(pings.count), payload = std::to_string(pings.payload);
    auto ping = Process::start({.netns = netns,
                                .argv = {"ping", "-n", "-c", count, "-i",
                                         fmt::format("{:.3f}", std::chrono::duration<double>(pings.every).count()),
                                         "-W", std::to_string(kPatience), "-s", payload, to}});
    if (!ping) return ping.error();
    const auto limit = pings.every * pings.count + 4 * std::chrono::seconds(kPatience);
    if (!ping->wait(limit)) return Error{fmt::format("pings of {} did not end", to)};
    const std::string said = ping->rest();
    const auto back = answered(said);
    if (!back) return Error{fmt::format("pings of {}: {}", to, said)};
    of_rounds.push_back(*back);
    if (*back < pings.count) continue;
    if (of_rounds.size() == 1) return fmt::format("{0} of {0} pings answered by {1}", pings.count, to);
    return fmt::format("{} of {} pings answered by {}", fmt::join(of_rounds, ", then "), pings.count, to);
  }
  return Error{fmt::format("{} of {} pings answered by {}", fmt::join(of_rounds, ", then "), pings.count, to)};
}

}  // namespace waymark::lab
