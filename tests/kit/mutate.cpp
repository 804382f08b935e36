#include "tests/kit/mutate.h"

#include <algorithm>

namespace waymark::packets {

namespace {
// Protocol numbers, versions with header lengths, flags, and the edges of numbers.
const Bytes kTelling = {0,  1,  2,    4,    6,    17,   41,   43,   44,  50,  58,  59, 60,
                        63, 64, 0x40, 0x44, 0x45, 0x46, 0x4f, 0x60, 127, 128, 254, 255};

// Where the IP header begins, and whether it is IPv6; 0 where there is none.
size_t ip_at(const Bytes& b, bool& six) {
  size_t at = 12;
  while (at + 4 < b.size() && (b[at] == 0x81 || b[at] == 0x88) && (b[at + 1] == 0x00 || b[at + 1] == 0xa8)) at += 4;
  six = at < b.size() && b[at] == 0x86;
  return at + 2 + (six ? 40u : 20u) <= b.size() ? at + 2 : 0;
}
}  // namespace

void Mutator::flip(Bytes& b) { b[below(uint32_t(std::min<size_t>(b.size(), 140)))] ^= uint8_t(1u << below(8)); }

void Mutator::set_telling_byte(Bytes& b) {
  b[12 + below(uint32_t(std::min<size_t>(b.size(), 120) - 12))] = kTelling[below(uint32_t(kTelling.size()))];
}

// A field of the outer or, behind it, of the next header gets another value: near the old one, or telling.
void Mutator::change_field(Bytes& b) {
  static const size_t kFields4[] = {0, 1, 2, 3, 6, 7, 8, 9, 10, 12, 16, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 32, 33};
  static const size_t kFields6[] = {0, 1, 4, 5, 6, 7, 8, 24, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 52, 53};
  bool six;
  const size_t ip = ip_at(b, six);
  if (!ip) return flip(b);
  const size_t at = ip + (six ? kFields6[below(std::size(kFields6))] : kFields4[below(std::size(kFields4))]);
  if (at >= b.size()) return;
  b[at] = below(2) ? uint8_t(b[at] + below(5) - 2) : kTelling[below(uint32_t(kTelling.size()))];
}

// Source and destination of another packet, so that services, tunnel ends and clients meet in new ways.
void Mutator::exchange_addresses(Bytes& b) {
  bool six, other_six;
  const Bytes& other = pick();
  const size_t ip = ip_at(b, six), from = ip_at(other, other_six);
  if (!ip || !from || six != other_six) return flip(b);
  const size_t first = ip + (six ? 8 : 12), size = six ? 16 : 4;
  const size_t other_first = from + (six ? 8 : 12);
  const uint32_t which = below(3);  // source, destination, or both
  if (which != 1) std::copy_n(&other[other_first], size, &b[first]);
  if (which != 0) std::copy_n(&other[other_first + size], size, &b[first + size]);
}

void Mutator::resize(Bytes& b) {
  if (below(3)) {
    b.resize(std::max<size_t>(14, below(uint32_t(b.size() + 1))));
  } else {
    b.resize(b.size() + below(60), uint8_t(below(256)));
  }
}

void Mutator::splice(Bytes& b) {
  const Bytes& other = pick();
  const size_t cut_here = 14 + below(uint32_t(std::min<size_t>(b.size(), 120) - 13));
  const size_t cut_there = 14 + below(uint32_t(std::min<size_t>(other.size(), 120) - 13));
  b.resize(std::min(cut_here, b.size()));
  b.insert(b.end(), other.begin() + long(std::min(cut_there, other.size())), other.end());
}

void Mutator::tag(Bytes& b) {
  static const uint16_t kTags[] = {0, 100, 200, 7, 8, 0xe000, 0x2064};
  const uint16_t value = kTags[below(std::size(kTags))];
  const Bytes header = {0x81, 0, uint8_t(value >> 8), uint8_t(value)};
  b.insert(b.begin() + 12, header.begin(), header.end());
}

// Another flow: some thousands of them, so that flows come back and tables fill.
void Mutator::draw_client_port(Bytes& b) {
  bool six;
  const size_t ip = ip_at(b, six);
  const size_t at = ip + (six ? 40 : 20);
  if (!ip || at + 2 > b.size()) return;
  b[at] = uint8_t(below(8));
  b[at + 1] = uint8_t(below(256));
}

Bytes Mutator::next() {
  if (!last_.empty() && below(4) == 0) return last_;  // a second packet proves a flow
  Bytes b = pick();
  if (below(3) == 0) draw_client_port(b);
  for (uint32_t times = below(4); times; --times) {
    switch (below(10)) {
      case 0:
      case 1:
        flip(b);
        break;
      case 2:
        set_telling_byte(b);
        break;
      case 3:
      case 4:
      case 5:
        change_field(b);
        break;
      case 6:
        exchange_addresses(b);
        break;
      case 7:
        resize(b);
        break;
      case 8:
        splice(b);
        break;
      default:
        tag(b);
        break;
    }
    if (b.size() < 14) b.resize(14);
    if (b.size() > 1600) b.resize(1600);
  }
  last_ = b;
  return b;
}

}  // namespace waymark::packets
