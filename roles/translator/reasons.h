// How a packet's way through the translator ends.
#pragma once

#include "core/translate/reasons.h"

namespace waymark {

#define TRANSLATOR_REASONS(X, M) TRANSLATION_REASONS(X, M)
WM_REASONS(translator, 5, TRANSLATOR_REASONS)
WM_TRANSLATION_REASONS(translator)

}  // namespace waymark
