// Names of registered targets.
#pragma once

#include <string>
#include <string_view>

#include "core/types.h"

namespace waymark::agents {

// "srv-1" and 0: "srv-1"; "srv-1@example.net" and 2: "srv-1_example.net.2". As the configuration wants names
// where identities are as good_identity() wants them.
std::string target_name(std::string_view identity, u16 id);

// Letters, digits, `.`, `_`, `-`, and `@` once at most; 1 to 54 bytes, so that a target's name has 60 at most.
bool good_identity(std::string_view identity);

// Whether `name` is another's target with a Binding Identifier: "srv-1.2" of "srv-1"; then `owner` is "srv-1".
bool is_with_identifier(std::string_view name, std::string_view& owner);

}  // namespace waymark::agents
