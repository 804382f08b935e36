#include "node/control.h"

#include <fmt/format.h>

#include <algorithm>

#include "node/words.h"
#include "roles/path/digest.h"
#include "roles/role.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kOpinionsEvery = 100ms;
constexpr u32 kOpinionsAtOnce = 1'000;     // where more differ, the others come in turn
constexpr Duration kOpinionsPause = 10ms;  // and sooner

group::StateRecord record_of(const Decided& d) {
  return {d.service,          d.target,
          d.decision.drained, d.decision.weight == kNoWeight ? std::optional<u32>() : d.decision.weight,
          d.decision.version, d.decision.origin};
}

}  // namespace

Control::Control(Live live, Life life)
    : life_(std::move(life)),
      node_(live, life_.clock),
      health_(life_.seed),
      holdings_(life_.name, node_.live().holdings),
      agents_(life_.seed ^ life_.epoch,
              u32(std::chrono::duration_cast<std::chrono::seconds>(life_.clock.wall).count())) {
  if (life_.adopted) announce_.keep_found(life_.announced);
}

Control::~Control() = default;

Result<Draft> Control::draft(std::shared_ptr<const Config> config, std::span<const InterfaceFacts> interfaces,
                             std::vector<u8> secret, std::span<const Prefix> natives) {
  if (config->group) {
    const auto key = group::pin_key_of(secret, config->group->name);
    if (!std::equal(key.begin(), key.end(), std::begin(node_.live().meta[0].pin_key)))
      return Error{
          fmt::format("the pinned tables have other keys than group \"{}\": `waymark down` and a new start "
                      "take the group's",
                      config->group->name)};
  }
  drafted_things_ = holdings_of(*config);
  drafted_holds_ = holdings_.plan(drafted_things_);
  config = holding(std::move(config), drafted_holds_);
  Services serves = serves_of(*config);
  registered_drafted_ = agents_.changes();
  Result<Draft> draft = node_.draft(std::move(config), std::move(serves), interfaces, natives);
  if (draft) next_secret_ = std::move(secret);
  return draft;
}

Result<Image> Control::prepare(const Config& config, std::span<const InterfaceFacts> interfaces, std::vector<u8> secret,
                               std::span<const Prefix> natives) {
  const Result<Draft> drafted = draft(std::make_shared<const Config>(config), interfaces, std::move(secret), natives);
  if (!drafted) return drafted.error();
  Result<Compiled> compiled = compile(*drafted);
  if (!compiled) {
    abandon();
    return compiled.error();
  }
  introduce(*compiled);
  prepared_ = std::move(*compiled);
  return prepared_.image;
}

void Control::commit(Compiled compiled, Time now) {
  const bool in_step = committed_ && awaited().empty();
  stale_stamps_ = compiled.stale_stamps;
  Health::Plan checks = std::move(compiled.checks);
  node_.commit(std::move(compiled), now);
  events_.configured(node_.config(), node_.decisions());
  const Config& config = node_.config();
  follow_holdings(now);
  registered_seen_ = registered_drafted_;
  watch_.configure(config, committed_ ? std::vector<Address>() : node_.silent(), now);
  node_.set_silent(watch_.silent());
  wan_.configure(config);
  health_.configure(std::move(checks), now);
  if (life_.adopted && !committed_)  // what the daemon before us knew stands until we know better
    for (const ServiceSpec& service : node_.serves().service)
      for (const TargetSpec& target : service.target)
        health_.adopt(service.name, target.name,
                      node_.down().contains(name_of(service.name, target.name)) ? Wellness::down : Wellness::up, now);
  for (const auto& [now_called, former_service] : node_.take_renamed())
    if (unproven_.contains(former_service))
      unproven_.insert(now_called.service);
    else
      health_.adopt(now_called.service, now_called.target, now_called.down ? Wellness::down : Wellness::up, now);
  // Of a target that is back, and is asked no more, nobody will say that it is well.
  std::vector<TargetHealth> unasked;
  for (const std::string& name : node_.down()) {
    const std::size_t slash = name.find('/');
    const std::string service = name.substr(0, slash), target = name.substr(slash + 1);
    if (node_.configured(service, target) && !health_.watches(service, target))
      unasked.push_back({service, target, false});
  }
  node_.set_down(unasked, now);
  announce_.configure(config);
  std::erase_if(unproven_, [&](const std::string& service) { return !health_.knows_nothing_of(service); });
  for (const auto& [service, live] : node_.live_services()) set_live(service, live);
  // Whatever is announced stays so while a group is formed around it.
  const auto standing = in_step                      ? group::Standing::in_step
                        : announce_.routes().empty() ? group::Standing::fresh
                                                     : group::Standing::announced;
  committed_ = true;
  awaited_seen_.reset();
  form_group(standing, now);
  if (group_) {
    const path::SharedDigest paths = path::shared_digest(config);
    group_->publish_paths({paths.plans, paths.pops, paths.servers, paths.policies});
    group_->publish_keys(keys_);
    group_->hear_again();  // what was said of targets that are new
    for (const Decided& d : node_.decisions()) decisions_.push_back(record_of(d));
  }
  settle(now);
}

