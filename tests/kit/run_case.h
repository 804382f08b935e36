// Runs a packet case in a build and compares everything that it says, by GoogleTest's expectations.
#pragma once

#include "tests/cases/cases.h"
#include "tests/kit/build.h"

namespace waymark {

void run_case(Build& build, const cases::Case& c);

}  // namespace waymark
