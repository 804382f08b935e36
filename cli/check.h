// `waymark check`: every problem of a file, and with --here every one that this machine would make of it.
#pragma once

#include <string>

#include "config/config.h"

namespace waymark::cli {

// The exit status: 0 where nothing but warnings was found.
int check_command(const std::string& file, bool here);

// What a configuration configures, in one line: "node paris-1 on eth0 and eth1: directs 1 service to 3 targets".
std::string summary(const Config& config);

}  // namespace waymark::cli
