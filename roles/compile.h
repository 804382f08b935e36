// What a role compiles its part of an Image from, and into: pure and deterministic. node/compile.h puts the parts
// together.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/services.h"
#include "dataplane/image.h"
#include "roles/prefix_table.h"

namespace waymark {

// A slot in use whose tunnel ends where that of another service's slot does (Image::heirs).
struct SharedSlot {
  u32 slot, service;
  u64 end;
};

// What the machine says of an interface that the configuration names.
struct InterfaceFacts {
  std::string name;
  u32 index;
  Mac mac;
  u32 mtu = 0;  // of IP packets; 0: not known
};

// What the Image takes from the pinned tables and the machine, beside the configuration.
struct CompileInput {
  const Config& config;
  const Services& serves;
  std::span<const u32> indices;  // of serves.service, in the same order; below kMaxServices
  std::span<const InterfaceFacts> interfaces;
  const Meta& meta;                         // keys, bucket counts, clock
  std::span<const u32> fellows = {};        // slots of the ways to serves.fellow
  std::span<const SharedSlot> shared = {};  // slots of targets that several services have
  std::span<const Prefix> natives = {};     // what the machine reaches by itself: there the translator keeps off
};

// One front while it is being gathered.
struct FrontDraft {
  Role role = Role::count;
  u8 realm = 0;
  std::vector<Rule> rules;
  u32 index = 0;  // Front::index, where there are no more rules than fit there
};
struct FrontKey {
  Space space;
  Prefix prefix;  // mostly an address by itself
  bool operator<(const FrontKey& o) const {
    return std::tie(space, prefix.address.high, prefix.address.low, prefix.length) <
           std::tie(o.space, o.prefix.address.high, o.prefix.address.low, o.prefix.length);
  }
};
using Fronts = std::map<FrontKey, FrontDraft>;

struct Compiling {
  const CompileInput& in;
  Image& image;
  Fronts& fronts;
  PrefixTable& prefixes;
};

u32 zone_number(std::string_view name);

// The front of an address or prefix. Nobody else has it: the configuration was checked for that.
FrontDraft& front(Fronts& fronts, Role role, Space space, const Prefix& prefix);
void add_rules(FrontDraft& draft, const std::vector<PortRange>& ports, u32 service);

// Where the role with this module of reasons speaks from: at most one address per family.
void set_own(Settings& settings, u32 module, std::span<const Address> addresses);

// Between two of so many a second, in units of 2^-16 ticks (core/turn.h); 0: none.
u32 interval_of(u32 per_second, u32 ticks_per_second);
// So many answers a second, and as many at once; 0: none.
void set_limit(Settings& settings, AnswerKind kind, u32 per_second, u32 ticks_per_second);

// A duration in ticks, and how many whole stamps cover `idle` (rounded up, at least 1).
u32 ticks_of(Duration time, const Meta& meta);
u32 stamps_for(Duration idle, const Meta& meta);

}  // namespace waymark
