// Prints docs/configuration.md: build/config_reference > docs/configuration.md
#include <cstdio>

#include "config/parse.h"

int main() { std::fputs(waymark::configuration_reference().c_str(), stdout); }
