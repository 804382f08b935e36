#include "bench/exact_case.h"
#include "bench/exact_tables.h"

namespace waymark::bench {

namespace {

constexpr u32 kPackets = 200'000;

// The same core over vectors, in a loop of its own.
class UserspaceExactCase : public Case {
 public:
  explicit UserspaceExactCase(u32 flows) : flows_(flows) {}

  Status prepare() override {
    setup_ = setup_for(kPins);
    index_.resize(setup_.limits.buckets);
    records_.resize(setup_.limits.buckets * kExactWays);
    tables_.index = index_;
    tables_.records = records_;
    const u32 in = tables_.fill(setup_, 0, flows_);
    if (in < flows_ - flows_ / 10'000) return Error{std::to_string(in) + " flows have room"};
    return Done{};
  }

  Result<double> run(bool null) override {
    u64 found = 0;
    const double start = thread_seconds();
    for (u32 i = 0; i < kPackets; ++i) {
      const u32 n = reduce(u32(packets_++ * 0x9e3779b97f4a7c15 >> 32), flows_);
      const ExactKey<2> key = flow_key<2>(n);
      asm volatile("" : : "r"(key.word[0]), "r"(key.word[1]));
      if (null) continue;
      const PinPlace place = place_in(hash_key(setup_.secret, key), setup_.limits.buckets);
      auto flow = find_exact<Flows<ExactRecord4>>(tables_, setup_.limits, place, key);
      found += flow.word && touch(flow, 0) && flow.owners_state() == 1 && flow.user == n;
    }
    const double ns = (thread_seconds() - start) * 1e9 / kPackets;
    if (!null && found < kPackets - kPackets / 1000) return Error{std::to_string(found) + " packets found their flow"};
    return ns;
  }

  Result<u64> check() override { return u64(flows_); }

 private:
  u32 flows_;
  ExactSetup setup_{};
  std::vector<ExactBucket> index_;
  std::vector<ExactRecord4> records_;
  Tables<ExactRecord4> tables_;
  u64 packets_ = 0;
};

}  // namespace

std::unique_ptr<Case> make_userspace_exact(u32 flows) { return std::make_unique<UserspaceExactCase>(flows); }

}  // namespace waymark::bench
