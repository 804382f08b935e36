// The types and codes of RFC 7915, 4.2 and 5.2 that have a translation.
#pragma once

#include "tests/translator/cases.h"

namespace waymark::translator_cases {

struct IcmpRow {
  uint8_t type, code;
  uint32_t second;  // word of the message
  uint8_t to_type, to_code;
  uint32_t to_second;
};
const std::vector<IcmpRow>& rows_to6();
const std::vector<IcmpRow>& rows_to4();

}  // namespace waymark::translator_cases
