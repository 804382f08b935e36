// What the traffic tools count, and its form on the wire between tool and orchestrator: one JSON object a line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/types.h"

namespace waymark::lab {

// Why a connection is broken. `silent`: five seconds without the answer it waits for.
struct Broken {
  u64 reset = 0, ended = 0, mismatch = 0, silent = 0;
  u64 total() const { return reset + ended + mismatch + silent; }
};

// One stretch of time between two marks.
struct Window {
  std::string name;
  u64 spanning = 0;  // connections that were open when it began
  Broken broken = {};
  std::map<std::string, u64> broken_at = {};  // of the same, by server: as many
  double longest_stall_ms = 0;                // the longest that any connection waited for an answer
  u64 messages = 0;                           // answers received
  u64 probes = 0;                             // sent in this window
  u64 probes_lost = 0;                        // of those: unanswered for 2 s
  u64 probes_moved = 0;                       // of those: answered by another server than the flow's probe before
  u64 probes_refused = 0;                     // port unreachables heard in this window: the flow began anew
  u64 fresh = 0, fresh_failed = 0;            // short connections begun in this window; those that were never answered
  std::map<std::string, u64> fresh_at = {};   // which server answered them
  std::map<std::string, u64> messages_of = {};  // answers on long-lived connections, by server

  void add(const Window& other);  // counts sum, the stall is the longer
};

// How much was counted at a server.
inline u64 of(const std::map<std::string, u64>& counts, const std::string& server) {
  const auto found = counts.find(server);
  return found == counts.end() ? 0 : found->second;
}

struct ClientReport {
  u64 live = 0;       // long-lived connections open now
  u64 opened = 0;     // TCP connections established since the start, short ones included
  u64 closed = 0;     // of those: ended by us and acknowledged by the server
  u64 under_way = 0;  // connections being opened, short ones in progress, probes without a verdict
  u64 probes_under_way = 0;
  u64 answered = 0;  // messages answered since the start
  u64 probes_answered = 0;
  std::vector<Window> windows = {};

  void add(const ClientReport& other);  // windows pair up by position: all clients are marked alike
};

struct ServerReport {
  std::string name;
  u64 opened = 0, clean = 0, reset = 0, cut = 0, mismatch = 0;  // cut: ended in the middle of a message
  u64 open = 0;                                                 // now
  u64 messages = 0;                                             // answered
  u64 probes = 0;                                               // answered

  void add(const ServerReport& other);
};

std::string to_json(const ClientReport& report);
std::string to_json(const ServerReport& report);
Result<ClientReport> client_report(const std::string& json);
Result<ServerReport> server_report(const std::string& json);

}  // namespace waymark::lab
