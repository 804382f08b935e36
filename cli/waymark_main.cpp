#include "cli/app.h"
#include "engine/xdp/program.h"

int main(int argc, char** argv) { return waymark::cli::main(argc, argv, waymark::program()); }
