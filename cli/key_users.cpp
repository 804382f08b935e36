#include "cli/key_users.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/key_watch.h"

namespace waymark::cli {

namespace {

using Json = nlohmann::json;

// The key's own row: of the same plan and epoch, and the same key.
Result<Json> row_of(const std::string& answer, const path::KnownKey& key) {
  const Json json = Json::parse(answer, nullptr, false);
  if (!json.is_object() || !json.contains("rows") || !json["rows"].is_array())
    return Error{"the daemon's answer is no table; it may be of another version"};
  for (const Json& row : json["rows"])
    if (row.is_object() && row.value("plan", Json()) == key.plan && row.value("epoch", Json()) == key.epoch) {
      if (row.value("digest", Json()) == fmt::format("{:016x}", key.digest)) return row;
      return Error{fmt::format("the daemon here knows another key of epoch {}: reload it first", key.epoch)};
    }
  return Error{fmt::format("the daemon here does not know the key of epoch {}: reload it first", key.epoch)};
}

std::string names(const Json& row, const char* column) {  // "-": none
  const auto found = row.find(column);
  return found == row.end() || !found->is_string() ? "-" : found->get<std::string>();
}
std::optional<u64> number(const Json& row, const char* column) {
  const auto found = row.find(column);
  return found == row.end() || !found->is_number_unsigned() ? std::nullopt : std::optional(found->get<u64>());
}

}  // namespace

Status all_know(const std::string& answer, const path::KnownKey& key) {
  const auto row = row_of(answer, key);
  if (!row) return row.error();
  if (const std::string lag = names(*row, "unknown_to"); lag != "-")
    return Error{fmt::format("the key of epoch {} is not known to {}: give them the file and reload them first",
                             key.epoch, lag)};
  return Done{};
}

Status none_uses(const std::string& answer, const path::KnownKey& key) {
  const auto row = row_of(answer, key);
  if (!row) return row.error();
  constexpr u64 kLately = KeyWatch::kLately / std::chrono::seconds(1);
  if (const auto seen = number(*row, "seen_seconds"); seen && *seen < kLately)
    return Error{fmt::format("packets had tags by the key of epoch {} {} s ago", key.epoch, *seen)};
  if (const std::string members = names(*row, "seen_at"); members != "-")
    return Error{fmt::format("packets had tags by the key of epoch {} lately, at {}", key.epoch, members)};
  if (const auto clients = number(*row, "clients"); clients && *clients)
    return Error{fmt::format("{} client{} an address by the key of epoch {}; `waymark provision move` gives another",
                             *clients, *clients == 1 ? " has" : "s have", key.epoch)};
  if (const u64 since = number(*row, "since_seconds").value_or(0); since < kLately)
    return Error{
        fmt::format("the daemon here has counted for {} s alone, and whoever is silent for {} s may still use "
                    "the key of epoch {}",
                    since, kLately, key.epoch)};
  return Done{};
}

}  // namespace waymark::cli
