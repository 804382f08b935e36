#include "group/states.h"

#include <tuple>

#include "core/records.h"

namespace waymark::group {

namespace {

// Who decides alike twice at once, or lies, still leaves all members with the same: the fields decide.
auto order(const StateRecord& s) { return std::tie(s.version, s.origin, s.drained, s.weight); }

}  // namespace

std::vector<StateRecord> States::merge(const std::vector<StateRecord>& records) {
  std::vector<StateRecord> news;
  for (const StateRecord& record : records) {
    const auto key = std::pair(record.service, record.target);
    const auto known = records_.find(key);
    if (known == records_.end() ? records_.size() >= kMaxTargets : order(record) <= order(known->second)) continue;
    records_.insert_or_assign(key, record);
    news.push_back(record);
  }
  return news;
}

std::vector<StateRecord> States::all() const {
  std::vector<StateRecord> list;
  for (const auto& [key, record] : records_) list.push_back(record);
  return list;
}

}  // namespace waymark::group
