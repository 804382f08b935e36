// The firewall's table in the terms of RFC 9693: how many connections a second one CPU establishes and tears down, and
// how many the table takes. Connections are TCP handshakes of three packets through the whole gateway, in batches.
#include <algorithm>
#include <cstring>

#include "bench/case.h"
#include "bench/facts.h"
#include "bench/gateway_case.h"
#include "bench/xdp_case.h"
#include "core/exact_sweep.h"
#include "node/flows.h"

namespace waymark::bench {

namespace {

constexpr u32 kBatch = 8'192;  // fewer than there is room for half-open ones
constexpr u8 kSynAck = kTcpSyn | kTcpAck;

class Connections {
 public:
  Status prepare() {
    auto made =
        Wrapper::make(gateway_site(kPins / 10 * 9, Tunnel::ip), gateway_wrapper(GatewayWay::out, Tunnel::ip),
                      gateway_packet(GatewayWay::out, Tunnel::ip), gateway_overhead(GatewayWay::out, Tunnel::ip),
                      gateway_wrapper(GatewayWay::back, Tunnel::ip));
    if (!made) return made.error();
    out_ = std::move(*made);
    std::vector<u8> reply = gateway_packet(GatewayWay::back, Tunnel::ip);
    reinterpret_cast<Tcp*>(reply.data() + reply.size() - sizeof(Tcp))->acknowledgement = wire32(2);  // of the SYN
    back_ = out_->beside(gateway_wrapper(GatewayWay::back, Tunnel::ip), std::move(reply),
                         gateway_overhead(GatewayWay::back, Tunnel::ip));
    return out_->keep_ways(gateway_destinations());
  }

  // Of the connections from `first` on each one's packet with these flags: the seconds that they took together.
  Result<double> send(bool out, u8 flags, u64 first, u32 count) {
    Wrapper& by = out ? *out_ : *back_;
    const u16 reason = gateway_reason(out ? GatewayWay::out : GatewayWay::back);
    const u64 before = object().counters().reasons[reason];
    WM_TRY(by.plan(kOnce, count, flags, first));
    const auto ran = by.run(count);
    if (!ran) return ran.error();
    passed_ = object().counters().reasons[reason] - before;
    return ran->ns * 1e-9 * count;
  }
  u64 passed() const { return passed_; }  // of those sent last

  Result<double> establish(u64 first, u32 count) {
    double seconds = 0;
    for (const u8 flags : {kTcpSyn, kSynAck, kTcpAck}) {
      const auto took = send(flags != kSynAck, flags, first, count);
      if (!took) return took;
      seconds += *took;
      if (passed_ == count) continue;
      return Error{std::to_string(passed_) + " of " + std::to_string(count) + " handshakes' packets passed"};
    }
    return seconds;
  }

  // So many SYNs of which none is answered.
  Status flood(u32 packets) {
    WM_TRY(out_->plan(kNew, 0, kTcpSyn));
    const auto ran = out_->run(packets);
    return ran ? Status(Done{}) : ran.error();
  }

  u64 noted(Note note) const { return object().counters().notes[u32(note)]; }
  const Object& object() const { return *out_->site().object; }
  const Settings& settings() const { return out_->site().image.settings; }
  Result<u32> ticks() const { return out_->ticks(); }

 private:
  std::unique_ptr<Wrapper> out_, back_;
  u64 passed_ = 0;
};

void memory_facts(const Object& object, std::vector<Fact>& facts) {
  const double flows = memory_of(object, "flows") + memory_of(object, "flow_records");
  double all = flows;
  for (const char* table : {"flow_embryos", "flow_embryo_records", "flow_counts", "pairs", "fragments"})
    all += memory_of(object, table);
  facts.push_back({"firewall.bytes_per_flow", flows / kPins, "bytes", 2});
  facts.push_back({"firewall.bytes_per_flow_with_half_open", all / kPins, "bytes", 2});
  facts.push_back({"firewall.memory_at_1m_flows", mebibytes(all), "MiB", 1});
}

// Until half of the newcomers find no room. Those that find none stay half open.
Status establish_facts(Connections& connections, std::vector<Fact>& facts) {
  double seconds = 0;
  u64 fitted = 0, n = 0, refused = 0;
  for (u64 before = 0; refused - before < kBatch / 2; n += kBatch) {
    before = refused;
    if (n > 2 * kPins) return Error{"the firewall's table was not filled"};
    const auto took = connections.establish(n, kBatch);
    if (!took) return took.error();
    refused = connections.noted(Note::flow_table_full);
    if (refused) continue;
    fitted = n + kBatch;
    seconds += *took;
  }
  if (!fitted) return Error{"the firewall's table took no connection"};
  u64 held = 0;
  for (const ExactBucket& bucket : connections.object().live().flows)
    held += u64(std::count_if(std::begin(bucket.way), std::end(bucket.way), [](u64 word) { return u32(word) != 0; }));
  if (held != n - refused)
    return Error{std::to_string(held) + " connections are in the table, and not all that passed"};
  facts.push_back({"firewall.establishment_rate", double(fitted) / seconds, "connections/s of one CPU"});
  facts.push_back({"firewall.capacity_before_a_refusal", double(fitted), "connections"});
  facts.push_back({"firewall.capacity", double(held), "connections"});

  // A reply of each of the first, after a flood of SYNs ten times the table.
  for (u32 part = 0; part < 10; ++part) WM_TRY(connections.flood(kPins));
  if (const auto took = connections.send(false, kTcpAck, 0, u32(fitted)); !took) return took.error();
  facts.push_back({"firewall.syn_flood.packets", 10.0 * kPins, "SYNs"});
  facts.push_back({"firewall.syn_flood.established_flows_lost", double(fitted - connections.passed()), "connections"});
  return Done{};
}

// One sweep in which all flows have been idle for too long.
Status tear_down_facts(Connections& connections, std::vector<Fact>& facts) {
  const auto ticks = connections.ticks();
  if (!ticks) return ticks.error();
  FlowEnv env{connections.object().live()};
  const Settings& s = connections.settings();
  const ExactLimits limits = {s.firewall.buckets, s.firewall.embryo_buckets, s.firewall.stale_stamps,
                              s.firewall.embryo_stamps};
  std::vector<SweepWords> words(limits.buckets);
  ExactSweeper<firewall::Flows, firewall::Embryos> sweeper(words.data());
  const ExactStamps later = {(*ticks >> s.stamp_shift) + 2, (*ticks >> s.firewall.embryo_shift) + 2};
  const double began = thread_seconds();
  while (!sweeper.step(
      env, limits, later, [](u64) { return 0u; }, [](const ExactRecord4&, bool) {}, limits.buckets)) {
  }
  const double seconds = thread_seconds() - began;
  if (sweeper.counts().flows) return Error{std::to_string(sweeper.counts().flows) + " idle flows were not swept"};
  facts.push_back({"firewall.tear_down_rate", double(sweeper.counts().expired) / seconds, "connections/s of one CPU"});
  return Done{};
}

}  // namespace

Status firewall_facts(std::vector<Fact>& facts) {
  Connections connections;
  WM_TRY(connections.prepare());
  memory_facts(connections.object(), facts);
  WM_TRY(establish_facts(connections, facts));
  return tear_down_facts(connections, facts);
}

}  // namespace waymark::bench
