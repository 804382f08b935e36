#include "bench/facts.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "bench/xdp_case.h"
#include "core/tables.h"
#include "dataplane/pipeline.h"
#include "engine/xdp/program.h"

namespace waymark::bench {

namespace {

using Facts = std::vector<Fact>;

// A field of /proc, in its own unit: "VmRSS:" of our status, "memlock:" of a map's descriptor.
double proc_field(const std::string& file, const std::string& field) {
  std::ifstream lines("/proc/self/" + file);
  for (std::string word; lines >> word;)
    if (double value = 0; word == field && lines >> value) return value;
  return 0;
}

double resident() { return proc_field("status", "VmRSS:") * 1024; }

double memory_of_all(const Object& object) {
  double sum = 0;
#define WM_SUM(NAME, VALUE, ENTRIES, CLASS) sum += memory_of(object, #NAME);
  WM_TABLES(WM_SUM)
#undef WM_SUM
  return sum;
}

u64 new_flows(Wrapper& wrapper) {
  u64 sum = 0;
  for (const TargetCounters& t : wrapper.site().object->target_traffic(16)) sum += t.flows;
  return sum;
}

Status sent_all(Wrapper& wrapper, u64 before, u64 packets) {
  const u64 sent = wrapper.site().object->counters().reasons[forward::why::sent.reason] - before;
  if (sent == packets) return Done{};
  return Error{std::to_string(sent) + " of " + std::to_string(packets) + " packets were sent"};
}

// Sends one packet of each of the first `flows` flows: how many of them had no pin any more.
Result<u64> lost(Wrapper& wrapper, u32 flows) {
  WM_TRY(wrapper.plan(kOnce, flows));
  const u64 before = new_flows(wrapper), sent = wrapper.site().object->counters().reasons[forward::why::sent.reason];
  const auto ran = wrapper.run(flows);
  if (!ran) return ran.error();
  WM_TRY(sent_all(wrapper, sent, flows));
  return new_flows(wrapper) - before;
}

Result<std::unique_ptr<Wrapper>> director() {
  return Wrapper::make({}, "wm_bench_direct6", client_packet(false, kTcpAck), int(tunnel_overhead(true, {kTunnelIp})));
}

// Nine tenths of the pins, inserted by packets and found by packets; then a flood of SYNs ten times the table.
Status pin_facts(Facts& facts) {
  auto made = director();
  if (!made) return made.error();
  Wrapper& wrapper = **made;
  const Object& object = *wrapper.site().object;
  const double start = resident(), tables = memory_of_all(object);
  const u32 flows = kPins / 10 * 9;
  WM_TRY(wrapper.pin(flows));
  const auto missing = lost(wrapper, flows);
  if (!missing) return missing.error();
  const Counters counters = object.counters();
  facts.push_back({"pins.inserted", double(flows), "flows"});
  facts.push_back({"pins.not_found", double(*missing), "flows"});
  facts.push_back({"pins.spilled", double(counters.notes[u32(Note::pin_spilled)]), "flows"});
  facts.push_back({"pins.moved", double(counters.notes[u32(Note::pin_moved)]), "flows"});
  const double bytes = memory_of(object, "pins");
  facts.push_back({"pins.bytes_per_pin", bytes / flows, "bytes", 2});
  facts.push_back({"pins.bytes_per_pin_with_embryos", (bytes + memory_of(object, "embryos")) / flows, "bytes", 2});

  WM_TRY(wrapper.plan(kNew, 0, kTcpSyn));
  const u64 before = object.counters().reasons[forward::why::sent.reason], flood = 10ull * kPins;
  for (u32 part = 0; part < 10; ++part)
    if (const auto ran = wrapper.run(kPins); !ran) return ran.error();
  WM_TRY(sent_all(wrapper, before, flood));
  const auto drowned = lost(wrapper, flows);
  if (!drowned) return drowned.error();
  facts.push_back({"syn_flood.packets", double(flood), "SYNs"});
  facts.push_back({"syn_flood.established_flows_lost", double(*drowned), "flows"});

  facts.push_back({"memory.tables_at_start", mebibytes(tables), "MiB", 1});
  facts.push_back({"memory.tables_with_pins", mebibytes(memory_of_all(object)), "MiB", 1});
  facts.push_back({"memory.process_at_start", mebibytes(start), "MiB", 1});
  facts.push_back({"memory.process_with_pins", mebibytes(resident()), "MiB", 1});
  return Done{};
}

// From the drain's call to the word that flips the choice: packets after it obey.
Status change_facts(Facts& facts) {
  auto made = director();
  if (!made) return made.error();
  Wrapper& wrapper = **made;
  KernelSite& site = wrapper.site();
  std::vector<double> microseconds;
  for (int i = 0; i < 21; ++i) {
    const bool on = i % 2 == 0;
    const Time start = site.now();
    // As the daemon's time goes on: the pause between two flips has passed.
    const Status drained = site.node->drain("s1", on, start + std::chrono::seconds(i + 1));
    microseconds.push_back(std::chrono::duration<double, std::micro>(site.now() - start).count());
    if (!drained) return drained;
    if (i > 0) continue;
    WM_TRY(wrapper.plan(kNew, 0, kTcpSyn));
    const auto before = site.object->target_traffic(16);
    if (const auto ran = wrapper.run(10'000); !ran) return ran.error();
    const auto after = site.object->target_traffic(16);
    for (const TargetView& target : site.node->targets())
      if (target.drained && after[target.slot].flows != before[target.slot].flows)
        return Error{"a drained target got new flows"};
  }
  std::sort(microseconds.begin(), microseconds.end());
  facts.push_back({"change.into_data_path", microseconds[microseconds.size() / 2], "us", 1});
  return Done{};
}

Status program_facts_of(Facts& facts) {
  const auto site = UserspaceSite::make({});
  if (!site) return site.error();
  const Result<Object> object = Object::load(program(), (*site)->engine.image());
  if (!object) return object.error();
  for (const ProgramEntry& p : kPrograms) {
    const ProgramFacts of = program_facts(object->program(p.function));
    std::string name = std::string("program.") + p.name;
    std::replace(name.begin(), name.end(), ' ', '.');
    facts.push_back({name + ".verified_instructions", double(of.verified_instructions), "instructions"});
    facts.push_back({name + ".machine_code", double(of.jited_bytes), "bytes"});
  }
  facts.push_back({"program.object_file", double(program().size()), "bytes"});
  return Done{};
}

}  // namespace

double memory_of(const Object& object, const char* table) {
  return proc_field("fdinfo/" + std::to_string(object.map(table)), "memlock:");
}

Result<std::vector<Fact>> measure_facts() {
  Facts facts;
  WM_TRY(pin_facts(facts));
  WM_TRY(firewall_facts(facts));
  WM_TRY(change_facts(facts));
  WM_TRY(mirror_facts(facts));
  WM_TRY(scale_facts(facts));
  WM_TRY(program_facts_of(facts));
  return facts;
}

}  // namespace waymark::bench
