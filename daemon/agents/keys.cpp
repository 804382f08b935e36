#include "daemon/agents/keys.h"

#include <fmt/format.h>

#include "base/file.h"

namespace waymark {

namespace {

constexpr std::size_t kLeastKey = 16, kMostKey = 4'096;

Result<std::vector<u8>> key_in(const std::string& path, std::string_view whose) {
  const Result<std::string> bytes = read_file(path, {.most_bytes = kMostKey, .only_owners = true});
  if (!bytes) return Error{fmt::format("{}: {}", whose, bytes.error().sentence)};
  if (bytes->size() < kLeastKey)
    return Error{fmt::format("{}: {} has {} bytes; a key has {} at least", whose, path, bytes->size(), kLeastKey)};
  return std::vector<u8>(bytes->begin(), bytes->end());
}

}  // namespace

Result<AgentKeys> agent_keys(const Config& config) {
  AgentKeys keys;
  if (config.agents)
    for (const AgentsConfig::Peer& peer : config.agents->peer) {
      auto key = key_in(peer.key, fmt::format("key of agents peer \"{}\"", peer.name));
      if (!key) return key.error();
      keys.peers.push_back(std::move(*key));
    }
  if (config.host)
    for (const HostDirectorConfig& director : config.host->director) {
      auto key = key_in(director.key, fmt::format("key of host director \"{}\"", director.name));
      if (!key) return key.error();
      keys.directors.push_back(std::move(*key));
    }
  return keys;
}

}  // namespace waymark
