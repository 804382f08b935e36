// A Binding Update whose MAC is right: whether it is carried out, and what is answered.
//
// In this order: identity, services and permissions, replay protection, care-of addresses, room. Only then does
// anything change.
#include <algorithm>
#include <set>

#include "agents/registrar_state.h"

namespace waymark::agents {

using namespace signalling;

// One Update, from its checks to its answer.
struct Registrar::State::Updating {
  struct Refusal {
    BindingStatus status;
    Refused why;
    Ip4Status ip4 = Ip4Status::unspecified;
  };
  using Check = std::optional<Refusal>;

  State& state;
  const Sender& sender;
  const Update& update;
  const Options& options;
  Peer& peer;
  const Time now;

  Acknowledgement answer{BindingStatus::accepted, 0, update.sequence, 0};
  Options with{};  // the answer's
  std::vector<Registration*> registrations{};
  std::vector<std::vector<Named>> named{};  // for each of these, what is to be bound
  size_t unpermitted = 0;

  bool names(u16 id) const {
    return std::any_of(options.bindings.begin(), options.bindings.end(), [&](auto& b) { return b.id == id; });
  }

  Check check_identity() const {
    const bool is_peers = options.node && options.node->subtype == 1 &&
                          std::equal(options.node->text.begin(), options.node->text.end(), peer.config.identity.begin(),
                                     peer.config.identity.end());
    if (!is_peers) return Refusal{BindingStatus::prohibited, Refused::wrong_identity};
    return {};
  }

  Check find_services() {
    std::set<Service*> found;
    auto find = [&](const Prefix& address) {
      const auto service = state.by_address.find(address);
      if (service != state.by_address.end()) found.insert(service->second);
      return service != state.by_address.end();
    };
    for (const Prefix& prefix : options.prefixes)
      if (!find(prefix)) return Refusal{BindingStatus::invalid_prefix, Refused::unknown_service};
    for (const Ip4Home& home : options.ip4_homes)
      if (!find({home.address, home.length}))
        return Refusal{BindingStatus::invalid_prefix, Refused::unknown_service, Ip4Status::incorrect};
    if (found.empty()) return Refusal{BindingStatus::invalid_prefix, Refused::unknown_service};
    for (Service* service : found)
      if (!state.rule_of(peer.config.identity, service->config.name, nullptr))
        return Refusal{BindingStatus::prefix_not_authorized, Refused::not_authorised, Ip4Status::prefix_not_authorized};
    for (Service* service : found) registrations.push_back(&state.registration_of(peer, *service));
    std::sort(registrations.begin(), registrations.end(),
              [](auto* a, auto* b) { return a->service->config.name < b->service->config.name; });
    return {};
  }

  Check check_replay() {
    for (const Registration* registration : registrations) {
      const Replay& replay = registration->replay;
      const BindingStatus status = replay.check(update.sequence, options.stamp);
      if (is_accepted(status)) continue;
      answer.sequence = replay.answer_sequence(status, update.sequence);
      if (options.stamp) with.stamp = replay.answer_stamp(status, *options.stamp);
      return Refusal{status, status == BindingStatus::out_of_window ? Refused::out_of_window : Refused::replay};
    }
    return {};
  }

