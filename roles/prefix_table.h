// The tables of prefixes of one load: collected, then arranged so that each length takes one look-up. Deterministic.
#pragma once

#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "core/prefix.h"
#include "dataplane/image.h"

namespace waymark {

// A mapping that stands for nothing in the other IP version: packets to `prefix` in `space` are the role's, or the
// kernel's where that is kNoRole.
Mapping plain_mapping(const Prefix& prefix, Space space, u8 role = kNoRole);

class PrefixTable {
 public:
  // By which of its prefixes it is to be found. Of equal prefixes of a space one with a front is
  // found, else the first.
  void add(const Mapping& mapping, bool by4, bool by6);
  void add(const Mapping& plain) { add(plain, plain.ip4_length != kNoLength, plain.ip6_length != kNoLength); }

  // Fails, with a sentence, where there are too many.
  Status write(Image& image);

  static constexpr u8 kNoLength = 255;  // of the side that a mapping is not found by: no look-up has it

 private:
  struct Entry {
    Space space;
    AddressBits prefix;
    bool ip6;
    u8 length;
    u32 mapping;
  };
  bool place(Image& image, u64 seed, u32 bits) const;
  void write_lengths(u64 seed, bool ip6, PrefixLength* out) const;
  std::vector<Mapping> mappings_;
  std::vector<Entry> entries_;
};

}  // namespace waymark
