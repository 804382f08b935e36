// Packets made from packets: what a broken or hostile sender makes of the cases'. Everything follows from the seed.
#pragma once

#include <random>
#include <vector>

#include "tests/kit/packets.h"

namespace waymark::packets {

class Mutator {
 public:
  Mutator(std::vector<Bytes> corpus, uint64_t seed) : corpus_(std::move(corpus)), random_(seed) {}

  Bytes next();  // 14 to 1,600 bytes
  uint32_t below(uint32_t n) { return uint32_t(random_() % n); }

 private:
  const Bytes& pick() { return corpus_[below(uint32_t(corpus_.size()))]; }
  void flip(Bytes& b);
  void set_telling_byte(Bytes& b);
  void change_field(Bytes& b);
  void exchange_addresses(Bytes& b);
  void resize(Bytes& b);
  void splice(Bytes& b);
  void tag(Bytes& b);
  void draw_client_port(Bytes& b);

  std::vector<Bytes> corpus_;
  Bytes last_{};
  std::mt19937_64 random_;
};

}  // namespace waymark::packets
