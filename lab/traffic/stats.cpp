#include "lab/traffic/stats.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace waymark::lab {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Broken, reset, ended, mismatch, silent)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Window, name, spanning, broken, broken_at, longest_stall_ms, messages, probes,
                                   probes_lost, probes_moved, probes_refused, fresh, fresh_failed, fresh_at,
                                   messages_of)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ClientReport, live, opened, closed, under_way, probes_under_way, answered,
                                   probes_answered, windows)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ServerReport, name, opened, clean, reset, cut, mismatch, open, messages, probes)

namespace {

template <class T>
Result<T> read(const std::string& json, const char* whose) {
  try {
    return nlohmann::json::parse(json).get<T>();
  } catch (const nlohmann::json::exception& e) {
    return Error{std::string("the ") + whose + " report is not understood: " + e.what()};
  }
}

void add_up(std::map<std::string, u64>& to, const std::map<std::string, u64>& from) {
  for (const auto& [server, count] : from) to[server] += count;
}

}  // namespace

void Window::add(const Window& other) {
  spanning += other.spanning;
  broken.reset += other.broken.reset;
  broken.ended += other.broken.ended;
  broken.mismatch += other.broken.mismatch;
  broken.silent += other.broken.silent;
  add_up(broken_at, other.broken_at);
  longest_stall_ms = std::max(longest_stall_ms, other.longest_stall_ms);
  messages += other.messages;
  probes += other.probes;
  probes_lost += other.probes_lost;
  probes_moved += other.probes_moved;
  probes_refused += other.probes_refused;
  fresh += other.fresh;
  fresh_failed += other.fresh_failed;
  add_up(fresh_at, other.fresh_at);
  add_up(messages_of, other.messages_of);
}

void ClientReport::add(const ClientReport& other) {
  live += other.live;
  opened += other.opened;
  closed += other.closed;
  under_way += other.under_way;
  probes_under_way += other.probes_under_way;
  answered += other.answered;
  probes_answered += other.probes_answered;
  if (windows.size() < other.windows.size()) windows.resize(other.windows.size());
  for (size_t i = 0; i < other.windows.size(); ++i) {
    windows[i].name = other.windows[i].name;
    windows[i].add(other.windows[i]);
  }
}

void ServerReport::add(const ServerReport& other) {
  opened += other.opened;
  clean += other.clean;
  reset += other.reset;
  cut += other.cut;
  mismatch += other.mismatch;
  open += other.open;
  messages += other.messages;
  probes += other.probes;
}

std::string to_json(const ClientReport& report) { return nlohmann::json(report).dump(); }
std::string to_json(const ServerReport& report) { return nlohmann::json(report).dump(); }
Result<ClientReport> client_report(const std::string& json) { return read<ClientReport>(json, "client's"); }
Result<ServerReport> server_report(const std::string& json) { return read<ServerReport>(json, "server's"); }

}  // namespace waymark::lab
