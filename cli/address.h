// `waymark address`: addresses from the fields of a plan, and any address in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/plan_values.h"

namespace waymark::cli {

// All that is known of an address: lines for a person, or JSON. `client`: whose flow a tag was made for. An error where
// it lies in a plan but does not decode.
Result<std::string> explain(const Config& config, const Address& address, const std::optional<Address>& client,
                            bool json);

struct AddressOptions {
  std::optional<std::string> config;  // absent: the usual file; explain does without where that is not there
  std::string plan, address;
  std::vector<std::string> values;
  std::string client;  // of explain
  bool json = false;
};

// The exit statuses.
int address_encode_command(const AddressOptions& options);
int address_explain_command(const AddressOptions& options);

}  // namespace waymark::cli
