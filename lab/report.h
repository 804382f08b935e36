// A verdict for people, and for machines.
#pragma once

#include <string>

#include "lab/verdict.h"

namespace waymark::lab {

std::string table(const Verdict& verdict);   // a line for each event, the control's columns beside
std::string checks(const Verdict& verdict);  // a line each: "ok    ..." or "FAIL  ..."
std::string to_json(const Verdict& verdict);

}  // namespace waymark::lab
