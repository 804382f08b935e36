// For tests: a program that punts every packet, as waymark.bpf.cpp does with some.
#include "engine/xdp/bpf.h"
#include "engine/xdp/punt_record.h"

namespace waymark {

extern "C" {
WM_SECTION("license") extern const char wm_license[] = "Dual MIT/GPL";
}

struct map_of_punts {
  WM_MAP_UINT(type, 4);  // BPF_MAP_TYPE_PERF_EVENT_ARRAY
  WM_MAP_TYPE(key, unsigned int);
  WM_MAP_TYPE(value, unsigned int);
};
extern "C" {
WM_SECTION(".maps") map_of_punts punts;
}

extern "C" WM_SECTION("xdp") int wm_xdp(xdp_md* ctx) {
  PuntRecord record = {ctx->ingress_ifindex, ctx->data_end - ctx->data, 7, {}};
  bpf::perf_event_output(ctx, &punts, u64(record.length) << 32 | 0xffffffff, &record, sizeof record);
  return bpf::xdp_drop;
}

}  // namespace waymark
