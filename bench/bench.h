// `waymark bench`: what the packet's way costs, and what tables and control take. XDP cases and facts need root.
#pragma once

namespace waymark {

// argv[0] is "bench". Returns the exit status; help is printed by `--help`.
int bench_main(int argc, char** argv);

}  // namespace waymark
