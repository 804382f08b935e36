#include "tests/translator/states.h"

namespace waymark::translator_cases {

namespace {

const std::string kTo4 = "translator.to_ip4", kTo6 = "translator.to_ip6";

// What the translator itself tells a host: with the hop limit and class of its own packets; IPv4's may be fragmented,
// and have the identification of what they are about.
Bytes told4(uint8_t type, uint8_t code, const Bytes& about) {
  return four(error4(type, code, 0, about), {.tos = 0xc0, .fragment = 0, .source = kOwn4, .destination = kHost4});
}
Bytes told6(uint8_t type, uint8_t code, const Bytes& about) {
  return six(error6(type, code, 0, about), {.traffic_class = 0xc0, .source = kOwn6, .destination = kHost6});
}

void add_room(std::vector<StatedCase>& c) {
  const Payload p = udp(4000, 53);
  const std::string why = "IPv6's header is 20 bytes longer, a driver may leave fewer";
  c.push_back({{"room_19/4to6", why, site(), four(p), "translator.no_room"}, WayKind::direct, 16});
  c.push_back({{"room_20/4to6", why, site(), four(p), kTo6, {to_six(p)}}, WayKind::direct, 20});
  c.push_back({{"room_20_fragment/4to6", "a Fragment Header takes eight more", site(),
                four(raw(17, repeat(0x61, 24)), {.fragment = 0x2003}), "translator.no_room"},
               WayKind::direct,
               24});
  c.push_back({{"room_0/6to4", "IPv4's is shorter", site(), six(p), kTo4, {to_four(p)}}, WayKind::direct, 0});
  const Bytes error = complaint4(error4(3, 3, 0, quoted4(p)));
  c.push_back({{"room_36_error/4to6", "an error has two headers that grow", site(), error, "translator.no_room"},
               WayKind::direct,
               36});
  c.push_back(
      {{"room_40_error/4to6", "which is enough", site(), error, kTo6, {complaint_to6(error6(1, 4, 0, quoted6(p)))}},
       WayKind::direct,
       40});
  c.push_back({{"room_for_no_answer", "an ICMP error takes 28 bytes in front of what it is about", site(),
                four(p, {.ttl = 1}), "translator.error_withheld"},
               WayKind::direct,
               24});
}

void add_ways(std::vector<StatedCase>& c) {
  const Payload p = udp(4000, 53);
  const Bytes in4 = four(p), in6 = six(p);
  c.push_back({{"by_kernel/4to6",
                "the kernel's forwarding spends the hop",
                site(),
                in4,
                "translator.to_ip6_by_kernel",
                {six(p)}},
               WayKind::kernel});
  c.push_back(
      {{"by_kernel/6to4", "likewise", site(), in6, "translator.to_ip4_by_kernel", {four(p, {.id = 0, .fragment = 0})}},
       WayKind::kernel});
  c.push_back({{"by_kernel_error/4to6",
                "likewise of an error",
                site(),
                complaint4(error4(3, 3, 0, quoted4(p))),
                "translator.to_ip6_by_kernel",
                {complaint6(error6(1, 4, 0, quoted6(p)))}},
               WayKind::kernel});
  c.push_back({{"unreachable/4to6",
                "RFC 1812, 5.2.7.1: no route: net unreachable",
                site(),
                in4,
                "translator.unreachable",
                {told4(3, 0, in4)}},
               WayKind::unreachable});
  c.push_back({{"unreachable/6to4",
                "RFC 4443, 3.1: no route to destination",
                site(),
                in6,
                "translator.unreachable",
                {told6(1, 0, in6)}},
               WayKind::unreachable});
  c.push_back({{"unreachable_error/4to6", "RFC 1812, 4.3.2.7: no error about an error", site(),
                complaint4(error4(3, 3, 0, quoted4(p))), "translator.error_withheld"},
               WayKind::unreachable});
  c.push_back({{"unreachable_error/6to4", "RFC 4443, 2.4 e", site(), complaint6(error6(1, 4, 0, quoted6(p))),
                "translator.error_withheld"},
               WayKind::unreachable});
  c.push_back({{"unreachable_fragment/4to6", "RFC 1812, 4.3.2.7: none about a later fragment", site(),
                four(raw(17, repeat(0x61, 24)), {.fragment = 0x2003}), "translator.error_withheld"},
               WayKind::unreachable});
}

void add_limits(std::vector<StatedCase>& c) {
  const Payload p = udp(4000, 53);
  const std::string why = "RFC 1812, 4.3.2.8; RFC 4443, 2.4 f: their rate is limited";
  const auto limited = [&](const std::string& name, const Bytes& in) {
    c.push_back({{name, why, site(), in, "translator.error_limited"}, WayKind::direct, 256, true});
  };
  limited("limit_error4", four(p, {.ttl = 1}));
  limited("limit_error6", six(p, {.hops = 1}));
  limited("limit_echo4", four(icmp4(8, 0), {.destination = kOwn4}));
  limited("limit_echo6", six(icmp6(128, 0), {.destination = kOwn6}));
  c.push_back({{"limit_not", "what is translated is not limited", site(), four(p), kTo6, {to_six(p)}},
               WayKind::direct,
               256,
               true});
}

void add_long(std::vector<StatedCase>& c) {
  const std::string why = "an IPv4 header counts 65535 bytes of its own and the payload, an IPv6 header of the payload";
  c.push_back({{"longest/6to4", why, site(), six(raw(50, repeat(1, 65'516))), "translator.too_long"}});
}

}  // namespace

const std::vector<StatedCase>& stated_cases() {
  static const std::vector<StatedCase> all = [] {
    std::vector<StatedCase> c;
    add_room(c);
    add_ways(c);
    add_limits(c);
    add_long(c);
    return c;
  }();
  return all;
}

void slow_down(UserspaceEngine& engine) {
  Image image = engine.image();
  for (const AnswerKind kind : {AnswerKind::error, AnswerKind::echo})
    if (image.settings.answer_interval[u32(kind)])
      image.settings.answer_interval[u32(kind)] = 1u << 28, image.settings.answer_burst[u32(kind)] = 8;
  engine.load(image);
}

void set_answered_enough(const Live& live, const Settings& settings, u32 now, bool enough) {
  for (const AnswerKind kind : {AnswerKind::error, AnswerKind::echo}) {
    const u64 interval = settings.answer_interval[u32(kind)], burst = interval * settings.answer_burst[u32(kind)];
    live.limits[u32(kind)] = ((u64(now) << 16) + (enough ? burst - interval / 2 : 0)) & 0xffff'ffff'ffff;
  }
}

}  // namespace waymark::translator_cases
