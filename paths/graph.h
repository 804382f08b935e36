// The POPs of a WAN, the links between them, and what a policy wants of paths: what paths are chosen by.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/types.h"

namespace waymark::paths {

// Bounds of what is computed. A mesh: where no link is given, each two POPs have one.
constexpr std::size_t kMostPops = 1'000, kMostLinks = 5'000, kMostMesh = 100;
constexpr std::size_t kMostThrough = 4, kMostAvoided = 16, kMostRules = 16, kMostPaths = 1'000'000;
constexpr std::size_t kMostPathPops = 8;  // of one path

struct Pop {
  u32 id;    // 1 to 65535
  u32 cost;  // of passing by it
};

// One direction of it.
struct Link {
  u32 from, to;
  u32 cost;
  std::optional<Duration> latency;
  bool fixed = false;  // a file says what it costs, whatever is measured
};

// Two POPs, the lower id first: a link in both directions.
using Ends = std::pair<u32, u32>;
constexpr Ends ends_of(u32 a, u32 b) { return a < b ? Ends{a, b} : Ends{b, a}; }

struct Graph {
  std::vector<Pop> pops;    // by ascending ids
  std::vector<Link> links;  // by ascending ids of `from`, then of `to`; no two alike
  u32 most_hops = kMostPathPops;

  const Link* link(u32 from, u32 to) const;  // or null
  const Pop* pop(u32 id) const;
};
void sort(Graph& graph);

struct Down {
  std::set<u32> pops = {};
  std::set<Ends> links = {};
  bool operator==(const Down&) const = default;
};

// What a policy wants of paths. Sorted, so that alike ones are equal.
struct Rules {
  std::vector<u32> through = {}, avoid = {};
  std::vector<Ends> avoid_links = {};
  std::optional<u32> most_hops = {};
  auto operator<=>(const Rules&) const = default;
};

// POPs from the client's side, without any twice.
struct Path {
  std::array<u16, kMostPathPops> pop{};
  u16 hops = 0;
  u32 cost = 0;

  std::span<const u16> pops() const { return {pop.data(), hops}; }
  u32 last() const { return pop[hops - 1]; }
  bool has(u32 id) const;
  void add(u32 id) { pop[hops++] = u16(id); }
  bool operator==(const Path& other) const { return hops == other.hops && pop == other.pop; }
};
// Which of two comes first: the cheaper one, then the shorter one, then that with the lower id where they part.
bool before(const Path& a, const Path& b);

std::string text(const Path& path);  // "1,2,3"
std::string text(const Ends& ends);  // "1-2"

}  // namespace waymark::paths
