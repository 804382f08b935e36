#include "cli/translated.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address_text.h"
#include "config/prefixes.h"
#include "engine/replay/userspace.h"
#include "node/compile.h"
#include "node/node.h"
#include "roles/role.h"
#include "roles/translator/packet_hairpin.h"
#include "roles/translator/translations.h"

namespace waymark::cli {

namespace {

using translate::Refused;

// As much of the core's Env as its look-ups need, over tables that nothing runs on.
class Tables {
 public:
  explicit Tables(const Image& image) : image_(image) {}
  const Settings& settings() const { return image_.settings; }
  const Prefixes& prefixes() const { return image_.lengths; }
  template <class S>
  u64 call(u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0) {
    return S::run(*this, a, b, c, d);
  }
#define WM_AT(NAME, RECORD, ENTRIES, CLASS) \
  const RECORD* at(decltype(table::NAME), u32 i) const { return get(image_.NAME, i); }
  WM_CONFIG_TABLES(WM_AT)
#undef WM_AT

 private:
  template <class V>
  static const V* get(const std::vector<V>& values, u32 i) {
    return i < values.size() ? &values[i] : nullptr;
  }
  const Image& image_;
};

Fate dropped(Verdict verdict) {
  const ReasonText* reason = reason_text(verdict.reason);
  return {{}, fmt::format("dropped, {}: {}", reason->name, reason->sentence)};
}

// What a packet's sender is told, where this node has an address to tell it from.
Fate told(const Tables& tables, bool ip6, Verdict verdict) {
  const OwnAddresses& own = tables.settings().own[translator::kModule];
  return dropped((ip6 ? own.ip6 != Address{} : own.ip4 != 0) ? verdict : translate::untold(verdict));
}

// The questions, in the order in which translate::open() asks them of a packet.
class Asking {
 public:
  Asking(const Image& image, const TranslatorConfig& config, const Address& address)
      : tables_(image),
        config_(config),
        address_(address),
        ip6_(!is_ip4(address)),
        n_(ip6_ ? bits6(address) : bits4(address)),
        front_(find_front(tables_, image.settings.role.translator.space, address)) {}

  std::optional<Translation> answer() {
    const Mapping* any = find(kAnyMap | kMapNone);
    if (!front_ && !any) return {};
    Translation out{destination(any), {}};
    if (!any) return out;
    const Mapping* own = find(kAnyMap);
    const Fate from = source(own, false);
    add(out, out.destination, Where::source, from);
    if (own) add(out, from, Where::source_of_error, source(own, true));
    if (ip6_ && tables_.settings().role.translator.hairpins) add_turns(out, any, from);
    return out;
  }

 private:
  const Mapping* find(u32 kinds) { return translator::map_of(tables_, n_, ip6_, kinds); }
  u32 ip4_by(const Mapping* m) const { return ip6_ ? translate::to_ip4(m, n_) : u32(n_.low); }
  Refused judged(const Mapping* m) const { return translate::judge(m, ip6_ ? n_ : AddressBits{}, ip4_by(m)); }

  static void add(Translation& out, const Fate& usual, Where where, const Fate& fate) {
    if (!(fate == usual)) out.others.emplace_back(where, fate);
  }

  Fate by(const Mapping* m) const {
    const u32 ip4 = ip4_by(m);
    return {ip6_ ? address4(ip4) : address6(translate::to_ip6(m, ip4)), rule(*m)};
  }

  Fate destination(const Mapping* m) {
    if (front_)
      return {{},
              descriptor_of(Role(front_->role)).address_text +
                  std::string(front_->role == u8(Role::translator) ? "" : ", and never translated")};
    if (!ip6_ && translate::is_martian(u32(n_.low))) return {{}, "left to the kernel: no router sends a packet there"};
    if (m->role != kNoRole && m->front)
      return {{}, descriptor_of(Role(m->role)).prefix_text + std::string(", and never translated")};
    if (m->kind == kMapNone) return {{}, "never translated, by " + rule(*m)};
    const Refused refused = judged(m);
    if (refused == Refused::no && !ip6_ && m->returns) return dropped(translator::why::would_return);
    return refused == Refused::no ? by(m) : discarded(refused);
  }
  Fate discarded(Refused refused) const {
    return refused == Refused::nonglobal ? told(tables_, ip6_, translator::why::nonglobal_told)
                                         : dropped(translate::verdict_of(refused));
  }

