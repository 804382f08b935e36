// The firewall's tables of flows, as the functions of the exact state want them (core/exact.h).
#pragma once

#include "core/firewall/flow.h"
#include "core/tables.h"

namespace waymark::firewall {

using Flows = ExactTable<table::flows_table, table::flow_records_table>;
using Embryos = ExactTable<table::flow_embryos_table, table::flow_embryo_records_table>;
using Flow = ExactFlow<ExactRecord4>;

// The ends of a flow, as its key has them. Addresses and ports in host order; of a ping the identifier is the inside's
// port.
struct FlowEnds {
  u32 owner;
  u32 inside, outside;
  u16 inside_port, outside_port;
  u8 protocol;
};
WM_INLINE constexpr FlowEnds ends_in(const ExactKey<2>& key) {
  const u64 ends = key.word[0], rest = key.word[1];
  return {u32(rest >> 40), u32(ends >> 32), u32(ends), u16(rest), u16(rest >> 16), u8(rest >> 32)};
}

}  // namespace waymark::firewall
