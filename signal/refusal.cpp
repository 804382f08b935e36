#include "signal/refusal.h"

#include <fmt/format.h>

namespace waymark::signalling {

namespace {

struct Facts {
  std::string_view name;
  Reply reply;
  std::string_view text;
};
#define WM_SIGNAL_FACTS(name, reply, text) {#name, Reply::reply, text},
constexpr Facts kFacts[] = {WM_SIGNAL_REASONS(WM_SIGNAL_FACTS)};

}  // namespace

std::string_view name_of(Reason reason) { return kFacts[u8(reason)].name; }
std::string_view text(Reason reason) { return kFacts[u8(reason)].text; }
Reply reply_to(Reason reason) { return kFacts[u8(reason)].reply; }

std::string text(const Refusal& refusal) {
  return fmt::format("MH Type {} refused at byte {}: {}", refusal.type, refusal.at, text(refusal.reason));
}

}  // namespace waymark::signalling
