#include "daemon/client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/types.h"
#include "daemon/lock.h"

namespace waymark {

namespace {

constexpr const char* kRunFolder = "/run/waymark";

httplib::Client client_for(const std::string& socket) {
  httplib::Client client(socket);
  client.set_address_family(AF_UNIX);
  client.set_read_timeout(60);
  client.set_default_headers({{"Host", "localhost"}});
  return client;
}

Error nothing_answers(const std::string& socket) {
  struct stat seen {};
  if (stat(socket.c_str(), &seen) != 0)
    return {fmt::format("no daemon runs here: {}: {}", socket, std::strerror(errno))};
  if (access(socket.c_str(), W_OK) != 0) return {fmt::format("{}: {}", socket, std::strerror(errno))};
  return {fmt::format("the daemon at {} does not answer; it may have ended without warning", socket)};
}

// The daemon's own sentence out of {"error": "..."}.
Error refusal(int status, const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string())
    return {json["error"].get<std::string>()};
  return {fmt::format("the daemon answered with HTTP status {}", status)};
}

Result<std::string> answer(const std::string& socket, const httplib::Result& result) {
  if (!result) return nothing_answers(socket);
  if (result->status != 200) return refusal(result->status, result->body);
  return result->body;
}

}  // namespace

std::string default_socket(const std::string& node) { return fmt::format("{}/{}.sock", kRunFolder, node); }

Result<std::string> find_socket(const std::optional<std::string>& node) {
  if (node) return default_socket(*node);
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kRunFolder, error))
    if (entry.path().extension() == ".sock" &&
        Lock::held(entry.path().parent_path() / (entry.path().stem().string() + ".lock")))
      names.push_back(entry.path().stem().string());  // a killed daemon's socket stays, but not its lock
  if (names.empty()) return Error{"no daemon runs here; where its socket is elsewhere, name it by --socket"};
  if (names.size() > 1) {
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    return Error{fmt::format("several daemons run here; choose by --node one of: {}", all)};
  }
  return default_socket(names[0]);
}

Result<std::string> api_get(const std::string& socket, const std::string& path) {
  return answer(socket, client_for(socket).Get(path));
}

Result<std::string> api_post(const std::string& socket, const std::string& path, const std::string& body) {
  return answer(socket, client_for(socket).Post(path, body, "application/json"));
}

Status api_stream(const std::string& socket, const std::string& path,
                  const std::function<bool(std::string_view)>& sink) {
  int status = 0;
  bool ended = false;
  std::string refused;
  const auto result = client_for(socket).Get(
      path,
      [&](const httplib::Response& head) {
        status = head.status;
        return true;
      },
      [&](const char* data, size_t length) {
        if (status == 200) return !(ended = !sink({data, length}));
        refused.append(data, length);
        return refused.size() < 64 * 1024;
      });
  if (ended) return Done{};
  if (!result) return nothing_answers(socket);
  if (status != 200) return refusal(status, refused);
  return Done{};
}

std::string escape_query(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", u8(c));
  }
  return out;
}

}  // namespace waymark
