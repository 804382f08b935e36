// What a Registrar holds. For its own .cpp files.
//
// Peers and services are the configuration's; a registration is there once its peer was first permitted to use its
// service, and stays without bindings as what remembers the last Update (replay protection).
#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "agents/bucket.h"
#include "agents/registrar.h"
#include "agents/seal.h"
#include "agents/weight.h"

namespace waymark::agents {

struct Registrar::State {
  struct Peer;
  struct Service;
  struct Registration;

  struct Sender {  // of a datagram
    Address from{}, local{};
    u16 port = 0;
    size_t size = 0;
  };

  struct Binding {
    u16 id = 0;
    std::string name;  // of its target
    Registration* of = nullptr;
    u64 number = 0;  // breaks ties in the schedule
    Address care_of{};
    BindingState state = BindingState::bound;
    u16 lifetime = 0;       // granted, in units of 4 s
    Time expires{}, due{};  // due: its place in the schedule; Time::max(): none
    bool overdue = false;   // three quarters of the lifetime went by
    u32 share = 100;
    u32 weight = 0;  // as published
    bool live() const { return state != BindingState::draining; }
    bool kept() const { return live() && due == Time::max(); }  // by fail_static
  };

  struct Registration {
    Peer* peer = nullptr;
    Service* service = nullptr;
    signalling::Replay replay{true};
    std::optional<signalling::Load> load;
    Damped weight{0};                 // of all its bindings together
    bool weighed = false;             // `weight` is of these bindings, not of earlier ones
    std::map<u16, Binding> bindings;  // by Binding Identifier
  };

  struct Service {
    RegistrarService config;
    std::map<std::string, Registration> registrations;  // by identity
    u32 live = 0, overdue = 0;                          // bindings; of the live ones
    std::deque<Time> expired;                           // when others did, within a quarter of a lifetime
    bool unsettled = false;                             // published weights are to be computed again
    u32 gone() const { return overdue + u32(expired.size()); }
    u32 most_gone() const { return u32((u64(live) + expired.size()) * config.fail_static / 100); }
  };

  struct Peer {
    Peer(const RegistrarPeer& of, signalling::Association with) : config(of), association(std::move(with)) {}
    RegistrarPeer config;
    signalling::Association association;
    std::map<std::string, Registration*> registrations;  // by service
    PeerView view;
    u32 live = 0;                     // bindings
    std::optional<Sender> heard;      // its last Update: where requests go
    std::optional<Time> asked;        // for a refresh
    u32 heartbeat = 0, answered = 0;  // sequence numbers of the last one sent, and of the last one answered
    u32 unanswered = 0;               // in a row
    std::optional<Time> next_heartbeat;
    std::optional<u32> restarts;
    std::optional<Time> refusal_told;
    u64 refusals_untold = 0;
  };

  struct Named {  // a care-of address that an Update names
    u16 id = 0;
    Address care_of{};
    u32 share = 0;  // 0: not permitted
  };

  State(u64 seed_, u32 restarts_) : seed(seed_), restarts(restarts_) {}

  // registrar_configure.cpp
  static Status check(const RegistrarConfig& config);
  Status configure(const RegistrarConfig& config, Time now);
  const RegistrarRule* rule_of(const std::string& identity, const std::string& service, const Address* care_of) const;

  // registrar.cpp
  std::optional<Datagram> received(const Sender& sender, ByteView bytes, Time now);
  std::optional<Datagram> reply(const Sender& to, std::vector<u8> bytes);
  std::optional<Datagram> refuse_forged(const Sender& sender, const signalling::Decoded& decoded, Peer& peer, Time now);
  std::optional<Datagram> answer_heartbeat(const Sender& sender, Peer& peer, u32 sequence, Time now);
  std::optional<Datagram> take_answer(Peer& peer, u32 sequence, std::optional<u32> counter, Time now);
  void refused(Refused why, Peer* peer, Time now);
  void tell(Severity severity, const char* kind, const std::string& subject, const std::string& text);

  // registrar_update.cpp
  struct Updating;
  std::optional<Datagram> update(const Sender& sender, const signalling::Message& message, Peer& peer, Time now);

  // registrar_bindings.cpp
  Registration& registration_of(Peer& peer, Service& service);
  Binding& bind(Registration& registration, const Named& named, u16 lifetime, Time now);
  void end(Binding& binding, Time now);  // it drains
  void remove(Binding& binding, Severity severity, const char* kind, const std::string& why);
  void set_state(Binding& binding, BindingState state);
  void schedule(Binding& binding, Time due);
  void answers(Peer& peer, Time now);
  void release_kept(Service& service);
  static std::string subject(const Binding& binding) { return binding.of->service->config.name + "/" + binding.name; }

  // registrar_time.cpp
  std::vector<Datagram> tick(Time now);
  void expire(Binding& binding, Time now);
  std::optional<Datagram> ask_for_refresh(Peer& peer, Time now);
  void heartbeat_of(Peer& peer, std::vector<Datagram>& out, Time now);

  // registrar_weights.cpp
  void changed(Service& service) { service.unsettled = true, ++changes; }
  void settle(Service& service);
  bool publish(Service& service, bool told);  // true: a weight has changed
  void follow_load(Time now);
  Largest largest_of(const Service& service) const;

  // registrar_views.cpp
  std::vector<KeptRegistration> kept(Time now) const;
  void restore(const KeptRegistration& kept, Duration away, Time now);

  const u64 seed;
  const u32 restarts;
  RegistrarConfig config;
  std::map<std::string, Service> services;  // by name
  std::map<std::string, Peer> peers;        // by identity
  std::unordered_map<u32, Peer*> by_spi;
  std::map<Prefix, Service*, InOrder> by_address;
  std::map<std::pair<Time, u64>, Binding*> schedule_;
  std::set<std::pair<Time, std::string>> heartbeats;  // by identity
  std::set<std::string> loaded;                       // services whose weights load may move
  std::optional<Time> load_followed;
  Bucket bucket{0};
  u64 numbers = 0, changes = 0;
  RegistrarCounters counters;
  std::vector<Event> events;
};

}  // namespace waymark::agents
