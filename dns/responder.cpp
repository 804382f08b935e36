#include "dns/responder.h"

#include <algorithm>

#include "dns/server_address.h"

namespace waymark::dns {

namespace {

constexpr std::size_t kAmplified = 3;  // so many times a question's bytes, for sources that prove nothing
constexpr u16 kInternet = 1;

template <class E>
void count(auto& counts, E which) {
  counts[std::size_t(which)].fetch_add(1, std::memory_order_relaxed);
}

// RFC 8482, 4.2: what is said of a name instead of all that it has.
Records not_everything(std::string_view owner) {
  return {std::string(owner), Type::hinfo, 3600, {std::string("\x07RFC8482\0", 9)}};
}

// Types of questions, and not of records (RFC 6895, 3.1), that nobody asks here for good: TKEY, TSIG, MAILB, MAILA.
bool is_odd(u16 type) { return type == 249 || type == 250 || type == 253 || type == 254; }

}  // namespace

const char* name_of(Outcome outcome) {
  constexpr const char* kNames[] = {"personal", "unknown",   "same", "nodata", "nxdomain",  "refused",
                                    "no_way",   "malformed", "odd",  "cookie", "truncated", "none"};
  static_assert(std::size(kNames) == kOutcomes);
  return kNames[std::size_t(outcome)];
}

const char* name_of(Limited limited) {
  constexpr const char* kNames[] = {"truncated", "bad_cookie", "dropped"};
  return kNames[std::size_t(limited)];
}

const char* name_of(Cookies cookies) {
  constexpr const char* kNames[] = {"none", "client", "good", "bad"};
  return kNames[std::size_t(cookies)];
}

struct Responder::Turn {
  const Asked& asked;
  const Question& question;
  Cookies cookie = Cookies::none;
  Options options = {};

