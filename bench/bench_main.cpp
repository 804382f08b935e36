#include "bench/bench.h"

int main(int argc, char** argv) { return waymark::bench_main(argc, argv); }
