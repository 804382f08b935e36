#include "config/config.h"

namespace waymark {

RoleSet roles_of(const Config& config) {
  RoleSet roles = 0;
  if (config.director) roles |= role_bit(Role::director);
  if (config.host) roles |= role_bit(Role::host);
  if (config.translator) roles |= role_bit(Role::translator);
  return roles;
}

// Roles that forward for others come before the host: that is often a director's or translator's part-time job.
Role first_role(const Config& config) {
  if (config.engine.first != Role::count) return config.engine.first;
  const RoleSet roles = roles_of(config);
  for (const Role role : {Role::director, Role::translator, Role::host})
    if (roles & role_bit(role)) return role;
  return Role::director;
}

}  // namespace waymark