  bool proven() const { return asked.by == Transport::tcp || cookie == Cookies::good; }
  std::size_t most() const {
    if (asked.by == Transport::tcp) return kMostMessage;
    const std::size_t room = question.edns ? std::min(question.edns->payload, kUdpPayload) : 512;
    return proven() ? room : std::min(room, kAmplified * asked.wire.size());
  }
};

Responder::Responder(const CookieSecrets& secrets, const SipKey& limiter_key, Counts& counts)
    : secrets_(secrets), limiter_(limiter_key), counts_(counts) {}

std::span<const u8> Responder::header(const Asked& asked, Rcode rcode, Outcome outcome) {
  count(counts_.outcomes, outcome);
  return header_alone(asked.wire, rcode, alone_);
}

// What has no room goes by TCP: an answer of which a part is missing would be kept as if it were whole.
std::span<const u8> Responder::reply(Turn& turn, Rcode rcode, Outcome outcome, Section section, const Records* records,
                                     bool authoritative) {
  if (!message_.begin(turn.most(), turn.options)) return header(turn.asked, Rcode::servfail, Outcome::malformed);
  bool truncated = outcome == Outcome::truncated;
  if (records && !message_.put(section, *records)) {
    truncated = true;
    outcome = Outcome::truncated;
    if (!message_.begin(turn.most(), turn.options)) return header(turn.asked, Rcode::servfail, Outcome::malformed);
  }
  count(counts_.outcomes, outcome);
  return message_.end(rcode, authoritative, truncated);
}

void Responder::look_at_cookie(Turn& turn) {
  const auto& cookie = turn.question.edns->cookie;
  if (!cookie) return;
  const auto client = cookie->first(kClientCookie), server = cookie->subspan(kClientCookie);
  const Asked& a = turn.asked;
  CookieCheck check = server.empty() ? CookieCheck::bad : check_cookie(secrets_.now, client, server, a.from, a.seconds);
  if (check == CookieCheck::bad && !server.empty() && secrets_.before &&
      check_cookie(*secrets_.before, client, server, a.from, a.seconds) != CookieCheck::bad)
    check = CookieCheck::aged;
  turn.cookie = check != CookieCheck::bad ? Cookies::good : server.empty() ? Cookies::client : Cookies::bad;
  if (check == CookieCheck::good)
    std::ranges::copy(server, turn.options.cookie.emplace().begin());
  else
    turn.options.cookie = make_cookie(secrets_.now, client, a.from, a.seconds);
}

// RFC 7873, 5.2.3 and 5.2.4: who has a cookie of its own can have one of ours, and then proves itself by it.
std::span<const u8> Responder::limit(Turn& turn, Limiter::Verdict verdict) {
  if (verdict == Limiter::Verdict::drop) {
    count(counts_.limited, Limited::dropped);
    return {};
  }
  const bool cookie = turn.options.cookie.has_value();
  count(counts_.limited, cookie ? Limited::bad_cookie : Limited::truncated);
  if (!message_.begin(turn.most(), turn.options)) return {};
  return message_.end(cookie ? Rcode::badcookie : Rcode::noerror, false, !cookie);
}

std::span<const u8> Responder::negative(Turn& turn, const Zone& zone, bool exists) {
  return reply(turn, exists ? Rcode::noerror : Rcode::nxdomain, exists ? Outcome::nodata : Outcome::nxdomain,
               Section::authority, &zone.negative, true);
}

std::span<const u8> Responder::aaaa(Turn& turn, const Node& node) {
  const Zones& zones = *knowledge_.zones;
  const auto& subnet = turn.question.edns ? turn.question.edns->subnet : std::nullopt;
  const Asker asker = asker_of(zones, turn.asked.from, subnet);
  if (turn.options.subnet) turn.options.subnet->second = asker.scope;
  if (asker.client) {
    const auto address = address_for(zones, node, *knowledge_.ways, *knowledge_.lost, *asker.client, asker.pop);
    if (!address) return reply(turn, Rcode::servfail, Outcome::no_way);
    std::string data(16, '\0');
    store_address(data.data(), *address);
    const Records records{std::string(turn.question.name), Type::aaaa, asker.ttl, {std::move(data)}};
    return reply(turn, Rcode::noerror, Outcome::personal, Section::answer, &records, true);
  }
  if (!node.unknown) return reply(turn, Rcode::refused, Outcome::refused);
  Records records = *node.unknown;
  records.ttl = std::min(records.ttl, asker.ttl);
  return reply(turn, Rcode::noerror, Outcome::unknown, Section::answer, &records, true);
}

std::span<const u8> Responder::named(Turn& turn) {
  const Question& q = turn.question;
  const Zones::Found found = knowledge_.zones->find(q.name);
  const Type type = Type(q.type);
  if (!found.zone || q.cls != kInternet || type == Type::axfr || type == Type::ixfr)
    return reply(turn, Rcode::refused, Outcome::refused);
  if (!found.node) return negative(turn, *found.zone, false);
  if (type == Type::any) {
    const Records hint = not_everything(q.name);
    return reply(turn, Rcode::noerror, Outcome::same, Section::answer, &hint, true);
  }
  if (type == Type::aaaa && !found.node->servers.empty()) return aaaa(turn, *found.node);
  const auto records = std::ranges::find(found.node->records, type, &Records::type);
  if (records == found.node->records.end()) return negative(turn, *found.zone, true);
  return reply(turn, Rcode::noerror, Outcome::same, Section::answer, &*records, true);
}

std::span<const u8> Responder::answer(const Asked& asked) {
  const auto wire = asked.wire;
  // An answer is never answered (RFC 1035, 4.1.1), or two servers could go on for ever.
  if (wire.size() < kHeader || wire[2] & 0x80) {
    count(counts_.outcomes, Outcome::none);
    return {};
  }
  const Zones& zones = *knowledge_.zones;
  const bool understood = (wire[2] & 0x78) == 0 && message_.read(wire);
  Turn turn{asked, message_.question()};
  if (understood && turn.question.edns && !turn.question.edns->malformed) look_at_cookie(turn);
  if (understood) count(counts_.cookies, turn.cookie);
  if (!turn.proven()) {
    const u32 rate = zones.is_resolver(asked.from) ? zones.resolver_rate() : zones.rate();
    const auto verdict = limiter_.ask(asked.from, rate, asked.now);
    if (verdict != Limiter::Verdict::pass) {
      if (understood && turn.question.asks) return limit(turn, verdict);
      count(counts_.limited, Limited::dropped);
      return {};
    }
  }
  if (wire[2] & 0x78) return header(asked, Rcode::notimp, Outcome::odd);
  if (!understood) return header(asked, Rcode::formerr, Outcome::malformed);

  const Question& q = turn.question;
  if (q.edns && q.edns->version) return reply(turn, Rcode::badvers, Outcome::odd);
  if (q.edns && q.edns->malformed) return reply(turn, Rcode::formerr, Outcome::malformed);
  if (q.edns && q.edns->subnet) turn.options.subnet = {*q.edns->subnet, 0};
  if (!q.asks)
    return turn.options.cookie ? reply(turn, Rcode::noerror, Outcome::cookie)
                               : reply(turn, Rcode::formerr, Outcome::malformed);
  if (q.signed_by_key) return reply(turn, Rcode::notauth, Outcome::odd);
  if (q.type == u16(Type::opt)) return reply(turn, Rcode::formerr, Outcome::malformed);
  if (is_odd(q.type)) return reply(turn, Rcode::notimp, Outcome::odd);
  return named(turn);
}

}  // namespace waymark::dns
