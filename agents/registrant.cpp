#include "agents/registrant.h"

#include <fmt/format.h>

#include <algorithm>

#include "agents/registrant_state.h"
#include "agents/weight.h"

namespace waymark::agents {

using namespace signalling;

namespace {

constexpr Duration kSecond = std::chrono::seconds(1), kPause = kSecond, kLongPause = 10 * kSecond;

// RFC 6275, 11.8: INITIAL_BINDACK_TIMEOUT, doubled to MAX_BINDACK_TIMEOUT.
Duration pause_after(u32 tries) { return kSecond * (1 << std::min(tries - 1, 5u)); }

bool by_a_tenth(u32 more, u32 less, u32 most) { return more > less && u64(more - less) * 10 >= most; }

}  // namespace

void Registrant::State::tell(Severity severity, const char* kind, const Registration& r, const std::string& text) {
  if (events.size() < kMostEvents) events.push_back({severity, kind, subject(r), text});
}

std::optional<Load> Registrant::State::load_of(const Registration& r) const {
  const auto service = services.find(r.service.name);
  std::optional<Load> load;
  if (service != services.end()) load = service->second.load;
  if (!load && r.service.priority == kNoNewFlows) load = Load{};  // it has a maximum of nothing
  if (load) load->priority = r.service.priority;
  return load;
}

bool Registrant::State::is_wanted(const Registration& r) const {
  const auto service = services.find(r.service.name);
  return !r.gone && service != services.end() && service->second.wanted();
}

void Registrant::State::begin(Registration& r, Time now) {
  r.tries = 0;
  r.why.clear();
  r.due = r.sent && !r.ending ? std::max(now, *r.sent + kPause) : now;
  r.standing = r.ending ? Standing::ending : r.lifetime ? Standing::bound : Standing::waiting;
}

// `anew`: what is to be said has changed.
void Registrant::State::review(Registration& r, Time now, bool anew) {
  const bool wanted = is_wanted(r);
  if (wanted && (anew || r.ending || r.standing == Standing::idle)) {
    r.ending = false;
    begin(r, now);
  } else if (!wanted && r.known && !r.ending) {
    r.ending = true;
    begin(r, now);
  } else if (!wanted && !r.known) {
    r.standing = Standing::idle;
    r.due.reset();
  }
}

// What grows is told within a second, what falls within ten; less than a tenth of the most with the next refresh. While
// an Update is on its way nothing is: its retransmission says how it is then.
void Registrant::State::follow_load(Registration& r, Time now) {
  if (r.tries || !r.lifetime || !r.sent || !r.due || r.ending) return;
  const std::optional<Load> load = load_of(r);
  if (load == r.told) return;
  auto pull = [&](Duration pause) { r.due = std::min(*r.due, std::max(now, *r.sent + pause)); };
  if (!load || !r.told || load->priority != r.told->priority || load->most_sessions != r.told->most_sessions ||
      load->most_capacity != r.told->most_capacity ||
      by_a_tenth(load->sessions_in_use, r.told->sessions_in_use, load->most_sessions) ||
      by_a_tenth(load->used_capacity, r.told->used_capacity, load->most_capacity))
    pull(kPause);
  else if (by_a_tenth(r.told->sessions_in_use, load->sessions_in_use, load->most_sessions) ||
           by_a_tenth(r.told->used_capacity, load->used_capacity, load->most_capacity))
    pull(kLongPause);
}

std::optional<Datagram> Registrant::State::send(Registration& r, Time now) {
  Director& director = *r.director;
  Update update{++r.sequence, kAcknowledge | kHomeRegistration, r.ending ? u16(0) : units_of(r.service.lifetime)};
  Message message{{}, {}};
  Options& options = message.options;
  for (const Prefix& address : r.service.addresses) {
    if (is_ip4(address.address))
      options.ip4_homes.add({address.address, address.length, !is_one(address)});
    else
      options.prefixes.add(address);
  }
  if (!options.prefixes.empty()) update.flags |= kMobileRouter;
  NodeIdentifier& node = options.node.emplace();
  node.text.add(bytes_of(config.identity));
  options.stamp = Stamp{epoch, ++stamps};
  const RegistrantCareOf& first = r.service.care_of.front();
  if (first.id) {
    update.flags |= kOverwrite;
    for (const RegistrantCareOf& c : r.service.care_of) options.bindings.add({c.id, {}, false, c.address});
  } else {
    (is_ip4(first.address) ? options.ip4_care_of : options.alternate_care_of) = first.address;
  }
  if (!r.ending) options.load = load_of(r);
  message.body = update;

  if (!r.tries) r.first_stamp = stamps, r.first_sent = now;
  r.last_stamp = stamps;
  ++r.tries, ++r.sent_count;
  r.sent = now;
  r.told = options.load;
  r.known = true;
  r.due = now + pause_after(r.tries);
  std::vector<u8> bytes = seal(message, director.association, first.address, director.config.identity);
  if (bytes.empty()) return {};
  return Datagram{{}, director.config.address, director.config.port, std::move(bytes)};
}

void Registrant::State::ended(Registration& r, const char* how) {
  tell(Severity::info, "registration.ended", r, fmt::format("{} ended its registration{}", subject(r), how));
  r.ending = r.known = false;
  r.tries = 0;
  r.lifetime = 0;
  r.due.reset();
  r.standing = Standing::idle;
}

std::vector<Datagram> Registrant::State::tick(Time now) {
  std::vector<Datagram> out;
  for (auto& [key, r] : registrations) {
    if (r.lifetime && now >= r.expires) {
      r.lifetime = 0;
      if (!r.ending) r.standing = Standing::waiting;
      tell(Severity::warning, "registration.silent", r,
           fmt::format("{} expired: the director did not acknowledge in time", subject(r)));
    }
    if (!r.due || now < *r.due || out.size() >= kAtOnce) continue;
    if (r.ending && r.tries >= kMostEndings) {
      ended(r, ", and the director did not acknowledge it");
      review(r, now);
      continue;
    }
    if (!r.tries && !r.ending && !r.lifetime) r.standing = Standing::waiting;
    if (std::optional<Datagram> datagram = send(r, now)) out.push_back(std::move(*datagram));
  }
  forget_ended();
  return out;
}

void Registrant::State::review_service(std::string_view service, Time now) {
  for (auto& [key, r] : registrations)
    if (service.empty() || key.second == service) review(r, now);
  forget_ended();
}

Registrant::Registrant(u32 epoch, u16 first_sequence) : state_(std::make_unique<State>(epoch, first_sequence)) {}
Registrant::~Registrant() = default;
Registrant::Registrant(Registrant&&) noexcept = default;

void Registrant::set_load(std::string_view service, const Load& load, Time now) {
  const auto found = state_->services.find(service);
  if (found == state_->services.end()) return;
  found->second.load = load;
  for (auto& [key, r] : state_->registrations)
    if (key.second == service) state_->follow_load(r, now);
}

void Registrant::set_well(std::string_view service, bool well, Time now) {
  const auto found = state_->services.find(service);
  if (found == state_->services.end() || found->second.well == well) return;
  found->second.well = well;
  state_->review_service(service, now);
}

void Registrant::set_drained(std::string_view service, bool drained, Time now) {
  for (auto& [name, s] : state_->services)
    if (service.empty() || name == service) s.drained = drained;
  state_->review_service(service, now);
}
void Registrant::drain(std::string_view service, Time now) { set_drained(service, true, now); }
void Registrant::resume(std::string_view service, Time now) { set_drained(service, false, now); }

std::vector<Datagram> Registrant::tick(Time now) { return state_->tick(now); }
std::vector<Event> Registrant::take_events() { return std::exchange(state_->events, {}); }

Time Registrant::deadline() const {
  Time next = Time::max();
  for (const auto& [key, r] : state_->registrations) {
    if (r.due) next = std::min(next, *r.due);
    if (r.lifetime) next = std::min(next, r.expires);
  }
  return next;
}

bool Registrant::settled() const {
  return std::none_of(state_->registrations.begin(), state_->registrations.end(), [](auto& r) {
    return r.second.standing == Standing::waiting || r.second.standing == Standing::ending || r.second.tries;
  });
}

std::vector<RegistrationView> Registrant::view(Time now) const {
  std::vector<RegistrationView> out;
  for (const auto& [key, r] : state_->registrations)
    out.push_back({key.first, r.service.name, r.standing,
                   r.why.empty() && r.tries > 1 ? "the director does not answer" : r.why, r.lifetime,
                   r.lifetime ? u32(std::max(r.expires - now, Duration(0)) / kSecond) : 0, r.sent_count,
                   r.acknowledged});
  return out;
}

}  // namespace waymark::agents
