#include "group/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/codec.h"
#include "core/records.h"
#include "group/channel.h"

namespace waymark::group {

namespace {

constexpr u32 kHeaviest = 1000;  // as in the configuration

// Each record's way to bytes and back. `size` is the most that one can take.
void write(ByteWriter& w, const Digest& d) {
  w.number(d.pool);
  w.number(d.history);
  w.number(d.key);
  w.number(d.pin_buckets);
  w.number(d.generation);
  w.number(d.flows);
  w.number(u8(d.ready));
  w.number(u8(d.mirror));
}
bool read(ByteReader& r, Digest& d) {
  d.pool = r.number<u64>();
  d.history = r.number<u64>();
  d.key = r.number<u64>();
  d.pin_buckets = r.number<u32>();
  d.generation = r.number<u64>();
  d.flows = r.number<u64>();
  const u8 ready = r.number<u8>(), mirror = r.number<u8>();
  d.ready = ready;
  d.mirror = mirror;
  return ready <= 1 && mirror <= 1;
}

constexpr size_t size_of(const StateRecord*) { return 2 * (1 + kMostName) + 1 + 1 + 4 + 8 + 8; }
void write(ByteWriter& w, const StateRecord& s) {
  w.name(s.service);
  w.name(s.target);
  w.number(u8(s.drained));
  w.number(u8(s.weight.has_value()));
  w.number(s.weight.value_or(0));
  w.number(s.version);
  w.number(s.origin);
}
bool read(ByteReader& r, StateRecord& s) {
  s.service = r.name();
  s.target = r.name();
  const u8 drained = r.number<u8>(), weighted = r.number<u8>();
  const u32 weight = r.number<u32>();
  s.drained = drained;
  if (weighted) s.weight = weight;
  s.version = r.number<u64>();
  s.origin = r.number<u64>();
  return drained <= 1 && weighted <= 1 && weight <= kHeaviest && (weighted || weight == 0);
}

constexpr size_t size_of(const Opinion*) { return 2 * (1 + kMostName) + 1; }
void write(ByteWriter& w, const Opinion& o) {
  w.name(o.service);
  w.name(o.target);
  w.number(u8(!o.up ? 0 : *o.up ? 1 : 2));
}
bool read(ByteReader& r, Opinion& o) {
  o.service = r.name();
  o.target = r.name();
  const u8 up = r.number<u8>();
  if (up != 0) o.up = up == 1;
  return up <= 2;
}

constexpr size_t size_of(const SlotIdentity*) { return 12; }
void write(ByteWriter& w, const SlotIdentity& s) {
  w.number(s.slot);
  w.number(s.identity);
}
bool read(ByteReader& r, SlotIdentity& s) {
  s.slot = r.number<u32>();
  s.identity = r.number<u64>();
  return true;
}

constexpr size_t size_of(const PinRecord*) { return 12; }
void write(ByteWriter& w, const PinRecord& p) {
  w.number(p.bucket);
  w.number(p.word);
}
bool read(ByteReader& r, PinRecord& p) {
  p.bucket = r.number<u32>();
  p.word = r.number<u64>();
  return true;
}

constexpr size_t size_of(const Gone*) { return 8; }
void write(ByteWriter& w, const Gone& g) {
  w.number(g.bucket);
  w.number(g.fingerprint);
}
bool read(ByteReader& r, Gone& g) {
  g.bucket = r.number<u32>();
  g.fingerprint = r.number<u32>();
  return true;
}

// A thing's two names.
void write_thing(ByteWriter& w, const std::string& thing) {
  const size_t space = thing.find(' ');
  w.name(thing.substr(0, space));
  w.name(space == thing.npos ? "" : thing.substr(space + 1));
}
std::string read_thing(ByteReader& r) {
  const std::string kind = r.name(), which = r.name();
  return kind + " " + which;
}
bool is_short(const std::string& thing) { return thing.size() < kNameLength; }

constexpr size_t size_of(const Claim*) { return 2 * (1 + kMostName) + 1; }
void write(ByteWriter& w, const Claim& c) {
  write_thing(w, c.thing);
  w.number(u8(u8(c.listed) | u8(c.own) << 1 | u8(c.stands_in) << 2 | u8(c.held) << 3));
}
bool read(ByteReader& r, Claim& c) {
  c.thing = read_thing(r);
  const u8 flags = r.number<u8>();
  c.listed = flags & 1;
  c.own = flags & 2;
  c.stands_in = flags & 4;
  c.held = flags & 8;
  return flags < 16 && (c.listed || flags == 0) && is_short(c.thing);
}

constexpr size_t size_of(const Assignment*) { return 3 * (1 + kMostName) + 1 + 8 + 8; }
void write(ByteWriter& w, const Assignment& a) {
  write_thing(w, a.thing);
  w.number(u8(!a.member.empty()));
  if (!a.member.empty()) w.name(a.member);
  w.number(a.version);
  w.number(a.origin);
}
bool read(ByteReader& r, Assignment& a) {
  a.thing = read_thing(r);
  const u8 given = r.number<u8>();
  if (given) a.member = r.name();
  a.version = r.number<u64>();
  a.origin = r.number<u64>();
  return given <= 1 && is_short(a.thing);
}

constexpr size_t size_of(const RevocationRecord*) { return 33; }
void write(ByteWriter& w, const RevocationRecord& r) {
  w.number(u8(r.revoked));
  for (const u64 word : {r.word, r.until, r.version, r.origin}) w.number(word);
}
bool read(ByteReader& r, RevocationRecord& record) {
  const u8 revoked = r.number<u8>();
  for (u64* word : {&record.word, &record.until, &record.version, &record.origin}) *word = r.number<u64>();
  record.revoked = revoked;
  return revoked <= 1 && record.word > 1 && record.version;
}

void write(ByteWriter& w, const PopView& v) {
  w.number(v.sight);
  for (const u32 number : {v.from, v.to, v.round_trip, v.lost}) w.number(number);
}
bool read(ByteReader& r, PopView& v) {
  v.sight = r.number<u8>();
  for (u32* number : {&v.from, &v.to, &v.round_trip, &v.lost}) *number = r.number<u32>();
  const auto is_pop = [](u32 id) { return id >= 1 && id <= 65'535; };
  return v.sight <= 2 && is_pop(v.from) && is_pop(v.to) && v.from != v.to && v.lost <= 10'000;
}

constexpr size_t size_of(const FlowRecord*) { return 32; }
void write(ByteWriter& w, const FlowRecord& f) {
  for (const u64 word : {f.ends, f.rest, f.state, f.user}) w.number(word);
}
bool read(ByteReader& r, FlowRecord& f) {
  for (u64* word : {&f.ends, &f.rest, &f.state, &f.user}) *word = r.number<u64>();
  return true;
}

constexpr size_t size_of(const EdgeFlowRecord*) { return 76; }
void write(ByteWriter& w, const EdgeFlowRecord& f) {
  w.number(f.place);
  for (const u64 word : {f.prefix, f.key[0], f.key[1], f.key[2], f.key[3], f.server[0], f.server[1], f.state, f.user})
    w.number(word);
}
bool read(ByteReader& r, EdgeFlowRecord& f) {
  f.place = r.number<u32>();
  for (u64* word :
       {&f.prefix, &f.key[0], &f.key[1], &f.key[2], &f.key[3], &f.server[0], &f.server[1], &f.state, &f.user})
    *word = r.number<u64>();
  return true;
}

constexpr size_t size_of(const GoneEdgeFlow*) { return 20; }
void write(ByteWriter& w, const GoneEdgeFlow& g) {
  w.number(g.place);
  w.number(g.prefix);
  w.number(g.user);
}
bool read(ByteReader& r, GoneEdgeFlow& g) {
  g.place = r.number<u32>();
  g.prefix = r.number<u64>();
  g.user = r.number<u64>();
  return true;
}

void write(ByteWriter& w, const PathDigest& d) {
  for (const u64 word : {d.plans, d.pops, d.servers, d.policies}) w.number(word);
}
bool read(ByteReader& r, PathDigest& d) {
  for (u64* word : {&d.plans, &d.pops, &d.servers, &d.policies}) *word = r.number<u64>();
  return true;
}
void write(ByteWriter& w, const PathKey& k) {
  w.number(k.digest);
  w.number(u8(k.seen));
}
bool read(ByteReader& r, PathKey& k) {
  k.digest = r.number<u64>();
  const u8 seen = r.number<u8>();
  k.seen = seen;
  return seen <= 1;
}

// A count of at most so many, and each record.
template <class T>
void write_list(ByteWriter& w, const std::vector<T>& list) {
  w.number(u16(list.size()));
  for (const T& each : list)
    if constexpr (std::is_integral_v<T>)
      w.number(each);
    else
      write(w, each);
}
template <class T>
bool read_list(ByteReader& r, std::vector<T>& list, size_t most) {
  const u16 count = r.number<u16>();
  if (count > most || count > r.left()) return false;
  list.resize(count);
  for (T& each : list) {
    if constexpr (std::is_integral_v<T>)
      each = r.number<T>();
    else if (!read(r, each))
      return false;
  }
  return true;
}
void write(ByteWriter& w, const PopReport& p) {
  w.name(p.node);
  w.number(p.number);
  w.number(p.life);
  w.number(p.age);
  write(w, p.paths);
  write_list(w, p.keys.keys);
  write_list(w, p.told);
  write_list(w, p.views);
}
bool read(ByteReader& r, PopReport& p) {
  p.node = r.name();
  p.number = r.number<u64>();
  p.life = r.number<u64>();
  p.age = r.number<u32>();
  if (!read(r, p.paths) || !read_list(r, p.keys.keys, kMostPathKeys)) return false;
  if (!read_list(r, p.told, kMostMembers) || !read_list(r, p.views, kMostPopViews)) return false;
  const auto misplaced = [](const PopView& a, const PopView& b) { return a.from != b.from || a.to >= b.to; };
  return std::ranges::adjacent_find(p.views, misplaced) == p.views.end() && p.number;
}
void write(ByteWriter& w, const EdgeTable& t) { w.number(t.buckets); }
bool read(ByteReader& r, EdgeTable& t) { return t.buckets = r.number<u32>(), true; }
void write(ByteWriter& w, const FlowTable& t) { w.number(t.buckets); }
bool read(ByteReader& r, FlowTable& t) { return t.buckets = r.number<u32>(), true; }
// A message that is nothing but its kind.
template <class T>
requires std::is_empty_v<T>
void write(ByteWriter&, const T&) {}
template <class T>
requires std::is_empty_v<T>
bool read(ByteReader&, T&) { return true; }
void write(ByteWriter& w, const PullEnd& p) { w.number(p.count); }
bool read(ByteReader& r, PullEnd& p) { return p.count = r.number<u64>(), true; }
void write(ByteWriter& w, const Ping& p) { w.number(p.token); }
bool read(ByteReader& r, Ping& p) { return p.token = r.number<u64>(), true; }
void write(ByteWriter& w, const Pong& p) { w.number(p.token); }
bool read(ByteReader& r, Pong& p) { return p.token = r.number<u64>(), true; }

template <class T>
void put(std::vector<std::vector<u8>>& out, u8 kind, const T& single) {
  ByteWriter w(out.emplace_back());
  w.number(kind);
  write(w, single);
}

template <class T>
void put(std::vector<std::vector<u8>>& out, u8 kind, const std::vector<T>& list) {
  constexpr size_t most = (kFrameBody - 5) / size_of(static_cast<const T*>(nullptr));
  for (size_t at = 0; at < list.size(); at += most) {
    const size_t count = std::min(most, list.size() - at);
    ByteWriter w(out.emplace_back());
    w.number(kind);
    w.number(u32(count));
    for (size_t i = 0; i < count; ++i) write(w, list[at + i]);
  }
}

template <class T>
bool get(ByteReader& r, T& single) {
  return read(r, single);
}

template <class T>
bool get(ByteReader& r, std::vector<T>& list) {
  const u32 count = r.number<u32>();
  if (count > r.left()) return false;  // each takes a byte at least: nothing is reserved for what is not there
  list.reserve(std::min<size_t>(count, kFrameBody / 8));
  for (u32 i = 0; i < count && r.good(); ++i)
    if (!read(r, list.emplace_back())) return false;
  return true;
}

template <size_t... Kinds>
Result<std::optional<Message>> decode_kind(size_t kind, ByteReader r, std::index_sequence<Kinds...>) {
  std::optional<Message> message;
  bool known = false, good = false;
  auto attempt = [&]<size_t Kind>() {
    if (kind != Kind) return;
    known = true;
    std::variant_alternative_t<Kind, Message> value;
    good = get(r, value) && r.good() && r.at_end();
    if (good) message = std::move(value);
  };
  (attempt.template operator()<Kinds>(), ...);
  if (known && !good) return Error{fmt::format("a message of kind {} is malformed", kind + 1)};
  return message;
}

}  // namespace

std::vector<std::vector<u8>> encode(const Message& message) {
  std::vector<std::vector<u8>> out;
  std::visit([&](const auto& value) { put(out, u8(message.index() + 1), value); }, message);
  return out;
}

Result<std::optional<Message>> decode(ByteView body) {
  ByteReader r(body);
  const u8 kind = r.number<u8>();
  if (!r.good() || kind == 0) return Error{"a message without a kind"};
  return decode_kind(kind - 1u, r, std::make_index_sequence<std::variant_size_v<Message>>());
}

}  // namespace waymark::group