void Control::form_group(group::Standing standing, Time now) {
  const Config& config = node_.config();
  if (!config.group) {
    group_.reset();
    forget_others_sights();
    contested_.clear();
    opinions_.clear();
    decisions_.clear();
    return;
  }
  if (group_ && next_secret_ == life_.secret && group_name_ == config.group->name)
    return group_->configure(*config.group, now);
  forget_others_sights();
  published_ = holdings_told_ = revocations_told_ = false;
  life_.secret = next_secret_;
  group_name_ = config.group->name;
  group::GroupNeeds needs{life_.nonce,
                          [this](Time at) { return node_.stamp(at); },
                          [this](u32 slot, PinState state) { return node_.idle_stamps(slot, state); },
                          [this] { return stale_stamps_; },
                          [this](Time at) { return node_.flow_times(at); },
                          &node_.edge_mirror()};
  group_ = std::make_unique<group::Group>(*config.group, config.name, life_.secret, life_.epoch, std::move(needs),
                                          node_.live(), standing);
}

void Control::begin_grace(const Compiled& compiled, bool anew, Time now) {
  const std::vector<group::Peer> peers = group_ ? group_->peers() : std::vector<group::Peer>();
  const bool mirrored =
      !peers.empty() && std::all_of(peers.begin(), peers.end(), [](auto& peer) { return peer.mirrors_flows; });
  if (!anew && (mirrored || !node_.takes_ids(compiled))) return;
  if (!node_.begin_grace(compiled, now)) return;
  events_.tell({Severity::info, "grace.began", "",
                fmt::format("{}: for {} s the firewall lets TCP connections go on that it does not know",
                            anew ? "the table of flows is new" : "an id is taken, whose flows another machine knows",
                            std::chrono::duration_cast<std::chrono::seconds>(node_.grace_left(now)).count())});
}

Status Control::drain(const std::string& target, bool on, Time now) {
  // On a server: a service of its own, which directors are told.
  if (agents_.registers(target)) return agents_.drain(target, on, now);
  WM_TRY(node_.drain(target, on, now));
  events_.decided(node_.config(), node_.decisions());
  settle(now);
  return Done{};
}

Status Control::reweigh(const std::string& target, std::optional<u32> weight, Time now) {
  WM_TRY(node_.reweigh(target, weight, now));
  events_.decided(node_.config(), node_.decisions());
  settle(now);
  return Done{};
}

void Control::stop(Time now) {
  announce_.stop(now);
  events_.tell(announce_.take_events());
}

void Control::on_next_hop(const NextHop& hop, Time now) {
  const HopNews news = node_.on_next_hop(hop, now);
  if (news == HopNews::none) return;
  events_.next_hop(hop, news, node_.targets_at(hop.target, NodeEvents::kNamed));
  watch_.next_hop(hop.target, news == HopNews::found);
  node_.set_silent(watch_.silent());
}

