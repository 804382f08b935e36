#include "daemon/rows.h"

#include <nlohmann/json.hpp>

namespace waymark {

namespace {

std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const Rows& rows) {
  nlohmann::ordered_json json{{"columns", rows.columns}, {"rows", nlohmann::ordered_json::array()}};
  for (const auto& row : rows.rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < row.size(); ++i)
      std::visit([&](const auto& value) { object[rows.columns[i]] = value; }, row[i]);
    json["rows"].push_back(std::move(object));
  }
  return dump(json);
}

std::string error_json(const std::string& sentence) { return dump({{"error", sentence}}); }

}  // namespace waymark