  // What is to be bound: all care-of addresses that rules permit.
  Check check_care_of() {
    size_t fresh = 0, permitted = 0, without = 0;
    for (const BindingIdentifier& binding : options.bindings) without += binding.care_of ? 0 : 1;
    if (without > 1) return Refusal{BindingStatus::binding_malformed, Refused::identifiers};
    for (const Registration* registration : registrations) {
      const auto plain = registration->bindings.find(0);
      const bool other_binding = plain != registration->bindings.end() && plain->second.live();
      if (!options.bindings.empty() && !(update.flags & kOverwrite) && other_binding)
        return Refusal{BindingStatus::other_binding_exists, Refused::identifiers};
      std::vector<Named>& list = named.emplace_back();
      if (options.bindings.empty()) list.push_back({0, care_of_in(options, sender.from)});
      for (const BindingIdentifier& binding : options.bindings)
        list.push_back({binding.id, binding.care_of.value_or(options.alternate_care_of.value_or(sender.from))});
      for (size_t i = 0; i < list.size(); ++i) {
        const RegistrarRule* rule =
            state.rule_of(peer.config.identity, registration->service->config.name, &list[i].care_of);
        if (rule) {
          list[i].share = rule->share;
          ++permitted;
          fresh += registration->bindings.contains(list[i].id) ? 0 : 1;
        } else {
          ++unpermitted;
          if (i < with.bindings.size()) with.bindings[i].status = BindingStatus::invalid_care_of;
        }
      }
    }
    if (!permitted) return Refusal{BindingStatus::invalid_care_of, Refused::care_of};
    const bool has_room = state.counters.bindings + fresh <= state.config.most_bindings &&
                          peer.view.bindings + fresh <= state.config.most_bindings_of_identity;
    if (!has_room) return Refusal{BindingStatus::insufficient_resources, Refused::no_room};
    return {};
  }

  void take() {
    for (Registration* registration : registrations) registration->replay.take(update.sequence, options.stamp);
    peer.heard = sender;
    ++state.counters.accepted, ++peer.view.accepted;
    state.answers(peer, now);
  }

  void end_bindings() {
    for (Registration* registration : registrations)
      for (auto& [id, binding] : registration->bindings)
        if (binding.live() && (options.bindings.empty() || names(id))) state.end(binding, now);
  }

  void bind(Registration& registration, const std::vector<Named>& list) {
    std::set<u16> bound;
    for (const Named& one : list)
      if (one.share) state.bind(registration, one, answer.lifetime, now), bound.insert(one.id);
    // A binding without identifier gives way to those with one, and they to it (RFC 5648, 5.1).
    const bool all_others = options.bindings.empty() || update.flags & kOverwrite;
    for (auto& [id, binding] : registration.bindings)
      if (binding.live() && !bound.contains(id) && (all_others || names(id))) state.end(binding, now);
    if (registration.load != options.load) {
      registration.load = options.load;
      state.loaded.insert(registration.service->config.name);
    }
    state.release_kept(*registration.service);
  }

  std::optional<Datagram> send(Ip4Status ip4) {
    for (const Ip4Home& home : options.ip4_homes) with.ip4_acknowledged.add({ip4, home.address, home.length});
    return state.reply(sender,
                       seal({answer, with}, peer.association, care_of_in(options, sender.from), peer.config.identity));
  }
  std::optional<Datagram> refuse(const Refusal& refusal) {
    state.refused(refusal.why, &peer, now);
    answer.status = refusal.status;
    return send(refusal.ip4);
  }
};

std::optional<Datagram> Registrar::State::update(const Sender& sender, const Message& message, Peer& peer, Time now) {
  const Update& update = std::get<Update>(message.body);
  Updating it{*this, sender, update, message.options, peer, now};
  if (update.flags & kMobileRouter) it.answer.flags |= kAckMobileRouter;
  it.with.stamp = message.options.stamp;
  for (const BindingIdentifier& b : message.options.bindings) it.with.bindings.add({b.id, {}, b.at_home, {}});

  if (const auto no = it.check_identity()) return it.refuse(*no);
  if (const auto no = it.find_services()) return it.refuse(*no);
  if (const auto no = it.check_replay()) return it.refuse(*no);
  if (!update.lifetime) {
    it.take();
    it.end_bindings();
    return update.flags & kAcknowledge ? it.send(Ip4Status::accepted) : std::nullopt;
  }
  if (const auto no = it.check_care_of()) return it.refuse(*no);

  it.take();
  it.answer.lifetime = std::min(update.lifetime, units_of(config.lifetime));
  for (size_t i = 0; i < it.registrations.size(); ++i) it.bind(*it.registrations[i], it.named[i]);
  if (it.unpermitted) {
    it.answer.status = BindingStatus::not_all_bindings;
    refused(Refused::care_of, &peer, now);
  }
  return it.unpermitted || update.flags & kAcknowledge ? it.send(Ip4Status::accepted) : std::nullopt;
}

}  // namespace waymark::agents
