// What must hold of every packet through the fixture's site, whatever it was: for fuzzing and mutation, where no case
// says what to expect. Reads the frames by itself, beside the core's parser.
#pragma once

#include <string>

#include "tests/kit/build.h"
#include "tests/kit/fixture.h"

namespace waymark::fixture {

// Empty, or a sentence that says what is wrong with this end of that frame.
std::string broken_promise(const packets::Bytes& in, const Ended& ended);

}  // namespace waymark::fixture