bool Control::judge_pops(Time now) {
  watch_.judge(now);
  const std::vector<Watch::Change> changes = watch_.take_changes();
  if (changes.empty()) return false;
  node_.set_silent(watch_.silent());
  events_.pops(changes);
  look_at_wan(now);
  return true;
}

void Control::answer(u64 question, CheckOutcome outcome, const std::string& why, Time now) {
  health_.answer(question, outcome, why, now);
  settle(now);
}

void Control::opened(group::Link link, u32 dialled, Time now) {
  if (group_) group_->opened(link, dialled, now);
}

bool Control::accepted(group::Link link, const Address& from, Time now) {
  return group_ && group_->accepted(link, from, now);
}

void Control::received(group::Link link, std::span<const u8> bytes, Time now) {
  if (!group_) return;
  group_->received(link, bytes, now);
  settle(now);
}

void Control::failed(u32 member, group::Unreached how, const std::string& why, Time now) {
  if (!group_) return;
  group_->failed(member, how, why, now);
  settle(now);
}

void Control::closed(group::Link link, group::Ended by, const std::string& why, Time now) {
  if (!group_) return;
  group_->closed(link, by, why, now);
  settle(now);
}

void Control::queued(group::Link link, std::size_t bytes) {
  if (group_) group_->sent(link, bytes);
}

group::GroupOutput Control::take() {
  group::GroupOutput out = group_ ? group_->take() : group::GroupOutput{};
  events_.tell(std::exchange(out.log, {}));
  return out;
}

// A target that was removed while it was down is asked no more, and stays as it was for the flows it has left.
void Control::follow_health(Time now) {
  std::vector<TargetHealth> down;
  const std::vector<Health::Change> changes = health_.take_changes();
  events_.health(changes, health_.unrenewed());
  for (const Health::Change& change : changes) {
    if (change.target.empty()) {  // of the host's own services
      agents_.set_well(change.service, change.after == Wellness::up, now);
      continue;
    }
    if (change.after != Wellness::unknown && unproven_.erase(change.service))
      set_live(change.service, node_.is_live(change.service));
    if (node_.configured(change.service, change.target)) down.push_back({change.service, change.target, change.down});
    if (!group_) continue;
    opinions_.push_back(
        {change.service, change.target, change.own ? std::optional(change.after == Wellness::up) : std::nullopt});
    contested_.insert({change.service, change.target});
  }
  if (!down.empty()) node_.set_down(down, now);
}

// Others' decisions are ours.
void Control::follow_group(Time now) {
  bool news = false;
  for (const group::StateRecord& r : group_->states_received())
    news |= node_.learn({r.service, r.target, {r.drained, r.weight.value_or(kNoWeight), r.version, r.origin}}, now);
  if (news) events_.decided(node_.config(), node_.decisions());
  for (group::OpinionKey& target : group_->opinions_heard())
    if (health_.watches(target.first, target.second)) contested_.insert(std::move(target));
  if (now >= opinions_due_) weigh_opinions(now);
}

// Others' opinions are not ours: they stand in where we know nothing yet, and where they differ they make us ask once
// more. Who differs stays contested.
void Control::weigh_opinions(Time now) {
  const std::size_t all = contested_.size();
  auto at = all > kOpinionsAtOnce ? contested_.upper_bound(weighed_) : contested_.begin();
  for (u32 count = 0; count < std::min<std::size_t>(all, kOpinionsAtOnce); ++count) {
    if (at == contested_.end()) at = contested_.begin();
    const auto& [service, target] = weighed_ = *at;
    bool differ = false;
    for (const bool up : group_->opinions_of(weighed_)) {
      health_.adopt(service, target, up ? Wellness::up : Wellness::down, now);
      if (health_.down(service, target) != up) continue;
      health_.hurry(service, target, now);
      differ = true;
    }
    at = differ ? std::next(at) : contested_.erase(at);
  }
  opinions_due_ = now + (all > kOpinionsAtOnce ? kOpinionsPause : kOpinionsEvery);
}

