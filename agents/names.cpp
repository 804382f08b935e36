#include "agents/names.h"

#include <algorithm>

#include "base/codec.h"

namespace waymark::agents {

std::string target_name(std::string_view identity, u16 id) {
  std::string name(identity);
  std::replace(name.begin(), name.end(), '@', '_');
  return id ? name + "." + std::to_string(id) : name;
}

bool good_identity(std::string_view identity) {
  constexpr size_t kMost = 54;
  return identity.size() <= kMost && std::count(identity.begin(), identity.end(), '@') <= 1 &&
         good_name(target_name(identity, 0));
}

bool is_with_identifier(std::string_view name, std::string_view& owner) {
  const size_t dot = name.rfind('.');
  if (dot == name.npos || dot == 0 || dot + 1 == name.size()) return false;
  owner = name.substr(0, dot);
  return name.find_first_not_of("0123456789", dot + 1) == name.npos;
}

}  // namespace waymark::agents
