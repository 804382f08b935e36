// Cases of the exact state (core/exact.h), which no role uses yet: the table alone, with its hash, by packets of flows
// whose key needs no parsing.
#pragma once

#include "bench/case.h"

namespace waymark::bench {

enum class ExactWay {
  hit,      // a random one of the flows
  unknown,  // none of a full table of flows, nor an embryo: and it stays so
  fresh,    // likewise, and becomes an embryo; all places of embryos are taken
  full,     // a new flow into a full table: refused
  insert,   // a new flow, into a table that was half full at first
};

struct ExactSpec {
  ExactWay way;
  u32 flows = 0;  // that packets belong to
  bool ip6 = false;
};

std::unique_ptr<Case> make_exact(const ExactSpec& spec);
std::unique_ptr<Case> make_userspace_exact(u32 flows);  // IPv4: a random one of so many

}  // namespace waymark::bench
