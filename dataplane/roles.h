// The one list of roles. Each is a folder in roles/, whose packet.h has receive(), and one whole program in the kernel:
// parse, port and steer as in every other, and that role. From the list come the programs, their names, and the jumps
// between them (DESIGN.md, "Programs"); the sections of the configuration, and what hosted code knows of each
// (roles/role.h).
#pragma once

#include "core/types.h"

// R(name), in the order of their numbers, which are places in the table of jumps: append only.
#define WM_ROLES(R) R(director) R(host) R(translator) R(gateway) R(edge) R(path)

namespace waymark {

#define WM_ROLE_NUMBER(NAME) NAME,
enum class Role : u8 { WM_ROLES(WM_ROLE_NUMBER) count };
#undef WM_ROLE_NUMBER
constexpr u32 kRoles = u32(Role::count), kMaxRoles = 16;
static_assert(kRoles <= kMaxRoles);

// Roles as bits.
using RoleSet = u32;
constexpr RoleSet role_bit(Role role) { return 1u << u32(role); }
constexpr RoleSet kAllRoles = (1u << kRoles) - 1;

#define WM_ROLE_NAME(NAME) #NAME,
constexpr const char* kRoleNames[] = {WM_ROLES(WM_ROLE_NAME)};
#define WM_ROLE_PROGRAM(NAME) "wm_" #NAME,
constexpr const char* kRolePrograms[] = {WM_ROLES(WM_ROLE_PROGRAM)};
#undef WM_ROLE_NAME
#undef WM_ROLE_PROGRAM
constexpr const char* name_of(Role role) { return kRoleNames[u32(role)]; }
constexpr const char* program_of(Role role) { return kRolePrograms[u32(role)]; }

}  // namespace waymark
