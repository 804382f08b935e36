// A verdict for people, and for machines.
#pragma once

#include <string>

#include "lab/schedule.h"

namespace waymark::lab {

std::string table(const Verdict& verdict);   // per event: with Waymark, and in the control
std::string checks(const Verdict& verdict);  // a line each: "ok    ..." or "FAIL  ..."
std::string to_json(const Verdict& verdict);

}  // namespace waymark::lab
