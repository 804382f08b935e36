// What roles/director/role.cpp is put together from.
#pragma once

#include "config/checks.h"
#include "roles/here.h"

namespace waymark {

struct Compiling;

namespace director {

void check(config::Checking& in);
Status compile(const Compiling& c);
void look_here(const Config& config, Findings& out);

}  // namespace director
}  // namespace waymark
