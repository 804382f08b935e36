#include "daemon/rows.h"

#include <nlohmann/json.hpp>

namespace waymark {

namespace {

std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const Rows& rows) {
  // A row at a time: a tree of all of them takes ten times their text's memory.
  std::string out = "{\"columns\":" + dump(rows.columns) + ",\"rows\":[";
  const char* before = "";
  for (const auto& row : rows.rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < row.size(); ++i)
      std::visit([&](const auto& value) { object[rows.columns[i]] = value; }, row[i]);
    out += before + dump(object);
    before = ",";
  }
  return out + "]}\n";
}

std::string error_json(const std::string& sentence) { return dump({{"error", sentence}}) + "\n"; }

}  // namespace waymark