void Control::publish(bool ready, Time now) {
  group::Digest digest;
  digest.pool = node_.pool_digest();
  digest.history = node_.history_digest();
  for (u32 word : node_.live().meta[0].pin_key) digest.key = mix(digest.key ^ word);
  digest.generation = node_.generation();
  digest.flows = node_.swept().proven + node_.swept().closing + node_.swept().datagram;
  digest.ready = ready;
  if (!std::exchange(published_, true)) {
    decisions_.clear();
    for (const Decided& d : node_.decisions()) decisions_.push_back(record_of(d));
    opinions_.clear();
    for (const Health::View& v : health_.views())
      if (v.own && !v.target.empty()) opinions_.push_back({v.service, v.target, v.state == Wellness::up});
  }
  group_->publish_changes(digest, decisions_, opinions_, now);
  decisions_.clear();
  opinions_.clear();
}

void Control::settle(Time now) {
  if (!committed_) return;
  if (group_) {
    follow_group(now);
    review_holdings(now);
    follow_revocations(now);
    follow_wan();
  }
  follow_health(now);
  if (!health_known_ && health_.decided()) {
    health_known_ = true;
    doubt_services();
  }
  const std::string missing = awaited();
  const bool changed =
      health_.verdicts() != verdicts_seen_ || node_.changes() != node_seen_ || missing != awaited_seen_;
  if (!changed && now < announce_.deadline()) return;
  verdicts_seen_ = health_.verdicts();
  node_seen_ = node_.changes();
  awaited_seen_ = missing;
  Node::News news = node_.take_news();
  for (const auto& [service, live] : news.live) set_live(service, live);
  announce_.update(missing, now);
  events_.tell(announce_.take_events());
  if (!group_) return;
  for (const Decided& d : news.decided) decisions_.push_back(record_of(d));
  publish(missing.empty(), now);
}

// Where checks could not be carried out since the node began, a service is announced once one of its targets is known.
// Later a service stays as it is: what was served must not end because nothing is heard.
void Control::set_live(const std::string& service, bool live) {
  announce_.set_live(service, live && !unproven_.contains(service));
}

void Control::doubt_services() {
  for (const ServiceSpec& service : node_.serves().service)
    if (health_.knows_nothing_of(service.name) && unproven_.insert(service.name).second) set_live(service.name, false);
}

std::string Control::awaited() const {
  if (!committed_) return "no configuration is in force yet";
  // Once only: a target that is added later withdraws nothing from those that are known.
  if (!health_known_ && !health_.decided()) {
    const std::string why = health_.unrenewed().count ? ": " + health_.unrenewed().why : "";
    return fmt::format("health of {} target{} is not known yet{}", health_.undecided(),
                       health_.undecided() == 1 ? "" : "s", why);
  }
  return group_ ? group_->awaited() : std::string();
}

std::vector<u32> Control::tick(Time now) {
  if (group_) group_->tick(now);
  revocations_.expire(node_.seconds(now));
  if (now >= wan_.deadline()) look_at_wan(now);
  follow_registrations(now);
  settle(now);
  if (now < node_.deadline()) return {};
  std::vector<u32> freed = node_.tick(now);
  if (node_.flows().take_grace_ended())
    events_.tell({Severity::info, "grace.ended", "",
                  "the time of grace is over: the firewall drops TCP of connections that it does not know"});
  return freed;
}

Time Control::deadline() const {
  Time due = std::min({node_.deadline(), health_.deadline(), announce_.deadline(), wan_.deadline()});
  if (group_) due = std::min({due, group_->deadline(), holdings_.deadline()});
  if (contested_.size() > kOpinionsAtOnce) due = std::min(due, opinions_due_);
  if (committed_ && !node_.drafting() && agents_.changes() != registered_seen_) due = Time{};
  if (const u64 expiry = revocations_.next_expiry()) due = std::min(due, node_.time_of(expiry));
  return due;
}

}  // namespace waymark
