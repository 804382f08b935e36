// Every step of its own that there is: the core's, then each role's that has a steps.h. The includer says by
// WM_STEP(NAMESPACE, NAME, NEEDS) what is made of each; so this is included once for each such meaning, which ends
// here.
#include "core/step.h"

CORE_STEPS(WM_STEP)
#define WM_ROLE_FILE steps.h
#include "roles/include_each.h"
#undef WM_STEP
