// An address by the values of its fields, and the other way round, in the words of the command line.
#pragma once

#include "config/plans.h"

namespace waymark {

// One field of an address: a path has its hops as numbers, all others one number; `text` is how encode takes it.
struct FieldValue {
  FieldKind kind;
  std::vector<u64> numbers;
  std::string text;
};

struct Decoded {
  std::vector<FieldValue> fields;    // in the layout's order, without zeros
  std::optional<TagCheck> tag = {};  // absent: no tag, or one over a client that was not given
};

// The address of a plan from words such as "tenant=1", "ipv4=10.0.0.2", "path=3,5,7": each field but tag and zero once.
// The tag is computed; where it covers the client, "client=ADDR" is given, too, and looked up in `plans`.
Result<Address> encode_address(std::span<const AddressPlan> plans, const AddressPlan& plan,
                               std::span<const std::string> words);

// The fields of an address of this plan; an error where it does not decode: bits set that must be zero, or a path that
// is none. A bad tag is no error here. `client` is as encode takes it.
Result<Decoded> decode_address(std::span<const AddressPlan> plans, const AddressPlan& plan, const Address& address,
                               const std::optional<Address>& client = {});

}  // namespace waymark
