// A flow's life in the pin tables, packet by packet, and what happens where they are full.
#include "core/pins.h"
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

constexpr u32 kBuckets = pin_buckets_for(kPins), kEmbryos = embryo_buckets_for(kPins);

Bytes from4(const Payload& p, u32 service = by_ip6) { return frame(ip(kClient4, address4(service), p)); }

// A later packet of the flow of `payload`, in the state that `before` left: not new, to the same target.
Case later(const std::string& name, const std::string& why, const Payload& payload, const std::vector<Bytes>& before,
           const std::string& pin, u32 slot = by_ip6, u32 service = by_ip6) {
  Case c = sent(name, why, kClient4, address4(service), payload, slot);
  c.before = before;
  c.flows = 0;
  c.pin = pin;
  return c;
}

u32 stamp_at(u32 now, u32 age = 0) { return ((now >> kStampShift) - age) & kStampMask; }

struct Settled {  // what place_of() wants of an Env
  Settings s;
  const Settings& settings() const { return s; }
};
PinPlace place(u64 hash) {
  Settled env{};
  env.s.pin_buckets = kBuckets;
  env.s.embryo_buckets = kEmbryos;
  return place_of(env, hash);
}

// Strangers' pins for every way of a bucket; `fixed` ones cannot be moved, as they have been already.
void crowd(PinBucket& bucket, u32 now, bool fixed, u32 age = 0) {
  for (u32 i = 0; i < kPinWays; ++i)
    bucket.pin[i] = pack({0x5000'0000u + i, by_ip4, stamp_at(now, age), PinState::proven, fixed});
}

void life(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S"), ack = tcp(40000, 80, "A"), data = tcp(40000, 80, "PA"),
                fin = tcp(40000, 80, "FA"), rst = tcp(40000, 80, "R"), rst_ack = tcp(40000, 80, "RA"),
                syn_ack = tcp(40000, 80, "SA");
  const std::vector<Bytes> opened = {from4(syn)}, proven = {from4(syn), from4(ack)};
  c.push_back(
      later("syn_again", "a repeated SYN proves nothing: its source may be forged", syn, opened, "embryonic 1"));
  c.push_back(later("second_packet", "an answer shows that the client is there", ack, opened, "proven 1"));
  c.push_back(later("third_packet", "a proven flow stays with its target", data, proven, "proven 1"));
  c.push_back(later("proven_syn", "a SYN in a proven flow may be forged: the pin stays", syn, proven, "proven 1"));
  c.push_back(later("proven_syn_ack", "likewise", syn_ack, proven, "proven 1"));
  c.push_back(later("fin", "FIN shortens the pin's life, but the other half goes on", fin, proven, "closing 1"));
  c.push_back(later("rst", "RST could be forged: it shortens, it never erases", rst, proven, "closing 1"));
  c.push_back(later("after_fin", "the last ACKs still find their target", ack, {from4(syn), from4(ack), from4(fin)},
                    "closing 1"));
  c.push_back(later("embryo_fin", "a flow that ends with its second packet", fin, opened, "closing 1"));
  c.push_back(later("embryo_rst", "likewise", rst_ack, opened, "closing 1"));
  Case reopened = later("syn_after_fin", "a client that uses its port again opens a new flow", syn,
                        {from4(syn), from4(ack), from4(fin)}, "proven 1");
  reopened.flows = 1;
  c.push_back(reopened);

  Case adopted = sent("adopted", "a flow in its middle came from another director: carried, and pinned", kClient4,
                      address4(by_ip6), data, by_ip6);
  adopted.pin = "embryonic 1 adopted";
  adopted.notes = {Note::pin_adopted};
  c.push_back(adopted);
  adopted = sent("adopted_syn_ack", "a service sends SYN-ACKs, it gets none; still no opening", kClient4,
                 address4(by_ip6), syn_ack, by_ip6);
  adopted.pin = "embryonic 1 adopted";
  adopted.notes = {Note::pin_adopted};
  c.push_back(adopted);
  adopted = sent("adopted_fin", "likewise", kClient4, address4(by_ip6), fin, by_ip6);
  adopted.pin = "embryonic 1 adopted";
  adopted.notes = {Note::pin_adopted};
  c.push_back(adopted);
  for (const Payload& reset : {rst, rst_ack}) {
    Case stray = sent(reset.bytes == rst.bytes ? "stray_reset" : "stray_reset_ack",
                      "a reset for an unknown flow is delivered, and leaves nothing behind", kClient4, address4(by_ip6),
                      reset, by_ip6);
    stray.flows = 0;
    stray.pin = "none";
    c.push_back(stray);
  }

  const Payload query = udp(40000, 53);
  c.push_back(later("udp_second", "UDP's second packet proves it, with an idle time of its own", query, {from4(query)},
                    "datagram 1"));
  c.push_back(later("udp_third", "likewise", query, {from4(query), from4(query)}, "datagram 1"));
}

void moves(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S"), ack = tcp(40000, 80, "A");
  const u64 hash = flow_hash(kPublicRealm, kClient4, address4(pool), ack);
  const u32 first = chosen(pool, hash), elsewhere = first == 23 ? 21 : 23;
  auto flip_to = [elsewhere](const Live& live, u32) {  // another choice for every flow
    for (u32 i = 0; i < 3; ++i) live.members[pool * 4 + i] = elsewhere;
  };
  const std::vector<Bytes> proven = {from4(syn, pool), from4(ack, pool)};
  Case stays = later("pinned_while_pool_changes", "the promise: a pinned flow never moves", ack, proven,
                     "proven " + std::to_string(first), first, pool);
  stays.arrange = flip_to;
  c.push_back(stays);
  Case embryo_stays = later("embryo_while_pool_changes", "nor does one that is not proven yet", ack, {from4(syn, pool)},
                            "proven " + std::to_string(first), first, pool);
  embryo_stays.arrange = flip_to;
  c.push_back(embryo_stays);
  Case drained = later("pinned_while_drained", "a service that takes no new flows keeps its old ones", ack, proven,
                       "proven " + std::to_string(first), first, pool);
  drained.arrange = [](const Live& live, u32) { live.choice_heads[pool].size = 0; };
  c.push_back(drained);
  Case reopened = later("syn_after_fin_moves", "a new flow from an old port follows the choice of today", syn,
                        {from4(syn, pool), from4(ack, pool), from4(tcp(40000, 80, "FA"), pool)},
                        "proven " + std::to_string(elsewhere), elsewhere, pool);
  reopened.arrange = flip_to;
  reopened.flows = 1;
  c.push_back(reopened);
  Case dead = later("pin_of_dead_target", "a pin to a slot that is free serves by the choice", ack, proven, "",
                    elsewhere, pool);
  dead.arrange = [flip_to, first](const Live& live, u32 now) {
    flip_to(live, now);
    live.targets[first].in_use = 0;
  };
  dead.flow = 0;
  c.push_back(dead);
  Case foreign = later("fingerprint_of_another_service",
                       "another service's pin with this fingerprint never misdelivers", ack, {}, "", first, pool);
  foreign.arrange = [hash](const Live& live, u32 now) {
    live.pins[place(hash).bucket].pin[3] =
        pack({place(hash).fingerprint, by_ip4, stamp_at(now), PinState::proven, false});
  };
  foreign.flow = 0;
  c.push_back(foreign);

  for (const bool proven_yet : {true, false}) {
    Case regrouped = later(proven_yet ? "pin_of_former_service" : "embryo_of_former_service",
                           "a service was split: its flow goes on to the same server, whatever the choice says", ack,
                           {}, "proven 22", 22, pool);
    regrouped.arrange = [flip_to, hash, proven_yet](const Live& live, u32 now) {
      flip_to(live, now);
      const PinPlace at = place(hash);
      const Pin pin = {at.fingerprint, kTakenOver, stamp_at(now), proven_yet ? PinState::proven : PinState::embryonic,
                       false};
      (proven_yet ? live.pins[at.bucket].pin[3] : live.embryos[embryo_bucket(at, kEmbryos)].pin[3]) = pack(pin);
    };
    regrouped.notes = {Note::pin_inherited};
    c.push_back(regrouped);
  }
}

void full(std::vector<Case>& c) {
  const Payload syn = tcp(40000, 80, "S"), ack = tcp(40000, 80, "A");
  const u64 hash = flow_hash(kPublicRealm, kClient4, address4(by_ip6), ack);
  const PinPlace at = place(hash);
  const u32 second = partner(at.bucket, at.fingerprint, kBuckets);
  const std::vector<Bytes> opened = {from4(syn)};

  Case spilled = later("spilled", "a full first bucket sends the pin to its second", ack, opened, "proven 1");
  spilled.arrange = [at](const Live& live, u32 now) { crowd(live.pins[at.bucket], now, true); };
  spilled.notes = {Note::pin_spilled};
  c.push_back(spilled);
  Case found = later("spilled_is_found", "and there it is found", ack, {from4(syn)}, "proven 1");
  found.arrange = [at, second](const Live& live, u32 now) {
    live.embryos[embryo_bucket(at, u32(live.embryos.size()))] = {};
    crowd(live.pins[at.bucket], now, true);
    live.pins[at.bucket].spill = spill_bit(at.fingerprint);
    live.pins[second].pin[6] = pack({at.fingerprint, by_ip6, stamp_at(now), PinState::proven, true});
  };
  c.push_back(found);

  Case moved =
      later("moved", "where both are full, a neighbour moves to its own second bucket", ack, opened, "proven 1");
  moved.arrange = [at, second](const Live& live, u32 now) {
    crowd(live.pins[at.bucket], now, true);
    crowd(live.pins[second], now, true);
    u32 neighbour = 0x7000'0000;  // its second bucket is neither of these two
    while (partner(at.bucket, neighbour, kBuckets) == second || partner(at.bucket, neighbour, kBuckets) == at.bucket)
      ++neighbour;
    live.pins[at.bucket].pin[4] = pack({neighbour, by_ip4, stamp_at(now), PinState::proven, false});
  };
  moved.notes = {Note::pin_moved};
  c.push_back(moved);
  Case moved_second = later("moved_in_second", "or one in the second bucket makes room there", ack, opened, "proven 1");
  moved_second.arrange = [at, second](const Live& live, u32 now) {
    crowd(live.pins[at.bucket], now, true);
    crowd(live.pins[second], now, true);
    u32 neighbour = 0x7000'0000;
    while (partner(second, neighbour, kBuckets) == second || partner(second, neighbour, kBuckets) == at.bucket)
      ++neighbour;
    live.pins[second].pin[4] = pack({neighbour, by_ip4, stamp_at(now), PinState::proven, false});
  };
  moved_second.notes = {Note::pin_moved};
  c.push_back(moved_second);

  Case table_full =
      later("table_full", "a full table says so; the flow keeps its target among the embryos", ack, opened, "proven 1");
  table_full.arrange = [](const Live& live, u32 now) {
    for (PinBucket& bucket : live.pins) crowd(bucket, now, true);
  };
  table_full.notes = {Note::pin_table_full};
  c.push_back(table_full);
  Case stolen = later("stolen", "a pin beyond every idle time gives way", ack, opened, "proven 1");
  stolen.arrange = [](const Live& live, u32 now) {
    for (PinBucket& bucket : live.pins) crowd(bucket, now, true, kStaleStamps + 20);
  };
  stolen.notes = {Note::pin_stolen};
  c.push_back(stolen);
  Case not_yet = table_full;
  not_yet.name = "not_stolen_before_its_time";
  not_yet.arrange = [](const Live& live, u32 now) {
    for (PinBucket& bucket : live.pins) crowd(bucket, now, true, kStaleStamps - 20);
  };
  c.push_back(not_yet);
  // To look for room is dear: whoever filled the table must not make every packet of others pay for it.
  Case waits = later("table_full_asked_once", "a flow without room asks again once a stamp, not with each packet", ack,
                     opened, "proven 1");
  waits.arrange = [at](const Live& live, u32 now) {
    for (PinBucket& bucket : live.pins) crowd(bucket, now, true);
    for (u64& way : live.embryos[embryo_bucket(at, u32(live.embryos.size()))].pin)
      if (u32(way) == at.fingerprint) way = pack({at.fingerprint, 1, stamp_at(now), PinState::proven, false});
  };
  c.push_back(waits);
  auto embryos = [at](u32 age) {
    return [at, age](const Live& live, u32 now) {
      for (u32 i = 0; i < kEmbryoWays; ++i)
        live.embryos[embryo_bucket(at, u32(live.embryos.size()))].pin[i] =
            pack({0x5000'0000u + i, by_ip4, stamp_at(now, age), PinState::embryonic, false});
    };
  };
  Case evicted = sent("embryo_evicted", "a new flow gets room among embryos: a flood evicts floods", kClient4,
                      address4(by_ip6), syn, by_ip6);
  evicted.arrange = embryos(1);
  evicted.notes = {Note::pin_embryo_evicted};
  c.push_back(evicted);
  Case expired =
      sent("embryo_expired", "one beyond its time gives way without a word", kClient4, address4(by_ip6), syn, by_ip6);
  expired.arrange = embryos(kEmbryoStamps + 20);
  c.push_back(expired);
}

}  // namespace

std::vector<Case> pin_cases() {
  std::vector<Case> c;
  life(c);
  moves(c);
  full(c);
  return c;
}

}  // namespace waymark::cases
