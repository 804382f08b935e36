// The texts of every reason and note, gathered from where they are declared.
#include "dataplane/pipeline.h"
#include "engine/replay/userspace.h"

namespace waymark {

namespace {

std::vector<ReasonText> gather() {
  std::vector<ReasonText> all;
#define WM_GATHER(NAME) all.insert(all.end(), std::begin(NAME::kReasonTexts), std::end(NAME::kReasonTexts));
  WM_MODULES(WM_GATHER)
#undef WM_GATHER
  return all;
}

struct NoteText {
  const char *name, *sentence;
};
constexpr NoteText kNoteTexts[kNotes] = {
    {"pin_adopted", "a TCP flow arrived in its middle and was pinned by the consistent choice"},
    {"pin_spilled", "a pin went to its second bucket, the first being full"},
    {"pin_moved", "a pin was moved to its second bucket to make room"},
    {"pin_table_full", "no room for a proven pin: the consistent choice serves"},
    {"pin_embryo_evicted", "an embryonic pin gave way to a newer one before its time"},
    {"pin_stolen", "a pin older than any idle time gave way to a new one"},
    {"pin_contended", "another CPU changed the slot first: the flow was not pinned by this packet"},
    {"ecn_marked", "congestion on the tunnel was marked in the inner header"},
    {"pin_mirror_evicted", "another director's pin gave way to one of our own, the table being full"},
    {"candidate_sent", "the tunnel named a second candidate for a flow that arrived in its middle"},
    {"passed_on", "a host sent a stray on to the second candidate"},
    {"candidate_refused", "the second candidate is no host of this service: delivered here"},
    {"pin_inherited", "a pin moved to another service with the same target, after services were split or merged"},
    {"error_carried", "an ICMP error about a reply, or about a tunnel's packet, was carried to whose it was"},
    {"flow_begun", "a firewall let a new flow begin"},
    {"flow_recovered", "a firewall found a TCP flow again in its middle, in time of grace"},
    {"flow_embryo_evicted", "a half-open flow of a firewall gave way to a newer one before its time"},
    {"flow_table_full", "no room for a flow that both sides have spoken in: it stays among the half-open"},
    {"neighbour_learnt", "a host in a tenant's overlay was heard that was not known"},
    {"neighbour_moved", "a host in a tenant's overlay was heard with another MAC address, or by another tunnel"},
    {"neighbour_evicted", "a known host in a tenant's overlay gave way to a newer one"},
    {"edge_flow_begun", "an edge gave a new flow an address of its own"},
    {"edge_flow_evicted", "a flow of an edge's that no server had answered gave way to a newer one"},
    {"edge_server_learnt", "an edge learnt a flow's server from its reply"},
    {"edge_server_forgotten", "a flow's server is unreachable: the flow goes by anycast again"},
};

}  // namespace

std::span<const ReasonText> all_reasons() {
  static const std::vector<ReasonText> all = gather();
  return all;
}

const ReasonText* reason_text(u16 reason) {
  for (const ReasonText& r : all_reasons())
    if (r.verdict.reason == reason) return &r;
  return nullptr;
}

const char* note_name(Note note) { return kNoteTexts[u32(note)].name; }
const char* note_text(Note note) { return kNoteTexts[u32(note)].sentence; }

}  // namespace waymark
