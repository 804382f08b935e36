// `waymark lab ...`: real topologies in network namespaces, with real daemons and traffic. Needs root.
#pragma once

namespace waymark {

// argv[0] is "lab". Returns the exit status.
int lab_main(int argc, char** argv);

}  // namespace waymark
