#include "signal/status.h"

namespace waymark::signalling {

#define WM_SIGNAL_CASE(name, number, text) \
  case number:                             \
    return text;
#define WM_SIGNAL_NAMES(type, list)                                         \
  std::string_view name_of(type value) {                                    \
    switch (u8(value)) { list(WM_SIGNAL_CASE) default : return "unknown"; } \
  }

WM_SIGNAL_NAMES(BindingStatus, WM_SIGNAL_STATUSES)
WM_SIGNAL_NAMES(Revoked, WM_SIGNAL_REVOKED)
WM_SIGNAL_NAMES(Trigger, WM_SIGNAL_TRIGGERS)
WM_SIGNAL_NAMES(ErrorStatus, WM_SIGNAL_ERRORS)
WM_SIGNAL_NAMES(FlowStatus, WM_SIGNAL_FLOWS)
WM_SIGNAL_NAMES(Ip4Status, WM_SIGNAL_IP4)

}  // namespace waymark::signalling
