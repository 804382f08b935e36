// What a Binding Update costs the agent that receives it. Without sockets.
#pragma once

#include "bench/case.h"

namespace waymark::bench {

std::unique_ptr<Case> make_signal_verify();  // the MAC alone
std::unique_ptr<Case> make_signal_update();  // decoded, verified, and compared with what came before

}  // namespace waymark::bench
