#include "node/edge_flows.h"

#include "dataplane/flow_env.h"
#include "node/words.h"
#include "roles/compile.h"
#include "roles/role.h"

namespace waymark {

namespace {

using edge::Stage;

constexpr Duration kEnding = std::chrono::seconds(240);   // from a FIN or reset on (RFC 5382, REQ-5)
constexpr Duration kHalfOpen = std::chrono::seconds(60);  // and a ping (RFC 5508, REQ-1)

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
  rounds_.begin(plan.settings.buckets);
  rounds4_.begin(plan.settings.buckets4);
  if (!rounds_ || !rounds4_) four_ = !rounds_;
}

template <class F>
bool EdgeKeeper::part(SweepRounds<typename F::Table>& rounds, Time now, u32 ticks) {
  FlowEnv env{live_};
  const u32 stamp = ticks >> plan_.stamp_shift;
  const bool ended = rounds.part(
      now, env, {F::buckets(plan_.settings), 0, plan_.settings.stale_stamps, 0}, {stamp, stamp},
      [&](u64 state) { return idle_stamps(plan_, edge::stage_of(state)); },
      [&](const typename F::Record& record, bool tentative) {
        counting_.flows4 += !F::kSix && !tentative;
        edge::Known flow = {};
        F::read(*plan_.load, &record, read_word(&record.state), flow);
        count(read_word(&record.state), flow, tentative);
      },
      [&] {
        if (F::kSix || !rounds_) begin();
      });
  if (ended) counting_.expired += rounds.counts().expired;
  return ended;
}

void EdgeKeeper::tick(Time now, u32 ticks) {
  if (!four_) {
    if (!rounds_.due(now) || !part<edge::Six>(rounds_, now, ticks)) return;
    if (!rounds4_) return end();
    four_ = true;
  }
  if (!rounds4_.due(now) || !part<edge::Four>(rounds4_, now, ticks)) return;
  four_ = !rounds_;
  end();
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
