// The fields of the gateway's plan that a flow's first packet fills in, as the configuration has them.
#pragma once

#include <optional>

#include "config/checks.h"
#include "config/plans.h"
#include "core/firewall/records.h"
#include "roles/gateway/config.h"

namespace waymark::gateway {

bool is_of_flow(FieldKind kind);                        // dscp, valid or birth
bool has_flow_fields(const AddressPlan& plan);          // any of them
bool flow_fields_before(const Plan& plan, u32 offset);  // whether one of them stands before this bit
FlowPlaces places_of(const Plan& plan);                 // where they stand
u32 rule_bits(const FirewallRuleConfig& rule);          // what a rule says of its flows: the upper part of an outcome

// That each has the width that it needs, and that somebody fills it in; that rules have the fields they speak of.
void check_bits(config::Checking& in, const GatewayConfig& gateway, const AddressPlan& plan);

}  // namespace waymark::gateway
