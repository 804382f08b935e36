#include "daemon/agents/kept.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/address_text.h"

namespace waymark {

namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr u64 kMostMs = u64(1) << 43;  // 278 years: nanoseconds hold it, and some of it more

Json json_of(const agents::KeptRegistration& r) {
  Json out = {{"identity", r.identity}, {"service", r.service}, {"peer", text(r.peer)},
              {"local", text(r.local)}, {"port", r.port},       {"bindings", Json::array()}};
  if (r.last) {
    out["sequence"] = r.last->sequence;
    if (r.last->stamp) out["stamp"] = {r.last->stamp->epoch, r.last->stamp->sequence};
  }
  if (r.load)
    out["load"] = {r.load->priority, r.load->sessions_in_use, r.load->most_sessions, r.load->used_capacity,
                   r.load->most_capacity};
  for (const agents::KeptBinding& b : r.bindings)
    out["bindings"].push_back({{"id", b.id},
                               {"care_of", text(b.care_of)},
                               {"lifetime", b.lifetime},
                               {"left_ms", b.left / std::chrono::milliseconds(1)},
                               {"draining", b.draining}});
  return out;
}

// These throw where it is not as json_of() wrote it: who calls makes a sentence of that.
u64 whole(const Json& json, u64 most) {
  if (!json.is_number_unsigned() || json.get<u64>() > most) throw std::out_of_range("a number");
  return json.get<u64>();
}

template <class T>
T number(const Json& json) {
  return T(whole(json, std::numeric_limits<T>::max()));
}

std::chrono::milliseconds span_in(const Json& json) { return std::chrono::milliseconds(whole(json, kMostMs)); }

agents::KeptRegistration registration_in(const Json& json) {
  agents::KeptRegistration r;
  r.identity = json.at("identity");
  r.service = json.at("service");
  r.peer = *parse_address(json.at("peer").get<std::string>());
  r.local = *parse_address(json.at("local").get<std::string>());
  r.port = number<u16>(json.at("port"));
  if (json.contains("sequence")) {
    r.last.emplace().sequence = number<u16>(json.at("sequence"));
    if (json.contains("stamp"))
      r.last->stamp = {number<u32>(json.at("stamp").at(0)), number<u32>(json.at("stamp").at(1))};
  }
  if (json.contains("load")) {
    const Json& l = json.at("load");
    r.load = {number<u16>(l.at(0)), number<u32>(l.at(1)), number<u32>(l.at(2)), number<u32>(l.at(3)),
              number<u32>(l.at(4))};
  }
  for (const Json& b : json.at("bindings"))
    r.bindings.push_back({number<u16>(b.at("id")), *parse_address(b.at("care_of").get<std::string>()),
                          number<u16>(b.at("lifetime")), span_in(b.at("left_ms")), b.at("draining")});
  return r;
}

}  // namespace

std::string text_of(const std::vector<agents::KeptRegistration>& kept, Time at) {
  Json out = {{"version", kVersion}, {"at_ms", at / std::chrono::milliseconds(1)}, {"registrations", Json::array()}};
  for (const agents::KeptRegistration& r : kept) out["registrations"].push_back(json_of(r));
  return out.dump() + "\n";
}

Result<KeptAgents> read_kept(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{"it is no JSON"};
  try {
    if (json.at("version") != kVersion) return Error{"it is of another version"};
    KeptAgents kept;
    kept.at = span_in(json.at("at_ms"));
    for (const Json& r : json.at("registrations")) kept.registrations.push_back(registration_in(r));
    return kept;
  } catch (const std::exception&) {
    return Error{"it has not the fields that it should have"};
  }
}

}  // namespace waymark
