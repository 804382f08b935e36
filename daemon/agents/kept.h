// What a restarted daemon knows of registrations: a file in /run, which ends with the machine, as its tables do.
#pragma once

#include <string>
#include <vector>

#include "agents/registrar_view.h"
#include "base/result.h"

namespace waymark {

// `at`: boot time of the moment that it tells of.
std::string text_of(const std::vector<agents::KeptRegistration>& kept, Time at);

struct KeptAgents {
  std::vector<agents::KeptRegistration> registrations;
  Time at{};
};
// Fails, with a sentence, where it is no such text.
Result<KeptAgents> read_kept(const std::string& text);

}  // namespace waymark
