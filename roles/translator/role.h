// What roles/translator/role.cpp is put together from.
#pragma once

#include "config/checks.h"

namespace waymark::translator {

void check(config::Checking& in);  // rules between keys: prefixes and maps

}  // namespace waymark::translator
