// Whatever XDP program is on an interface, where no node of Waymark's is meant: the veths of containers, and programs
// that others left behind.
#pragma once

#include <string>

namespace waymark::cli {

int xdp_off_command(const std::string& interface);   // takes it off
int xdp_pass_command(const std::string& interface);  // puts one there that passes all packets

}  // namespace waymark::cli
