#include <algorithm>
#include <cstring>

#include "bench/plan.h"
#include "bench/site.h"
#include "bench/translation.h"
#include "bench/translator_case.h"
#include "dataplane/pipeline.h"

namespace waymark::bench {

namespace {

constexpr u32 kHeadRoom = 256, kPackets = 200'000;

// What the translation of a TCP packet wants; the rest of the core's Env is there, and never comes to be used.
class KnownEnv {
 public:
  KnownEnv(std::span<u8> buffer, u32 offset, const Image& image, const Live& live)
      : start_(buffer.data()),
        view_{buffer.data() + offset, buffer.data() + buffer.size()},
        image_(image),
        ways_(live.ways) {}
  const View& view() const { return view_; }
  u32 length() const { return u32(view_.end - view_.begin); }
  bool resize(int front) {
    u8* begin = view_.begin - front;
    if (begin < start_ || begin > view_.end - sizeof(Ethernet)) return false;
    view_.begin = begin;
    return true;
  }
  bool trim(u32 bytes) {
    if (bytes > length()) return false;
    view_.end = view_.begin + bytes;
    return true;
  }
  const Settings& settings() const { return image_.settings; }
  u32 now() const { return kUserspaceTicks; }
  void step(Step, u64, u64, u64) {}
  bool whole() const { return false; }
  void split(u32, u32) {}
  void wrapped(u32) {}
  void early(u64, u64, u32, u32) {}
  const Mapping* at(decltype(table::mappings), u32 i) const { return &image_.mappings[i]; }
  CachedRoute* at(decltype(table::ways), u32 i) const { return i < ways_.size() ? &ways_[i] : nullptr; }
  [[gnu::noinline]] u32 route(const Address&, const Address&) const { return u32(WayKind::kernel); }
  template <class S>
  [[gnu::noinline]] u64 call(u64 a = 0, u64 b = 0, u64 c = 0, u64 d = 0) {
    return S::run(*this, a, b, c, d);
  }

 private:
  u8* start_;
  View view_;
  const Image& image_;
  std::span<CachedRoute> ways_;
};

template <bool ip6>
[[gnu::noinline]] Verdict translated(KnownEnv& env) {
  Packet p = {};
  translate::Inside in;
  translate::Ends to;
  Onward way;
  KnownMapping role;
  if (!look<ip6>(env, role, p, in, to)) return parse::why::ip_short;
  return (ip6 ? translate::pass_to_ip4(env, role, p, in, to, way) : translate::pass_to_ip6(env, role, p, in, to, way))
      .verdict;
}

// In a loop of its own: restore the packet, run. `whole`: the engine; else the translation alone, as in xdp.translate.
class UserspaceTranslation : public Case {
 public:
  UserspaceTranslation(bool whole, bool ip6)
      : whole_(whole), ip6_(ip6), frame_(packet_to_translate(ip6, Carried::tcp)), buffer_(kHeadRoom + frame_.size()) {}

  Status prepare() override {
    SiteSpec spec;
    spec.translator = true;
    auto site = UserspaceSite::make(spec);
    if (!site) return site.error();
    site_ = std::move(*site);
    const Address to = translated_destination(ip6_);
    keep_ways(site_->engine.live(), site_->engine.image().settings, kUserspaceTicks, {&to, 1});
    live_ = site_->engine.live();
    return Done{};
  }

  Result<double> run(bool null) override {
    const double start = thread_seconds();
    for (u32 i = 0; i < kPackets; ++i) {
      restore();
      u32 offset = kHeadRoom;
      if (!null) lost_ += translate(offset) != reason();
      asm volatile("" ::: "memory");  // the null's loop writes what nobody reads
    }
    return (thread_seconds() - start) * 1e9 / kPackets;
  }

  Result<u64> check() override {
    if (lost_) return Error{std::to_string(lost_) + " packets were lost"};
    const Outcome out = site_->engine.run(frame_, kInterface, kUserspaceTicks);
    restore();
    u32 offset = kHeadRoom;
    (void)translate(offset);
    if (out.frame == frame_ || !std::equal(out.frame.begin(), out.frame.end(), buffer_.begin() + offset, buffer_.end()))
      return Error{"the bytes of the last packet differ from those that a single run gives"};
    return u64(1);
  }

 private:
  u16 reason() const { return (ip6_ ? translator::why::to_ip4 : translator::why::to_ip6).reason; }

  u16 translate(u32& offset) {
    if (whole_) return site_->engine.run_in_place(buffer_, offset, kInterface, kUserspaceTicks).reason;
    KnownEnv env(buffer_, offset, site_->engine.image(), live_);
    const Verdict verdict = ip6_ ? translated<true>(env) : translated<false>(env);
    offset = u32(env.view().begin - buffer_.data());
    return verdict.reason;
  }

  // In words that the program's reads lie within, as the kernel's wrapper does.
  template <class W>
  void restore(u32 from, u32 to) {
    u8* out = buffer_.data() + kHeadRoom;
    for (; from < to; from += sizeof(W)) std::memcpy(out + from, frame_.data() + from, sizeof(W));
  }
  void restore() {
    constexpr u32 l3 = sizeof(Ethernet);
    restore<u64>(0, 8);
    restore<u32>(8, 12);
    restore<u16>(12, l3);
    const u32 l4 = l3 + u32(ip6_ ? sizeof(Ip6) : sizeof(Ip4));
    ip6_ ? restore<u64>(l3, l4) : restore<u32>(l3, l4);
    restore<u64>(l4, l4 + 16);
    restore<u32>(l4 + 16, l4 + 20);
  }

  bool whole_, ip6_;
  std::vector<u8> frame_, buffer_;
  std::unique_ptr<UserspaceSite> site_;
  Live live_;
  u64 lost_ = 0;
};

}  // namespace

std::unique_ptr<Case> make_userspace_translation(bool whole, bool ip6) {
  return std::make_unique<UserspaceTranslation>(whole, ip6);
}

}  // namespace waymark::bench
