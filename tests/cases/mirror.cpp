// Pins that another director lent: used by the first packet that comes, given up where there is no other room.
#include "core/pins.h"
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

constexpr u32 kBuckets = pin_buckets_for(kPins);

u32 bucket_of(u64 hash) { return reduce(u32(hash >> 32), kBuckets); }
u32 stamp_at(u32 now, u32 age) { return ((now >> kStampShift) - age) & kStampMask; }

u64 lent(u64 hash, u32 slot, u32 now, u32 age, PinState state, bool adopted = false) {
  return pack({u32(hash), slot, stamp_at(now, age), state, false, adopted, true});
}

// Strangers that cannot move, everywhere; in this flow's first bucket those of `ways` are lent.
void crowd(const Live& live, u32 now, u64 hash, u32 ways) {
  for (PinBucket& bucket : live.pins)
    for (u32 i = 0; i < kPinWays; ++i) {
      const bool mirrored = &bucket == &live.pins[bucket_of(hash)] && (ways >> i & 1);
      bucket.pin[i] = pack({0x5000'0000u + i, by_ip4, stamp_at(now, 1), PinState::proven, true, false, mirrored});
    }
}

void use(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S"), ack = tcp(40000, 80, "A"), fin = tcp(40000, 80, "FA");
  const std::string to = address4(pool);
  const u64 hash = flow_hash(kPublicRealm, kClient4, to, ack);
  const u32 ours = chosen(pool, hash), theirs = ours == 23 ? 21 : 23;
  const auto lend = [&](const Payload& p, u32 slot, const std::string& name, const char* why, const std::string& pin,
                        PinState state = PinState::proven, u32 age = 0, bool adopted = false) {
    Case used = sent(name, why, kClient4, to, p, slot);
    used.flow = flow_hash(kPublicRealm, kClient4, to, p);
    used.arrange = [=, flow = used.flow](const Live& live, u32 now) {
      live.pins[bucket_of(flow)].pin[2] = lent(flow, theirs, now, age, state, adopted);
    };
    used.flows = slot == theirs ? 0 : 1;
    used.pin = pin;
    c.push_back(used);
  };
  const std::string there = std::to_string(theirs), here = std::to_string(ours);
  lend(ack, theirs, "mirrored_used", "a flow that ECMP moved here stays with its target, and the pin is ours now",
       "proven " + there);
  lend(ack, theirs, "mirrored_used_old", "whatever its age", "proven " + there, PinState::proven, 7);
  lend(ack, theirs, "mirrored_closing", "the last packets as well", "closing " + there, PinState::closing);
  lend(fin, theirs, "mirrored_fin", "and the one that closes", "closing " + there);
  lend(ack, theirs, "mirrored_adopted", "where they were not sure, we are not", "proven " + there + " adopted",
       PinState::proven, 0, true);
  lend(syn, ours, "mirrored_syn", "a new flow is ours to place: we cannot know how theirs ended", "proven " + here);
  lend(syn, ours, "mirrored_adopted_syn", "and then we are sure", "proven " + here, PinState::proven, 0, true);
  lend(udp(40000, 53), theirs, "mirrored_datagram", "UDP likewise", "datagram " + there, PinState::datagram);
  Case nobody =
      sent("mirrored_syn_nobody_else", "where there is no choice, the lent pin serves", kClient4, to, syn, theirs);
  nobody.arrange = [=](const Live& live, u32 now) {
    live.pins[bucket_of(hash)].pin[2] = lent(hash, theirs, now, 0, PinState::proven);
    live.choice_heads[pool].size = 0;
  };
  nobody.flows = 0;
  nobody.pin = "proven " + there;
  c.push_back(nobody);
}

void yield(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S"), ack = tcp(40000, 80, "A");
  const std::string to = address4(by_ip6);
  const u64 hash = flow_hash(kPublicRealm, kClient4, to, ack);
  const auto second = [&](const std::string& name, const char* why, std::vector<Note> notes,
                          std::function<void(const Live&, u32)> arrange) {
    Case proves = sent(name, why, kClient4, to, ack, by_ip6);
    proves.before = {frame(ip(kClient4, to, syn))};
    proves.arrange = std::move(arrange);
    proves.notes = std::move(notes);
    proves.flows = 0;
    proves.pin = "proven 1";
    c.push_back(proves);
  };
  second("mirror_evicted", "where all is full, a lent pin makes room for one of our own", {Note::pin_mirror_evicted},
         [=](const Live& live, u32 now) { crowd(live, now, hash, 0b0010100); });
  second("mirror_stays_while_there_is_room", "but only there", {}, [=](const Live& live, u32 now) {
    crowd(live, now, hash, 0b1111111);
    live.pins[bucket_of(hash)].pin[5] = 0;
  });
  second("mirror_stays_while_second_has_room", "nor while the second bucket has some", {Note::pin_spilled},
         [=](const Live& live, u32 now) {
           crowd(live, now, hash, 0b1111111);
           live.pins[partner(bucket_of(hash), u32(hash), kBuckets)].pin[0] = 0;
         });
  second("our_own_stay", "our own never make room", {Note::pin_table_full},
         [=](const Live& live, u32 now) { crowd(live, now, hash, 0); });
}

}  // namespace

std::vector<Case> mirror_cases() {
  std::vector<Case> c;
  use(c);
  yield(c);
  return c;
}

}  // namespace waymark::cases