  Fate source(const Mapping* m, bool of_error) const {
    const bool illegal = ip6_ ? translate::is_martian(address_) : translate::is_martian(u32(n_.low));
    if (illegal && (ip6_ || !of_error)) return dropped(parse::why::martian_source);
    if (!m) return told(tables_, ip6_, translator::why::source_unknown_told);
    const Refused bad = judged(m);
    if (bad == Refused::nonglobal && !translate::is_martian(ip4_by(m)))
      return of_error ? router() : told(tables_, ip6_, translator::why::nonglobal_told);
    return bad == Refused::no || (!ip6_ && bad == Refused::martian) ? by(m) : dropped(translate::verdict_of(bad));
  }

  // Of an ICMP error from a non-global address under the well-known prefix (RFC 6791), as translate::open_error() has
  // it.
  Fate router() const {
    const Settings& s = tables_.settings();
    const Address shown = ip6_ ? translator::pool_source(tables_, address_) : s.own[translator::kModule].ip6;
    if (ip6_ ? !ip4_of(shown).raw : shown == Address{}) return dropped(translator::why::nonglobal);
    return {shown, ip6_ && s.role.translator.pool_size ? "pool (RFC 6791)" : "the translator's own address (RFC 6791)"};
  }

  // What translator::hairpin() makes of the IPv4 address that this one stands for.
  void add_turns(Translation& out, const Mapping* target, const Fate& from) {
    const std::optional<Address>& to = out.destination.address;
    if (to && target->kind == kMapEmbedded && translator::has_explicit_map(tables_, *to))
      out.others.emplace_back(Where::turned, turned(*to, kAnyMap, dropped(translator::why::martian)));
    if (!from.address || config_.prefix.empty()) return;
    const Fate shown = turned(*from.address, kMapEmbedded, told(tables_, ip6_, translator::why::source_unknown_told));
    if (shown.address != address_) out.others.emplace_back(Where::source_turned, shown);
  }
  Fate turned(const Address& ip4, u32 kinds, const Fate& otherwise) {
    Address out{};
    if (!translator::map_to_ip6(tables_, ip4, kinds, out)) return otherwise;
    return {out, "its IPv4 address " + text(ip4)};
  }

  // Of embedding prefixes the IPv4 side's mapping has no length, but each has bits of its own.
  std::string rule(const Mapping& m) const {
    if (m.kind == kMapExplicit)
      return fmt::format("explicit map {} <-> {} (RFC 7757)", text(Prefix{address4(m.ip4), m.ip4_length}),
                         text(Prefix{address6({m.high, m.low}), m.ip6_length}));
    if (m.kind == kMapNone) {
      // What is native within a translated prefix stands in the table once more; the file's own is named.
      const Prefix* native = nullptr;
      for (const Prefix& p : config_.native)
        if (contains(p, address_) && (!native || p.length > native->length)) native = &p;
      return "native " + (native ? text(*native) : "route");
    }
    for (const EmbeddingConfig& e : config_.prefix) {
      const Mapping of = embedded_mapping(e.prefix, kAllIp4, config_.nonglobal);
      if (of.high == m.high && of.low == m.low && of.high_mask == m.high_mask && of.low_mask == m.low_mask)
        return fmt::format("prefix {} (RFC 6052)", text(e.prefix));
    }
    return "prefix";
  }

  Tables tables_;
  const TranslatorConfig& config_;
  Address address_;
  bool ip6_;
  AddressBits n_;
  const Front* front_;
};

std::string fate_text(const Fate& fate) {
  return fate.address ? fmt::format("{}, by {}", text(*fate.address), fate.why) : fate.why;
}

struct Words {
  const char *name, *sentence;
};
constexpr Words kWords[] = {
    {"source", "as a source it is {}"},
    {"source_of_error", "as the source of an ICMP error it is {}"},
    {"turned", "as a destination it turns round (RFC 7757, 4.2) and is {}"},
    {"source_turned", "as the source of what turns round (RFC 7757, 4.2) it is {}"},
};

}  // namespace

Result<Image> image_of(const Config& config) {
  // Services' numbers are for packets to services; nothing here looks at them.
  const Services services = services_of(config);
  const std::vector<u32> none(services.service.size());
  return compile({config, services, none, {}, new_meta({}, 250, [] { return 1u; })});
}

std::optional<Translation> translated(const Image& image, const TranslatorConfig& config, const Address& address) {
  return Asking(image, config, address).answer();
}

std::string to_text(const Translation& translation) {
  std::string out = fmt::format("to the translator it is {}\n", fate_text(translation.destination));
  for (const auto& [where, fate] : translation.others)
    out += fmt::format(fmt::runtime(kWords[u32(where)].sentence), fate_text(fate)) + "\n";
  return out;
}

const char* name_of(Where where) { return kWords[u32(where)].name; }

}  // namespace waymark::cli
