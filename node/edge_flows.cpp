#include "node/edge_flows.h"

#include "dataplane/flow_env.h"
#include "node/words.h"
#include "roles/compile.h"
#include "roles/edge/packet_region.h"
#include "roles/edge/role.h"
#include "roles/role.h"

namespace waymark {

namespace {

using edge::Stage;

constexpr Duration kEnding = std::chrono::seconds(240);   // from a FIN or reset on (RFC 5382, REQ-5)
constexpr Duration kHalfOpen = std::chrono::seconds(60);  // and a ping (RFC 5508, REQ-1)
constexpr u64 kIp4Pool = u64(0xffff) << 32;               // with its first address: how members know a pool

}  // namespace

EdgePlan edge_plan(const Config& config, const Image& image, const Meta& meta) {
  EdgePlan plan;
  const std::optional<Keeping> kept = keeping(config, FlowKind::edge);
  if (!kept) return plan;
  plan.settings = image.settings.role.edge;
  plan.stamp_shift = image.settings.stamp_shift;
  plan.open = stamps_for(kept->tcp_idle, meta);
  plan.datagram = stamps_for(kept->udp_idle, meta);
  plan.ending = stamps_for(kEnding, meta);
  plan.half_open = stamps_for(kHalfOpen, meta);
  plan.load = std::make_shared<EdgeLoad>(image);
  plan.services = std::make_shared<EdgeServices>(*config.edge);
  for (const EdgeServiceConfig& service : config.edge->service) plan.names.push_back(service.name);
  u32 first = 0;
  for (const std::vector<Prefix>& pool : edge::pools_of(*config.edge)) {
    const u32 count = u32(pool_size(pool));
    plan.pools.push_back({kIp4Pool | number(ip4_of(pool[0].address)), first, count});
    first += count;
  }
  return plan;
}

u32 idle_stamps(const EdgePlan& plan, Stage stage) {
  switch (stage) {
    case Stage::open:
      return plan.open;
    case Stage::closing:
    case Stage::closed:
    case Stage::reset:
      return plan.ending;
    case Stage::datagram:
    case Stage::exchange:
      return plan.datagram;
    case Stage::none:
    case Stage::syn:
    case Stage::query:
    case Stage::reply:
      break;
  }
  return plan.half_open;
}

void EdgeKeeper::configure(const EdgePlan& plan) {
  of_services_.clear();
  plan_ = plan;
  const edge::OwnSettings& s = plan.settings;
  for (u32 i = 0; i < rounds_.size(); ++i) rounds_[i].begin(i < s.regions ? s.buckets : 0);
  for (u32 i = 0; i < rounds4_.size(); ++i) rounds4_[i].begin(i < s.regions4 ? s.buckets4 : 0);
  if (turn_ == kNoTurn || turn_from(turn_) != turn_) turn_ = turn_from(0);
}

u32 EdgeKeeper::turn_from(u32 turn) const {
  while (turn < kFour && !rounds_[turn]) ++turn;
  while (turn >= kFour && turn < kNoTurn && !rounds4_[turn - kFour]) ++turn;
  return turn;
}

template <class F, class E>
bool EdgeKeeper::part(SweepRounds<typename F::Table>& rounds, E env, Time now, u32 ticks) {
  const u32 stamp = ticks >> plan_.stamp_shift;
  const bool ended = rounds.part(
      now, env, {F::buckets(plan_.settings), 0, plan_.settings.stale_stamps, 0}, {stamp, stamp},
      [&](u64 state) { return idle_stamps(plan_, edge::stage_of(state)); },
      [&](const typename F::Record& record, bool tentative) {
        counting_.flows4 += !F::kSix && !tentative;
        edge::Known flow = {};
        F::read(*plan_.load, &record, 0, read_word(&record.state), flow);  // but for its own address
        count(read_word(&record.state), flow, tentative);
      },
      [&] {
        if (turn_ == turn_from(0)) begin();
      });
  if (ended) counting_.expired += rounds.counts().expired;
  return ended;
}

void EdgeKeeper::tick(Time now, u32 ticks) {
  FlowEnv table{live_};
  while (deadline() <= now) {
    const edge::OwnSettings& s = plan_.settings;
    const u32 region = turn_ % kFour, first = region * (turn_ < kFour ? s.buckets : s.buckets4);
    const edge::Region<FlowEnv> in{table, first};
    if (turn_ < kFour ? !part<edge::Six>(rounds_[region], in, now, ticks)
                      : !part<edge::Four>(rounds4_[region], in, now, ticks))
      return;
    turn_ = turn_from(turn_ + 1);
    if (turn_ != kNoTurn) continue;
    turn_ = turn_from(0);
    return end();
  }
}

EdgeRegions EdgeKeeper::regions(u32 ticks) const {
  const edge::OwnSettings& s = plan_.settings;
  EdgeRegions out{s, {}, plan_.pools, (ticks >> plan_.stamp_shift) & kStampMask, {}};
  if (s.buckets) out.prefixes.assign(s.prefix, s.prefix + s.regions);
  out.idle = [this](edge::Stage stage) { return idle_stamps(plan_, stage); };
  return out;
}

void EdgeKeeper::begin() {
  counting_ = {};
  of_services_.assign(plan_.names.size(), 0);
  counted_.assign(live_.edge_uses.size(), 0);
  before_.clear();
  for (const FlowCount& use : live_.edge_uses) before_.push_back(read_word(&use.flows));
}

void EdgeKeeper::count(u64 state, const edge::Known& flow, bool tentative) {
  ++counting_.stages[u64(edge::stage_of(state)) % edge::kStages];
  ++(tentative ? counting_.half_open : counting_.flows);
  counting_.learnt += (state & edge::kLearnt) != 0;
  if (const auto service = plan_.services->service_of(flow.ends); service && *service < of_services_.size())
    ++of_services_[*service];
  for (const u32 row : edge::uses_of(plan_.settings, flow.ends.client).row)
    if (row < counted_.size()) ++counted_[row];
}

// What packets added since the sweep began stays added: some of these flows it saw as well, and the next one tells.
void EdgeKeeper::end() {
  counting_.number = swept_.number + 1;
  counting_.services = swept_.services;  // the last whole round's, where this one was none
  if (of_services_.size() == plan_.names.size()) counting_.services.clear();
  for (std::size_t i = 0; i < of_services_.size(); ++i) counting_.services[plan_.names[i]] = of_services_[i];
  for (std::size_t i = 0; i < counted_.size(); ++i)
    if (counted_[i] != before_[i]) __sync_fetch_and_add(&live_.edge_uses[i].flows, counted_[i] - before_[i]);
  swept_ = counting_;
}

}  // namespace waymark
