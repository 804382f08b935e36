// Answers to Health's questions, at the time of the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "health/health.h"
#include "health/serving_test.h"

namespace waymark {

inline CheckOutcome outcome(bool well) { return well ? CheckOutcome::well : CheckOutcome::unwell; }

// Answers what is due until `until` by `well`, and returns how many questions there were.
using Well = std::function<bool(const Subject&)>;
inline u64 live(Health& health, Time& now, Time until, const Well& well) {
  u64 questions = 0;
  while (health.deadline() <= until) {
    now = std::max(now, health.deadline());
    for (const Question& q : health.due(now)) {
      ++questions;
      health.answer(q.id, outcome(well(q.subject)), "connection refused", now);
    }
  }
  now = until;
  return questions;
}
inline const Well all_well = [](const Subject&) { return true; };
inline const Well none_well = [](const Subject&) { return false; };

inline Health::View view(const Health& health, const std::string& target, const std::string& service = "web") {
  for (const Health::View& v : health.views())
    if (v.service == service && v.target == target) return v;
  ADD_FAILURE() << "there is no " << target;
  return {};
}

inline Question only(std::vector<Question> questions) {
  EXPECT_EQ(questions.size(), 1u);
  return questions.empty() ? Question{} : questions.front();
}

}  // namespace waymark
