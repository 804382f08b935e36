// What roles/translator/role.cpp is put together from.
#pragma once

#include "config/checks.h"
#include "roles/here.h"

namespace waymark::translator {

void check(config::Checking& in);
void check_use(config::Checking& in, const TranslatorConfig& translator);  // what is given and has no effect
void look_here(const Config& config, Findings& out);

}  // namespace waymark::translator
