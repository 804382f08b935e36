// Measurements that are no case: each a number with its unit, and proof in the measuring.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/xdp/object.h"

namespace waymark::bench {

struct Fact {
  std::string name;  // dotted
  double value;
  std::string unit;
  int digits = 0;  // after the point
};

Result<std::vector<Fact>> measure_facts();

// Bytes that the kernel counts for a table.
double memory_of(const Object& object, const char* table);
constexpr double mebibytes(double bytes) { return bytes / (1 << 20); }

// Of the firewall's table; a part of the above.
Status firewall_facts(std::vector<Fact>& facts);

// Of the mirror between two directors; likewise.
Status mirror_facts(std::vector<Fact>& facts);

// Of a node's loop, with thousands of services; likewise.
Status scale_facts(std::vector<Fact>& facts);

}  // namespace waymark::bench
