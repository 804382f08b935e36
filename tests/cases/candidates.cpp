// The second candidate that a director names: for which packets, who, and how it is written.
#include "core/pins.h"
#include "tests/cases/cases.h"

namespace waymark::cases {

using namespace fixture;
using namespace packets;

namespace {

// A client's port whose flow the choice gives to `slot`, and gave to `before` (0: to nobody else).
u16 port_for(const std::string& client, u32 service, u8 protocol, u32 slot, u32 before) {
  const std::string to = client.find(':') == client.npos ? address4(service) : address6(service);
  for (u16 port = 40000; port < 60000; ++port) {
    const u64 hash = flow_hash(kPublicRealm, client, to, protocol == 6 ? tcp(port, 80, "A") : udp(port, 53));
    if (chosen(service, hash) == slot && chosen_before(service, hash) == before) return port;
  }
  return 0;  // the case then fails: port 0 is no such flow
}

// A packet that begins here in its flow's middle: to `slot`, naming `candidate` (0: nobody).
Case middle(const std::string& name, const std::string& why, const std::string& client, u32 service,
            const Payload& payload, u32 slot, u32 candidate) {
  const bool six = client.find(':') != client.npos;
  const std::string to = six ? address6(service) : address4(service);
  Case c = sent(name, why, client, to, payload, slot);
  c.out = tunnelled(slot, ip(client, to, payload, 63), c.flow, 0, nullptr, candidate);
  const bool is_tcp = payload.transport == 6;
  c.pin = "embryonic " + std::to_string(slot) + " adopted";
  if (is_tcp) c.notes = {Note::pin_adopted};
  if (candidate) c.notes.push_back(Note::candidate_sent);
  return c;
}

void named(std::vector<Case>& c) {
  struct Change {
    u32 service, slot, before;
  };
  // The outer header's family, and the candidate's: 43 and 51, 52 are IPv4, the rest IPv6.
  for (const Change& w : {Change{moved6, 41, 42},
                          {moved6, 41, 43},
                          {moved6, 43, 41},
                          {moved4, 51, 52},
                          {moved4, 51, 53},
                          {moved4, 53, 51}})
    for (bool six : {false, true}) {
      const std::string client = six ? kClient6 : kClient4;
      const std::string name =
          "candidate_" + std::to_string(w.slot) + "_" + std::to_string(w.before) + (six ? "_6" : "_4");
      for (const char* flags : {"A", "PA", "FA", "SA"})
        c.push_back(middle(name + "_" + flags, "a flow that arrives in its middle may belong to either", client,
                           w.service, tcp(port_for(client, w.service, 6, w.slot, w.before), 80, flags), w.slot,
                           w.before));
      c.push_back(middle(name + "_udp", "and nobody knows whether a datagram is a flow's first", client, w.service,
                         udp(port_for(client, w.service, 17, w.slot, w.before), 53), w.slot, w.before));
    }
  const u16 port = port_for(kClient4, moved6, 6, 41, 42);
  Case reset = middle("candidate_reset", "a reset must find its connection; it leaves no pin behind", kClient4, moved6,
                      tcp(port, 80, "R"), 41, 42);
  reset.notes = {Note::candidate_sent};
  reset.flows = 0;
  reset.pin = "none";
  c.push_back(reset);
  Case syn = sent("no_candidate_of_syn", "a SYN opens a flow: it belongs to whoever is chosen", kClient4,
                  address4(moved6), tcp(port, 80, "S"), 41);
  c.push_back(syn);
  Case own = sent("no_candidate_of_own", "nor is there doubt about a flow that began here", kClient4, address4(moved6),
                  tcp(port, 80, "A"), 41);
  own.before = {frame(ip(kClient4, address4(moved6), tcp(port, 80, "S")))};
  own.flows = 0;
  own.pin = "proven 41";
  c.push_back(own);
  own.name = "no_candidate_of_own_proven";
  own.before.push_back(own.in);
  c.push_back(own);
  const u16 steady = port_for(kClient4, moved6, 6, 43, 0);
  c.push_back(middle("no_candidate_without_past", "the choice never named another for this flow", kClient4, moved6,
                     tcp(steady, 80, "A"), 43, 0));
  const u16 datagram = port_for(kClient4, moved6, 17, 43, 0);
  Case sure = sent("no_candidate_udp", "such a datagram's flow is not in doubt", kClient4, address4(moved6),
                   udp(datagram, 53), 43);
  c.push_back(sure);
}

// As long as the pin is adopted, its packets name the other one.
void remembered(std::vector<Case>& c) {
  const u16 port = port_for(kClient4, moved6, 6, 41, 42), query = port_for(kClient4, moved6, 17, 41, 42);
  const auto in = [&](const Payload& p) { return frame(ip(kClient4, address4(moved6), p)); };
  const auto later = [&](const std::string& name, const std::string& why, const Payload& p, std::vector<Bytes> before,
                         const std::string& pin, u32 candidate = 42) {
    Case k = middle(name, why, kClient4, moved6, p, 41, candidate);
    k.before = std::move(before);
    k.notes.clear();
    if (candidate) k.notes = {Note::candidate_sent};
    k.flows = 0;
    k.pin = pin;
    return k;
  };
  const Payload ack = tcp(port, 80, "A"), fin = tcp(port, 80, "FA"), rst = tcp(port, 80, "R"), syn = tcp(port, 80, "S"),
                ask = udp(query, 53);
  c.push_back(later("candidate_second", "its second packet too", ack, {in(ack)}, "proven 41 adopted"));
  c.push_back(later("candidate_third", "and all that follow", ack, {in(ack), in(ack)}, "proven 41 adopted"));
  c.push_back(later("candidate_fin", "to the last", fin, {in(ack), in(ack)}, "closing 41 adopted"));
  c.push_back(later("candidate_closing", "and beyond it", ack, {in(ack), in(ack), in(fin)}, "closing 41 adopted"));
  c.push_back(later("candidate_late_reset", "a reset as well", rst, {in(ack), in(ack)}, "closing 41 adopted"));
  c.push_back(later("candidate_second_udp", "UDP likewise", ask, {in(ask)}, "datagram 41 adopted"));
  c.push_back(later("candidate_third_udp", "UDP likewise", ask, {in(ask), in(ask)}, "datagram 41 adopted"));
  c.push_back(later("no_candidate_of_syn_again", "not the SYN that comes meanwhile, forged or not", syn, {in(ack)},
                    "embryonic 41 adopted", 0));
  c.push_back(later("no_candidate_of_proven_syn", "likewise", syn, {in(ack), in(ack)}, "proven 41 adopted", 0));
  Case opened = later("no_candidate_once_opened", "a flow that was opened here is ours", ack,
                      {in(ack), in(ack), in(fin), in(syn)}, "proven 41", 0);
  c.push_back(opened);

  // Pinned before the choice changed: the other one is who is chosen now.
  Case since = later("candidate_is_todays_choice", "pinned before the choice changed, it may be at today's", ack,
                     {in(ack), in(ack)}, "proven 42 adopted", 41);
  since.arrange = [](const Live& live, u32) {
    for (PinBucket& bucket : live.pins)
      for (u64& word : bucket.pin)
        if (word) {
          Pin pin = unpack(word);
          pin.slot = 42;
          word = pack(pin);
        }
  };
  since.slot = 42;
  since.out = tunnelled(42, ip(kClient4, address4(moved6), ack, 63), since.flow, 0, nullptr, 41);
  c.push_back(since);
}

void not_named(std::vector<Case>& c) {
  const u16 port = port_for(kClient4, moved6, 6, 41, 42), in_pool = port_for(kClient4, pool, 6, 21, 22);
  const Payload ack = tcp(port, 80, "A");
  const auto without = [&](const std::string& name, const std::string& why,
                           std::function<void(const Live&, u32)> arrange) {
    Case k = middle(name, why, kClient4, moved6, ack, 41, 0);
    k.arrange = std::move(arrange);
    c.push_back(k);
  };
  without("no_candidate_down", "a dead server is no help",
          [](const Live& live, u32) { live.targets[42].route |= kTargetDown; });
  without("no_candidate_gone", "nor a slot that is free", [](const Live& live, u32) { live.targets[42].in_use = 0; });
  without("no_candidate_foreign", "nor another service's target",
          [](const Live& live, u32) { live.targets[42].service = by_ip6; });
  without("no_candidate_forgotten", "nor a member that was forgotten",
          [](const Live& live, u32) { live.members[moved6 * 4 + 1] = 0; });
  without("no_candidate_same", "nor the very target", [](const Live& live, u32) {
    for (u32 i = 0; i < 3; ++i) live.members[moved6 * 4 + i] = 41;
  });
  without("no_candidate_no_past", "nor where there was no other choice",
          [](const Live& live, u32) { live.choice_heads[moved6].previous_size = 0; });
  c.push_back(
      middle("no_candidate_ip_in_ip", "IP in IP has no place for it", kClient4, pool, tcp(in_pool, 80, "A"), 21, 0));

  // 52's way has an MTU of kNarrowMtu: what just fits with a candidate, and one byte more.
  const u16 narrow = port_for(kClient4, moved4, 6, 52, 53);
  const u32 header = 20 + 20 + 20 + 12;  // outer, inner, TCP, GUE
  const auto filled = [&](u32 all) { return tcp(narrow, 80, "A", repeat('x', all - header)); };
  c.push_back(
      middle("candidate_fits", "as long as there is room for it", kClient4, moved4, filled(kNarrowMtu - 20), 52, 53));
  c.push_back(middle("candidate_does_not_fit", "a byte more, and the packet goes without", kClient4, moved4,
                     filled(kNarrowMtu - 19), 52, 0));
  c.push_back(middle("candidate_never_too_big", "up to the very MTU", kClient4, moved4, filled(kNarrowMtu), 52, 0));
  Case kernel = middle("candidate_by_kernel", "by way of the kernel as well", kClient4, moved6, ack, 41, 42);
  kernel.arrange = [](const Live& live, u32) { live.targets[41].route = 0; };
  const Link as_it_came{};
  kernel.reason = "forward.by_kernel";
  kernel.out = tunnelled(41, ip(kClient4, address4(moved6), ack, 63), kernel.flow, 0, &as_it_came, 42);
  c.push_back(kernel);
}

}  // namespace

std::vector<Case> candidate_cases() {
  std::vector<Case> c;
  named(c);
  remembered(c);
  not_named(c);
  return c;
}

}  // namespace waymark::cases
