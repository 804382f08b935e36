// What the translator's packet core does with an address: the core's own look-ups in the tables that a load of this
// configuration would have, and the answer in words.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "dataplane/image.h"

namespace waymark::cli {

// The tables of a configuration, on a machine that has no routes of its own.
Result<Image> image_of(const Config& config);

struct Fate {
  std::optional<Address> address;  // what is written in its place; absent: nothing is
  std::string why;                 // "prefix 64:ff9b::/96 (RFC 6052)", or what becomes of the packet instead
  bool operator==(const Fate&) const = default;
};

// Where else than as a destination an address may stand. "Turn round" is RFC 7757's hairpin: to an IPv6 host by the
// IPv4 address that it has by an explicit map.
enum class Where : u8 {
  source,
  source_of_error,  // of an ICMP error
  turned,           // as a destination whose packets turn round
  source_turned,    // as the source of a packet that turns round
};

struct Translation {
  Fate destination;
  std::vector<std::pair<Where, Fate>> others;  // those that differ from the usual
};

// Absent where no rule has the address: as a destination it is the kernel's, as a source it is dropped.
std::optional<Translation> translated(const Image& image, const TranslatorConfig& config, const Address& address);

// A line for each, and the word that stands for it in JSON.
std::string to_text(const Translation& translation);
const char* name_of(Where where);

}  // namespace waymark::cli
