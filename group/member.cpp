#include "group/member.h"

#include <fmt/format.h>

namespace waymark::group {

bool update(Opinions& opinions, const std::vector<Opinion>& list) {
  for (const Opinion& opinion : list) {
    const auto key = std::pair(opinion.service, opinion.target);
    if (!opinion.up)
      opinions.erase(key);
    else if (opinions.size() >= kMaxTargets && !opinions.contains(key))
      return false;
    else
      opinions[key] = *opinion.up;
  }
  return true;
}

std::vector<Opinion> list_of(const Opinions& opinions) { return changes({}, opinions); }

std::vector<Opinion> changes(const Opinions& before, const Opinions& after) {
  std::vector<Opinion> list;
  for (const auto& [key, up] : after)
    if (const auto known = before.find(key); known == before.end() || known->second != up)
      list.push_back({key.first, key.second, up});
  for (const auto& [key, up] : before)
    if (!after.contains(key)) list.push_back({key.first, key.second, std::nullopt});
  return list;
}

std::string not_sharing(const Digest& ours, const Digest& theirs) {
  if (!ours.mirror) return "this node shares no pins";
  if (!theirs.mirror) return "it shares no pins";
  if (ours.key != theirs.key) return "its keys of flows are others";
  if (ours.pin_buckets != theirs.pin_buckets)
    return fmt::format("its table of pins has {} buckets, ours {}", theirs.pin_buckets, ours.pin_buckets);
  return "";
}

bool Member::take(const std::vector<Claim>& list) {
  std::map<std::string, Claim>& to = digest ? claims : coming;
  for (const Claim& claim : list) {
    if (!claim.listed)
      to.erase(claim.thing);
    else if (to.size() >= kMostThings && !to.contains(claim.thing))
      return false;
    else
      to[claim.thing] = claim;
  }
  return true;
}

void Member::take(const Digest& news) {
  if (!digest) claims = std::exchange(coming, {});
  digest = news;
  was_ready = news.ready;
}

void Member::begin_link(Link number, Time now) {
  if (link && digest) lost_at = now;  // until it has told all again
  link = number;
  since = now;
  why.clear();
  dialled.reset();
  reach = Reach::unasked;
  refused_at.reset();
  digest.reset();
  opinions.clear();
  coming.clear();
  applier.forget_slots();
  sharing = pull_asked = behind = resend = false;
  sending.reset();
  forget_flows();
  pinged = now;
  lag.reset();
  lost = 0;
}

void Member::end_link(const std::string& reason, Time heard, Time now) {
  link.reset();
  since = now;
  why = reason;
  if (digest) lost_at = heard;
  opinions.clear();
  sharing = pull_asked = behind = resend = false;
  sending.reset();
  forget_flows();
  lag.reset();
}

void Member::forget_flows() {
  flow_buckets = 0;
  flows_unshared.clear();
  shares_flows = flows_asked = false;
  sending_flows.reset();
  edges.buckets = 0;
  edges.unshared.clear();
  edges.shares = edges.asked = false;
  edges.sending.reset();
}

MemberView Member::view(const std::optional<Digest>& ours) const {
  MemberView v;
  v.name = config.name;
  v.address = config.address;
  v.direct = config.direct;
  v.up = link.has_value();
  v.since = since;
  v.why = why;
  v.digest = digest;
  if (ours && digest) {
    if (ours->pool != digest->pool) v.differs.push_back("pool");
    if (ours->history != digest->history) v.differs.push_back("history");
    if (ours->key != digest->key) v.differs.push_back("keys");
    if (ours->pin_buckets != digest->pin_buckets) v.differs.push_back("table size");
    const bool pins = ours->pin_buckets || digest->pin_buckets;
    if (link && !sharing && pins) v.not_sharing = not_sharing(*ours, *digest);
  }
  v.sharing = sharing;
  v.shares_flows = shares_flows;
  v.flows_unshared = flows_unshared.empty() ? edges.unshared : flows_unshared;
  v.flows_sent = flows_sent;
  v.flows_received = flows_received;
  v.flows = flow_applier.counts();
  v.shares_edges = edges.shares;
  v.edge_flows_sent = edges.sent;
  v.edge_flows_received = edges.received;
  v.lag = lag;
  v.pulled = pulled;
  v.pins_sent = pins_sent;
  v.pins_received = pins_received;
  v.mirror = applier.counts();
  v.mirror.refused += not_shared;
  v.behind = behind;
  v.lost = lost;
  v.resends = resends;
  return v;
}

}  // namespace waymark::group
