// The programs of the data plane, and where each stands in the table of jumps: a role's first, in the place of its
// number, and behind all of these the further ones.
//
// A further program goes on where another of its role's has stopped, for what would be too much for the verifier in
// one: a jump costs less than a nanosecond, and what is known of the packet goes through Env::scratch() anyway. Roles
// declare them in programs.h, by a line WM_PROGRAM(ROLE, NAME) and a type
//
//   struct NAME_program {
//     template <Env E>
//     static WM_INLINE Verdict run(E& env);
//   };
//
// and end the first by `return env.template go_on<NAME_program>()`. In user space that is a call.
#pragma once

#include "dataplane/roles.h"

namespace waymark {

enum class Further : u32 {
#define WM_PROGRAM(ROLE, NAME) ROLE##_##NAME,
#include "dataplane/further.h"
  count
};
constexpr u32 kMostPrograms = 2 * kMaxRoles;
static_assert(kMaxRoles + u32(Further::count) <= kMostPrograms);
constexpr u32 place_of(Further program) { return kMaxRoles + u32(program); }

struct ProgramEntry {
  Role role;
  const char* name;      // as people see it: "gateway", "gateway pass"
  const char* function;  // in the object file
  u32 place;             // in the table of jumps
};
constexpr ProgramEntry kPrograms[] = {
#define WM_ROLE_ENTRY(NAME) {Role::NAME, #NAME, "wm_" #NAME, u32(Role::NAME)},
    WM_ROLES(WM_ROLE_ENTRY)
#undef WM_ROLE_ENTRY
#define WM_PROGRAM(ROLE, NAME) {Role::ROLE, #ROLE " " #NAME, "wm_" #ROLE "_" #NAME, place_of(Further::ROLE##_##NAME)},
#include "dataplane/further.h"
};

}  // namespace waymark
