// Every further program that there is: each role's that has a programs.h. The includer says by WM_PROGRAM(ROLE, NAME)
// what is made of each; so this is included once for each such meaning, which ends here.
#define WM_ROLE_FILE programs.h
#include "roles/include_each.h"
#undef WM_PROGRAM
