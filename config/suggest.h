// The word that a person most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace waymark::config {

// The nearest of `words` by edit distance, swaps of neighbours counted as one; empty where none is near.
std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& words);

// The sentence about a key that `label` does not have: names the nearest, or where the key belongs, or all there are.
std::string unknown_key(std::string_view key, std::string_view label, const std::vector<std::string_view>& keys);

// The section that has this key: the only one within that of this label, else the only one of all; empty where several
// have it, or none. Comes from the schema.
std::string_view home_of(std::string_view key, std::string_view label);

}  // namespace waymark::config
