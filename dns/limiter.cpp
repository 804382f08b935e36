#include "dns/limiter.h"

#include <algorithm>

#include "core/plan.h"

namespace waymark::dns {

namespace {
constexpr Duration kMayOwe = std::chrono::seconds(1);
}

Address source_prefix(const Address& from) { return from & leading_ones(is_ip4(from) ? 96 + 24 : 56); }

Limiter::Limiter(const SipKey& key, u32 sets) : key_(key), entries_(std::size_t(sets) * kWays) {}

Limiter::Verdict Limiter::ask(const Address& from, u32 rate, Time now) {
  const Address prefix = source_prefix(from);
  SipHash hash(key_);
  hash.add(prefix.high);
  hash.add(prefix.low);
  const u64 key = hash.finish(0, 16);
  const auto begin = entries_.begin() + long(key % (entries_.size() / kWays) * kWays), end = begin + kWays;
  auto found = std::find_if(begin, end, [&](const Entry& e) { return e.key == key; });
  if (found == end) {
    // The newcomer takes over the smallest debt, so that nobody is forgiven by strangers who push him out.
    found = std::min_element(begin, end, [](const Entry& a, const Entry& b) { return a.paid < b.paid; });
    found->key = key;
    found->slipped = false;
  }
  found->paid = std::max(found->paid, now);
  if (found->paid - now < kMayOwe) {
    found->paid += Duration(std::chrono::seconds(1)) / rate;
    return Verdict::pass;
  }
  found->slipped = !found->slipped;
  return found->slipped ? Verdict::slip : Verdict::drop;
}

}  // namespace waymark::dns
