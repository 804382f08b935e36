// A verdict for people, and for machines.
#pragma once

#include <string>

#include "lab/kit/verdict.h"

namespace waymark::lab {

std::string table(const Verdict& verdict);  // a line for each event, the control's columns beside
// A line each: "ok    ..." or "FAIL  ..."; all, or without those that hold and are seen in the table.
std::string checks(const Verdict& verdict, bool all);
std::string to_json(const Verdict& verdict);

}  // namespace waymark::lab
