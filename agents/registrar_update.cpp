// A Binding Update whose MAC is right: whether it is carried out, and what is answered.
//
// In this order: identity, services and permissions, replay protection, care-of addresses, room. Only then does
// anything change.
#include <algorithm>
#include <set>

#include "agents/registrar_state.h"

namespace waymark::agents {

using namespace signalling;

namespace {

bool is_of(const Options& options, const std::string& identity) {
  return options.node && options.node->subtype == 1 &&
         std::equal(options.node->text.begin(), options.node->text.end(), identity.begin(), identity.end());
}

Prefix prefix_of(const Ip4Home& home) { return {home.address, home.length}; }

}  // namespace

std::optional<Datagram> Registrar::State::update(const Sender& sender, const Message& message, Peer& peer, Time now) {
  const Update& update = std::get<Update>(message.body);
  const Options& options = message.options;
  const Address care_of = care_of_in(options, sender.from);

  Acknowledgement answer{BindingStatus::accepted, 0, update.sequence, 0};
  if (update.flags & kMobileRouter) answer.flags |= kAckMobileRouter;
  Options with;
  with.stamp = options.stamp;
  for (const BindingIdentifier& binding : options.bindings) with.bindings.add({binding.id, {}, binding.at_home, {}});
  auto send = [&] { return reply(sender, seal({answer, with}, peer.association, care_of, peer.config.identity)); };
  auto refuse = [&](BindingStatus status, Refused why, Ip4Status ip4 = Ip4Status::unspecified) {
    refused(why, &peer, now);
    answer.status = status;
    for (const Ip4Home& home : options.ip4_homes) with.ip4_acknowledged.add({ip4, home.address, home.length});
    return send();
  };

  if (!is_of(options, peer.config.identity)) return refuse(BindingStatus::prohibited, Refused::wrong_identity);

  std::set<std::string> names;
  for (const Prefix& prefix : options.prefixes) {
    const auto found = by_address.find(prefix);
    if (found == by_address.end()) return refuse(BindingStatus::invalid_prefix, Refused::unknown_service);
    names.insert(found->second->config.name);
  }
  for (const Ip4Home& home : options.ip4_homes) {
    const auto found = by_address.find(prefix_of(home));
    if (found == by_address.end())
      return refuse(BindingStatus::invalid_prefix, Refused::unknown_service, Ip4Status::incorrect);
    names.insert(found->second->config.name);
  }
  if (names.empty()) return refuse(BindingStatus::invalid_prefix, Refused::unknown_service);
  for (const std::string& name : names)
    if (!rule_of(peer.config.identity, name, nullptr))
      return refuse(BindingStatus::prefix_not_authorized, Refused::not_authorised, Ip4Status::prefix_not_authorized);

  std::vector<Registration*> registrations;
  for (const std::string& name : names) {
    Registration& registration = registration_of(peer, services.at(name));
    const BindingStatus status = registration.replay.check(update.sequence, options.stamp);
    if (!is_accepted(status)) {
      answer.sequence = registration.replay.answer_sequence(status, update.sequence);
      if (options.stamp) with.stamp = registration.replay.answer_stamp(status, *options.stamp);
      return refuse(status, status == BindingStatus::out_of_window ? Refused::out_of_window : Refused::replay);
    }
    registrations.push_back(&registration);
  }
  auto take = [&] {
    for (Registration* registration : registrations) registration->replay.take(update.sequence, options.stamp);
    peer.heard = sender;
    ++counters.accepted, ++peer.view.accepted;
    for (const Ip4Home& home : options.ip4_homes)
      with.ip4_acknowledged.add({Ip4Status::accepted, home.address, home.length});
  };
  auto is_named = [&](u16 id) {
    return std::any_of(options.bindings.begin(), options.bindings.end(), [&](auto& b) { return b.id == id; });
  };

  if (!update.lifetime) {
    take();
    answers(peer, now);
    for (Registration* registration : registrations)
      for (auto& [id, binding] : registration->bindings)
        if (binding.live() && (options.bindings.empty() || is_named(id))) end(binding, now);
    return update.flags & kAcknowledge ? send() : std::nullopt;
  }

  // What is to be bound, for each service: all that rules permit.
  size_t without = 0;
  for (const BindingIdentifier& binding : options.bindings) without += binding.care_of ? 0 : 1;
  if (without > 1) return refuse(BindingStatus::binding_malformed, Refused::identifiers);
  std::vector<std::vector<Named>> all;
  size_t permitted = 0, wanted = 0, fresh = 0;
  for (Registration* registration : registrations) {
    std::vector<Named>& named = all.emplace_back();
    if (options.bindings.empty()) named.push_back({0, care_of});
    for (const BindingIdentifier& binding : options.bindings)
      named.push_back({binding.id, binding.care_of.value_or(options.alternate_care_of.value_or(sender.from))});
    const auto plain = registration->bindings.find(0);
    if (!options.bindings.empty() && !(update.flags & kOverwrite) && plain != registration->bindings.end() &&
        plain->second.live())
      return refuse(BindingStatus::other_binding_exists, Refused::identifiers);
    for (size_t i = 0; i < named.size(); ++i) {
      const RegistrarRule* rule = rule_of(peer.config.identity, registration->service->config.name, &named[i].care_of);
      named[i].share = rule ? rule->share : 0;
      ++wanted;
      if (rule) ++permitted, fresh += registration->bindings.contains(named[i].id) ? 0 : 1;
      if (!rule && i < with.bindings.size()) with.bindings[i].status = BindingStatus::invalid_care_of;
    }
  }
  if (!permitted) return refuse(BindingStatus::invalid_care_of, Refused::care_of);
  if (counters.bindings + fresh > config.most_bindings || peer.view.bindings + fresh > config.most_bindings_of_identity)
    return refuse(BindingStatus::insufficient_resources, Refused::no_room);

  take();
  if (permitted < wanted) {
    answer.status = BindingStatus::not_all_bindings;
    refused(Refused::care_of, &peer, now);
  }
  answers(peer, now);
  answer.lifetime = std::min(update.lifetime, units_of(config.lifetime));
  for (size_t i = 0; i < registrations.size(); ++i) {
    Registration& registration = *registrations[i];
    // A binding without identifier gives way to those with one, and they to it (RFC 5648, 5.1).
    const bool all_others = options.bindings.empty() || update.flags & kOverwrite;
    std::set<u16> bound;
    for (const Named& named : all[i])
      if (named.share) bind(registration, named, answer.lifetime, now), bound.insert(named.id);
    for (auto& [id, binding] : registration.bindings)
      if (binding.live() && !bound.contains(id) && (all_others || is_named(id))) end(binding, now);
    if (registration.load != options.load) {
      registration.load = options.load;
      loaded.insert(registration.service->config.name);
    }
    release_kept(*registration.service);
  }
  return update.flags & kAcknowledge || answer.status != BindingStatus::accepted ? send() : std::nullopt;
}

}  // namespace waymark::agents
