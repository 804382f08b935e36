// What roles/host/role.cpp is put together from.
#pragma once

#include "config/checks.h"

namespace waymark::host {

void check(config::Checking& in);  // rules between keys: tunnels, and what is served behind them

}  // namespace waymark::host
