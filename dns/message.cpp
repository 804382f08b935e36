#include "dns/message.h"

#include <cstring>

#include <algorithm>

extern "C" {
#include <libknot/libknot.h>
}

namespace waymark::dns {

namespace {

// All that one message and its answer need. A message of thousands of records finds no room, and counts as malformed.
class Arena {
 public:
  Arena() : mm_{this, &Arena::take, &Arena::leave} {}
  void clear() { used_ = 0; }
  knot_mm_t* mm() { return &mm_; }

 private:
  static void* take(void* self, std::size_t size) {
    Arena& arena = *static_cast<Arena*>(self);
    const std::size_t at = (arena.used_ + 15) & ~std::size_t(15);
    if (size > sizeof arena.bytes_ - at) return nullptr;
    arena.used_ = at + size;
    return arena.bytes_ + at;
  }
  static void leave(void*) {}

  knot_mm_t mm_;
  std::size_t used_ = 0;
  alignas(16) u8 bytes_[48 * 1024];
};

std::span<const u8> data_of(u8* option) { return {knot_edns_opt_get_data(option), knot_edns_opt_get_length(option)}; }

// RFC 7871, 6: the address has just the bytes that its bits need, and zeros behind them; the scope is zero in
// questions.
std::optional<Subnet> subnet_of(std::span<const u8> data) {
  if (data.size() < 4) return {};
  const u32 family = u32(data[0]) << 8 | data[1], bits = data[2], bytes = (bits + 7) / 8;
  if ((family != 1 && family != 2) || bits > (family == 1 ? 32u : 128u) || data[3] || data.size() != 4 + bytes)
    return {};
  if (bits % 8 && u8(data[3 + bytes] << bits % 8)) return {};
  u8 address[16]{};
  if (family == 1) address[10] = address[11] = 0xff;
  std::memcpy(address + (family == 1 ? 12 : 0), data.data() + 4, bytes);
  const Subnet out{load_address(address), u8(bits)};
  if (is_ip4(out.address) != (family == 1)) return {};  // IPv4-mapped: that stands on no wire
  return out;
}

Edns edns_of(const knot_pkt_t& packet) {
  Edns out;
  out.payload = std::max<u16>(512, knot_edns_get_payload(packet.opt_rr));
  out.version = knot_edns_get_version(packet.opt_rr);
  out.dnssec_ok = knot_edns_do(packet.opt_rr);
  if (u8* option = knot_pkt_edns_option(&packet, KNOT_EDNS_OPTION_CLIENT_SUBNET)) {
    out.subnet = subnet_of(data_of(option));
    out.malformed |= !out.subnet;
  }
  if (u8* option = knot_pkt_edns_option(&packet, KNOT_EDNS_OPTION_COOKIE)) {
    const auto cookie = data_of(option);
    if (cookie.size() == kClientCookie || (cookie.size() >= 16 && cookie.size() <= 40))  // RFC 7873, 4
      out.cookie = cookie;
    else
      out.malformed = true;
  }
  return out;
}

knot_dname_t* as_name(const std::string& wire) {
  return reinterpret_cast<knot_dname_t*>(const_cast<char*>(wire.data()));
}

}  // namespace

struct Message::State {
  Arena arena;
  knot_pkt_t *query = nullptr, *reply = nullptr;
  knot_rrset_t opt{};
  u16 reserved = 0;
  Question question;
  u8 out[kMostMessage];

