// A registrar's configuration, and a peer of it whose messages are made by hand.
#pragma once

#include <gtest/gtest.h>

#include "agents/registrar.h"
#include "agents/seal.h"
#include "base/address_text.h"
#include "signal/message.h"

namespace waymark::agents {

using namespace std::chrono_literals;
using signalling::Acknowledgement;
using signalling::BindingStatus;
using signalling::Load;
using signalling::Message;
using signalling::Stamp;
using signalling::Update;

inline Address at(const std::string& text) { return *parse_address(text); }
inline std::vector<u8> key_of(const std::string& identity) {
  std::vector<u8> key(identity.begin(), identity.end());
  key.resize(std::max<size_t>(key.size(), 24), 0x5a);
  return key;
}
inline const Address kDirector = at("2001:db8:d::1");
inline const Prefix kWeb = at("2001:db8:80::1"), kWeb4 = at("198.51.100.80"), kMail = at("2001:db8:25::1");

inline RegistrarConfig registrar_config(u32 peers = 4) {
  RegistrarConfig config;
  config.identity = "d1.example.net";
  for (u32 n = 1; n <= peers; ++n) {
    const std::string identity = "srv-" + std::to_string(n);
    config.peers.push_back({identity, 255 + n, key_of(identity)});
  }
  config.rules = {{"srv-*", {"web"}, {Prefix(at("2001:db8:5::"), 64), Prefix(at("192.0.2.0"), 24)}, 100}};
  config.services = {{"web", {kWeb, kWeb4}, true, 100}, {"mail", {kMail}, true, 100}};
  config.lifetime = 60s;
  return config;
}

struct Peer {
  std::string identity;
  u32 spi;
  std::string receiver = "d1.example.net";
  Address address = at("2001:db8:5::1");
  std::vector<u8> key = key_of(identity);
  u32 epoch = 1, stamps = 0;
  u16 sequence = 0, port = 5436;

  explicit Peer(u32 n) : identity("srv-" + std::to_string(n)), spi(255 + n) {}

  signalling::Association association() const { return std::move(*signalling::Association::make(spi, key)); }

  // For web, of 60 s, from its address; `change` may make it another before it is signed.
  template <class Change>
  std::vector<u8> update(Change change) {
    Message message;
    message.options.node.emplace().text.add(bytes_of(identity));
    message.options.stamp = Stamp{epoch, ++stamps};
    message.options.prefixes = {kWeb};
    Update body{++sequence, signalling::kAcknowledge, 15};
    change(body, message.options);
    message.body = body;
    signalling::Association with = association();
    return seal(message, with, care_of_in(message.options, address), receiver);
  }
  std::vector<u8> update() {
    return update([](Update&, signalling::Options&) {});
  }
  std::vector<u8> loaded(const Load& load) {
    return update([&](Update&, signalling::Options& options) { options.load = load; });
  }
  std::vector<u8> ending() {
    return update([](Update& update, signalling::Options&) { update.lifetime = 0; });
  }
};

// What a reply says, once it was checked that it was signed for this peer.
struct Answer {
  BindingStatus status{};
  u16 sequence = 0, lifetime = 0;
  signalling::Options options;
};
inline std::optional<Answer> read_answer(const std::optional<Datagram>& reply, Peer& peer, const Address& care_of) {
  if (!reply) return {};
  const signalling::Decoded decoded = signalling::decode(reply->bytes);
  if (!decoded.message) return {};
  const auto* body = std::get_if<Acknowledgement>(&decoded.message->body);
  signalling::Association with = peer.association();
  if (!body || !is_authentic(reply->bytes, decoded, with, care_of, peer.identity)) return {};
  return Answer{body->status, body->sequence, body->lifetime, decoded.message->options};
}

// A registrar, and the clock it is told.
struct Site {
  Registrar registrar{7, 1};
  RegistrarConfig config;
  Time now = 1000s;

  explicit Site(const RegistrarConfig& with = registrar_config()) : config(with) { configure(); }
  void configure() {
    const Status status = registrar.configure(config, now);
    EXPECT_TRUE(status) << (status ? "" : status.error().sentence);
  }
  std::optional<Datagram> give(Peer& from, const std::vector<u8>& bytes) {
    std::optional<Datagram> reply = registrar.received(from.address, from.port, kDirector, bytes, now);
    EXPECT_LE(reply ? reply->bytes.size() : 0, bytes.size()) << "nobody is made to receive more than was sent";
    return reply;
  }
  // The status of the answer; none: there was none, or it was not signed for the peer.
  std::optional<BindingStatus> send(Peer& from, const std::vector<u8>& bytes) {
    const signalling::Decoded decoded = signalling::decode(bytes);
    EXPECT_TRUE(decoded.message);
    const Address care_of = decoded.message ? care_of_in(decoded.message->options, from.address) : Address{};
    const auto answer = read_answer(give(from, bytes), from, care_of);
    return answer ? std::optional(answer->status) : std::nullopt;
  }
  std::vector<RegisteredTarget> web() { return registrar.targets("web"); }
  // "srv-1 bound 1000": all targets of web, without their addresses.
  std::string states() {
    std::string out;
    for (const RegisteredTarget& target : web())
      out += (out.empty() ? "" : ", ") + target.name + " " + std::string(text(target.state)) + " " +
             std::to_string(target.weight);
    return out;
  }
  // Ticks once in each step until then; what is sent.
  std::vector<Datagram> run(Duration span, Duration step = 1s) {
    std::vector<Datagram> out;
    for (const Time end = now + span; now < end;) {
      now += step;
      for (Datagram& datagram : registrar.tick(now)) out.push_back(std::move(datagram));
    }
    return out;
  }
  u32 events(std::string_view kind) {
    u32 count = 0;
    for (const Event& event : registrar.take_events()) {
      EXPECT_NE(find_event_kind(event.kind), nullptr) << event.kind;
      count += event.kind == kind ? 1 : 0;
    }
    return count;
  }
};

}  // namespace waymark::agents
