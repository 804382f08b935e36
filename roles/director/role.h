// What roles/director/role.cpp is put together from.
#pragma once

#include "config/checks.h"

namespace waymark::director {

void check(config::Checking& in);  // rules between keys: services, and where their tunnels come from

}  // namespace waymark::director