  bool add_option(u16 code, std::span<const u8> data) {
    return knot_edns_add_option(&opt, code, u16(data.size()), data.data(), arena.mm()) == KNOT_EOK;
  }
  bool make_opt(const Options& options);
};

Message::Message() : state_(std::make_unique<State>()) {}
Message::~Message() = default;
const Question& Message::question() const { return state_->question; }

bool Message::read(std::span<const u8> wire) {
  State& s = *state_;
  s.arena.clear();
  s.question = {};
  s.reply = nullptr;
  s.query = knot_pkt_new(const_cast<u8*>(wire.data()), u16(wire.size()), s.arena.mm());
  if (!s.query || knot_pkt_parse(s.query, KNOT_PF_KEEPWIRE) != KNOT_EOK) return false;
  Question& q = s.question;
  q.asks = knot_wire_get_qdcount(wire.data()) == 1;
  if (q.asks) {
    q.name = {reinterpret_cast<const char*>(knot_pkt_qname(s.query)), s.query->qname_size};
    q.type = knot_pkt_qtype(s.query);
    q.cls = knot_pkt_qclass(s.query);
  }
  q.signed_by_key = knot_pkt_has_tsig(s.query);
  if (knot_pkt_has_edns(s.query)) q.edns = edns_of(*s.query);
  return true;
}

bool Message::State::make_opt(const Options& options) {
  if (knot_edns_init(&opt, kUdpPayload, 0, 0, arena.mm()) != KNOT_EOK) return false;
  if (question.edns->dnssec_ok) knot_edns_set_do(&opt);
  if (options.subnet) {
    const auto& [subnet, scope] = *options.subnet;
    u8 data[20]{0, u8(is_ip4(subnet.address) ? 1 : 2), subnet.bits, scope};
    const u32 first = is_ip4(subnet.address) ? 12 : 0, bytes = (subnet.bits + 7u) / 8;
    for (u32 i = 0; i < bytes; ++i) data[4 + i] = byte_of(subnet.address, first + i);
    if (!add_option(KNOT_EDNS_OPTION_CLIENT_SUBNET, std::span(data).first(4 + bytes))) return false;
  }
  if (options.cookie) {
    u8 data[kClientCookie + kServerCookie];
    std::ranges::copy(question.edns->cookie->first(kClientCookie), data);
    std::ranges::copy(*options.cookie, data + kClientCookie);
    if (!add_option(KNOT_EDNS_OPTION_COOKIE, data)) return false;
  }
  return true;
}

bool Message::begin(std::size_t most, const Options& options) {
  State& s = *state_;
  s.reply = knot_pkt_new(s.out, u16(std::min(most, sizeof s.out)), s.arena.mm());
  if (!s.reply || knot_pkt_init_response(s.reply, s.query) != KNOT_EOK) return false;
  s.reserved = 0;
  if (!s.question.edns) return knot_pkt_begin(s.reply, KNOT_ANSWER) == KNOT_EOK;
  if (!s.make_opt(options)) return false;
  s.reserved = u16(knot_edns_wire_size(&s.opt));
  return knot_pkt_reserve(s.reply, s.reserved) == KNOT_EOK && knot_pkt_begin(s.reply, KNOT_ANSWER) == KNOT_EOK;
}

bool Message::put(Section section, const Records& records) {
  State& s = *state_;
  const knot_section_t wanted = section == Section::answer ? KNOT_ANSWER : KNOT_AUTHORITY;
  if (s.reply->current != wanted && knot_pkt_begin(s.reply, wanted) != KNOT_EOK) return false;
  knot_rrset_t set;
  knot_rrset_init(&set, as_name(records.owner), u16(records.type), KNOT_CLASS_IN, records.ttl);
  for (const std::string& data : records.data)
    if (knot_rrset_add_rdata(&set, reinterpret_cast<const u8*>(data.data()), u16(data.size()), s.arena.mm()) !=
        KNOT_EOK)
      return false;
  const u16 hint = records.owner == s.question.name ? KNOT_COMPR_HINT_QNAME : KNOT_COMPR_HINT_NONE;
  return knot_pkt_put(s.reply, hint, &set, KNOT_PF_NOTRUNC) == KNOT_EOK;
}

std::span<const u8> Message::end(Rcode rcode, bool authoritative, bool truncated) {
  State& s = *state_;
  if (s.question.edns) {
    knot_edns_set_ext_rcode(&s.opt, u8(u16(rcode) >> 4));
    if (knot_pkt_begin(s.reply, KNOT_ADDITIONAL) != KNOT_EOK || knot_pkt_reclaim(s.reply, s.reserved) != KNOT_EOK ||
        knot_pkt_put(s.reply, KNOT_COMPR_HINT_NONE, &s.opt, KNOT_PF_NOTRUNC) != KNOT_EOK)
      return {};
  }
  knot_wire_set_rcode(s.out, u8(u16(rcode) & 15));
  authoritative ? knot_wire_set_aa(s.out) : knot_wire_clear_aa(s.out);
  truncated ? knot_wire_set_tc(s.out) : knot_wire_clear_tc(s.out);
  return {s.out, s.reply->size};
}

std::span<const u8> header_alone(std::span<const u8> wire, Rcode rcode, std::span<u8, kHeader> out) {
  std::ranges::fill(out, u8(0));
  out[0] = wire[0];
  out[1] = wire[1];
  out[2] = u8(0x80 | (wire[2] & 0x79));  // an answer; opcode and RD as they came
  out[3] = u8(rcode);
  return out;
}

}  // namespace waymark::dns
