// Stands in for `waymark lab`, until cli/ exists.
#include "lab/lab.h"

int main(int argc, char** argv) { return waymark::lab_main(argc - 1, argv + 1); }
