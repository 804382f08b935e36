// Whether a POP is up, as seamless BFD asks (RFC 5880, 4.1; RFC 7880; RFC 7881): written by hand, for both builds.
#include <gtest/gtest.h>

#include "tests/path/site.h"

namespace waymark::path_cases {

namespace {

// Of a question the fields that differ; its packet is as long as it must be.
struct Question {
  uint8_t version_diagnostic = 0x20, flags = 0x42, multiplier = 3, length = 24;  // state Down, with the D bit
  uint8_t mine = 77, yours = 1;
  uint8_t echo = 9;
  u16 port = 50'000;
  std::size_t bytes = 24;
};
Bytes bfd(const Question& q, bool answer = false) {
  Bytes out = {answer ? uint8_t(0x20) : q.version_diagnostic, q.flags, q.multiplier, q.length};
  const auto add = [&](const Bytes& bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  add({0, 0, 0, answer ? q.yours : q.mine});
  add({0, 0, 0, answer ? q.mine : q.yours});
  add({0, 0, 0xc3, 0x50});                                          // desired: 50 ms, as it came
  add(answer ? Bytes{0, 0, 0x27, 0x10} : Bytes{0, 1, 0x86, 0xa0});  // required: 10 ms is what a reflector takes
  add({0, 0, 0, answer ? uint8_t(0) : q.echo});
  out.resize(q.bytes, 0);
  return out;
}

}  // namespace

Bytes question_of(u32 other) { return packet(pop(other), pop(1), udp(50'000, 7784, bfd({})), 255); }

namespace {

Bytes question(const Question& q = {}, const std::string& from = pop(2), uint8_t hops = 255) {
  return packet(from, pop(1), udp(q.port, 7784, bfd(q)), hops);
}
Question up(Question q, uint8_t flags) {
  q.flags = flags;
  return q;
}

}  // namespace

// POP 1.
void a_pop_says_that_it_is_up(PathSite& s) {
  const Question q;
  expect_sent(s.from_network(question()), "path.watched",
              packet(pop(1), pop(2), udp(7784, q.port, bfd(up(q, 0xc8), true)), 255));
  // A hop or more away; by IPv4; without a checksum, as IPv4 allows; padded.
  expect_sent(s.from_network(question({}, pop(2), 61)), "path.watched",
              packet(pop(1), pop(2), udp(7784, q.port, bfd(up(q, 0xc8), true)), 255));
  expect_sent(s.from_network(ip4({.source = pop4(2), .destination = pop4(1), .ttl = 250}, udp(q.port, 7784, bfd(q)))),
              "path.watched",
              ip4({.source = pop4(1), .destination = pop4(2), .ttl = 255}, udp(7784, q.port, bfd(up(q, 0xc8), true))));
  expect_sent(s.from_network(ip4({.source = pop4(2), .destination = pop4(1)}, udp_unchecked(q.port, 7784, bfd(q)))),
              "path.watched",
              ip4({.source = pop4(1), .destination = pop4(2), .ttl = 255},
                  udp_unchecked(7784, q.port, bfd(up(q, 0xc8), true))));
  Bytes padded = question();
  padded.resize(padded.size() + 9, 0x55);
  expect_sent(s.from_network(padded), "path.watched",
              packet(pop(1), pop(2), udp(7784, q.port, bfd(up(q, 0xc8), true)), 255));
  // Poll is answered by Final; whatever state and diagnostic were asked in.
  const Question poll = {.version_diagnostic = 0x27, .flags = 0xe2, .multiplier = 200, .echo = 0};
  expect_sent(s.from_network(question(poll)), "path.watched",
              packet(pop(1), pop(2), udp(7784, q.port, bfd(up(poll, 0xd8), true)), 255));
  // Who asked sees by the checksum that the question was damaged.
  const Bytes damaged = with_byte(question(), 40 + 8 + 15, 0x51);
  const Left answered = s.from_network(damaged);
  EXPECT_EQ(answered.reason, "path.watched");
  ASSERT_EQ(answered.packet.size(), damaged.size());
  const Bytes whole = packet(pop(1), pop(2), udp(7784, q.port, bfd(up(q, 0xc8), true)), 255);
  EXPECT_EQ(answered.packet[46], whole[46]);
  EXPECT_EQ(answered.packet[47], whole[47]);
}

void only_other_pops_are_told_that_it_is_up(PathSite& s) {
  for (const std::string& from : {kStranger, kRouter, client(1), client(2)})
    expect_end(s.from_network(question({}, from)), "path.watch_refused");
  expect_end(s.from_network(ip4({.source = "192.0.2.66", .destination = pop4(1)}, udp(9, 7784, bfd({})))),
             "path.watch_refused");
  expect_end(s.from_network(question({}, pop(1))), "path.watch_refused");
  EXPECT_NE(s.from_client(question()).reason, "path.watched") << "POPs are not where clients are";
  const Question wrong[] = {{.version_diagnostic = 0x40},
                            {.version_diagnostic = 0},
                            {.flags = 0x40},  // a reflector's
                            {.flags = 0x46},
                            {.flags = 0x43},  // with authentication; multipoint
                            {.flags = 0x52},  // Final
                            {.multiplier = 0},
                            {.length = 23},
                            {.length = 25},
                            {.mine = 0},
                            {.yours = 2},
                            {.yours = 0},
                            {.port = 7784},
                            {.bytes = 23},
                            {.bytes = 0}};
  for (const Question& q : wrong) expect_end(s.from_network(question(q)), "path.watch_refused");
  expect_end(s.from_network(packet(pop(2), pop(1), udp_unchecked(50'000, 7784, bfd({})), 255)), "path.watch_refused");
  expect_end(s.from_network(cut(question(), 60)), "parse.ip_length");
  expect_end(s.from_network(with_byte(question(), 40 + 5, 200)), "parse.udp_header");
  // Other ports, and what hides its port, are the kernel's.
  expect_end(s.from_network(packet(pop(2), pop(1), udp(50'000, 7785, bfd({})))), "path.local");
  expect_end(s.from_network(packet(pop(2), pop(1), udp(7784, 50'000, bfd({})))), "path.local");
  expect_end(s.from_network(packet(pop(2), pop(1), extension(60, udp(50'000, 7784, bfd({}))))), "path.local");
  expect_end(s.from_network(packet(pop(2), pop(1), fragment6(0, true, udp(50'000, 7784, bfd({}))))), "path.local");
}

}  // namespace waymark::path_cases
