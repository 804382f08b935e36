#include "agents/registrar_view.h"

#include "agents/registrant.h"
#include "agents/registrar.h"
#include "agents/weight.h"

namespace waymark::agents {

std::string_view text(BindingState state) {
  constexpr std::string_view kTexts[] = {"bound", "suspect", "stale", "draining"};
  return kTexts[size_t(state)];
}

std::string_view text(Standing standing) {
  constexpr std::string_view kTexts[] = {"idle", "waiting", "bound", "refused", "ending"};
  return kTexts[size_t(standing)];
}

std::string_view name_of(Refused refused) {
#define WM_AGENTS_MEMBER(name, text) #name,
  constexpr std::string_view kNames[] = {WM_AGENTS_REFUSALS(WM_AGENTS_MEMBER)};
#undef WM_AGENTS_MEMBER
  return kNames[size_t(refused)];
}

std::string_view text(Refused refused) {
#define WM_AGENTS_MEMBER(name, text) text,
  constexpr std::string_view kTexts[] = {WM_AGENTS_REFUSALS(WM_AGENTS_MEMBER)};
#undef WM_AGENTS_MEMBER
  return kTexts[size_t(refused)];
}

}  // namespace waymark::agents
