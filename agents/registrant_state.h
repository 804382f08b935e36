// What a Registrant holds. For its own .cpp files.
#pragma once

#include <map>
#include <set>

#include "agents/registrant.h"
#include "agents/seal.h"

namespace waymark::agents {

struct Registrant::State {
  struct Service {
    RegistrantService config;
    std::optional<signalling::Load> load;  // as set; the priority is the service's
    bool well = false, drained = false;
    bool wanted() const { return well && !drained; }
  };
  struct Director {
    Director(const RegistrantDirector& of, signalling::Association with) : config(of), association(std::move(with)) {}
    RegistrantDirector config;
    signalling::Association association;
    std::optional<Time> asked;  // it did for a refresh: answered once a second
  };

  // One service's with one director. An attempt is all Updates that say the same, until one is acknowledged.
  struct Registration {
    Director* director = nullptr;
    RegistrantService service;  // as it is registered, or was
    Standing standing = Standing::idle;
    std::string why;
    u16 sequence = 0;                     // of the last Update
    bool ending = false;                  // the attempt is to end the binding
    bool known = false;                   // the director may have a binding of ours
    u32 tries = 0;                        // of the attempt; 0: none is on its way
    u32 first_stamp = 0, last_stamp = 0;  // of the attempt
    Time first_sent{};
    std::optional<Time> sent;              // the last Update
    std::optional<signalling::Load> told;  // in it
    std::optional<Time> due;               // the next one
    Time expires{};                        // as granted; where bound
    u32 lifetime = 0;                      // granted, in seconds; 0: not bound
    bool gone = false;                     // of the configuration: here until it has ended
    u64 sent_count = 0, acknowledged = 0;
  };
  using Key = std::pair<std::string, std::string>;  // director, service

  // registrant_configure.cpp
  static Status check(const RegistrantConfig& config);
  void configure(const RegistrantConfig& config, Time now);
  void retire(const Key& key, Time now);
  void forget_ended();

  // registrant.cpp
  void begin(Registration& registration, Time now);  // another attempt, as soon as the pause between Updates allows
  void review(Registration& registration, Time now, bool anew = false);
  bool is_wanted(const Registration& registration) const;
  std::optional<signalling::Load> load_of(const Registration& registration) const;
  void ended(Registration& registration, const char* how);
  void follow_load(Registration& registration, Time now);
  void review_service(std::string_view service, Time now);
  std::optional<Datagram> send(Registration& registration, Time now);
  std::vector<Datagram> tick(Time now);
  void tell(Severity severity, const char* kind, const Registration& registration, const std::string& text);
  static std::string subject(const Registration& r) { return r.service.name + "/" + r.director->config.name; }

  // registrant_receive.cpp
  std::optional<Datagram> received(const Address& from, u16 port, const Address& to, ByteView bytes, Time now);
  void acknowledged(Director& director, const signalling::Message& message, ByteView bytes,
                    const signalling::Decoded& decoded, Time now);
  void accepted(Registration& registration, const signalling::Message& message, Time now);
  void refused(Registration& registration, const signalling::Message& message, Time now);

  State(u32 epoch_, u16 first_sequence_) : restarts(epoch_), epoch(epoch_), first_sequence(first_sequence_) {}

  const u32 restarts;
  u32 epoch;  // of stamps; a director may have made it later
  const u16 first_sequence;
  u32 stamps = 0, retired = 0;
  RegistrantConfig config;
  std::map<std::string, Service, std::less<>> services;  // by name
  std::map<std::string, Director> directors;             // by name
  std::map<Key, Registration> registrations;
  std::vector<Event> events;
};

}  // namespace waymark::agents
