// What messages answer with: the status of a Binding Acknowledgement, of a revocation, and of a Binding Error. A number
// without a name here is kept as it came.
#pragma once

#include <string_view>

#include "core/types.h"

namespace waymark::signalling {

// Binding Acknowledgement. Below 128: accepted. 0 to 139 and 174 of RFC 6275 (6.1.8), others of the RFC beside them.
#define WM_SIGNAL_STATUSES(X)                                                              \
  X(accepted, 0, "accepted")                                                               \
  X(accepted_prefix_discovery, 1, "accepted, but prefix discovery is necessary")           \
  X(not_all_bindings, 4, "not all care-of addresses were registered")            /*5648*/  \
  X(returned_home_without_nd, 5, "accepted, do not use ND for the home address") /*5648*/  \
  X(unspecified, 128, "reason unspecified")                                                \
  X(prohibited, 129, "administratively prohibited")                                        \
  X(insufficient_resources, 130, "insufficient resources")                                 \
  X(no_home_registration, 131, "home registration is not supported")                       \
  X(not_home_subnet, 132, "not home subnet")                                               \
  X(not_home_agent, 133, "not home agent for this mobile node")                            \
  X(duplicate_address, 134, "duplicate address detection failed")                          \
  X(out_of_window, 135, "sequence number out of window")                                   \
  X(expired_home_nonce, 136, "expired home nonce index")                                   \
  X(expired_care_of_nonce, 137, "expired care-of nonce index")                             \
  X(expired_nonces, 138, "expired nonces")                                                 \
  X(type_change, 139, "registration type change disallowed")                               \
  X(no_mobile_router, 140, "mobile router operation not permitted")               /*3963*/ \
  X(invalid_prefix, 141, "invalid prefix")                                        /*3963*/ \
  X(prefix_not_authorized, 142, "not authorized for prefix")                      /*3963*/ \
  X(forwarding_failed, 143, "forwarding setup failed")                            /*3963*/ \
  X(replay_mismatch, 144, "replay protection option does not match")              /*4285*/ \
  X(replay_required, 145, "replay protection option required")                    /*4285*/ \
  X(authentication_failed, 146, "authentication failed")                          /*4285*/ \
  X(binding_malformed, 164, "Binding Identifier option is malformed")             /*5648*/ \
  X(other_binding_exists, 165, "a binding without Binding Identifier exists")     /*5648*/ \
  X(bindings_prohibited, 166, "several care-of addresses are prohibited")         /*5648*/ \
  X(unknown_care_of, 167, "Binding Identifier without a known care-of address")   /*5648*/ \
  X(bulk_prohibited, 168, "bulk registration is prohibited")                      /*5648*/ \
  X(home_and_foreign, 169, "simultaneous home and foreign binding is prohibited") /*5648*/ \
  X(invalid_care_of, 174, "invalid care-of address")

enum class BindingStatus : u8 {
#define WM_SIGNAL_MEMBER(name, number, text) name = number,
  WM_SIGNAL_STATUSES(WM_SIGNAL_MEMBER)
};
constexpr bool is_accepted(BindingStatus status) { return u8(status) < 128; }

// Binding Revocation Acknowledgement (RFC 5846, 5.2). Below 128: revoked.
#define WM_SIGNAL_REVOKED(X)                                                 \
  X(revoked, 0, "revoked")                                                   \
  X(partly, 1, "partly revoked")                                             \
  X(no_binding, 128, "binding does not exist")                               \
  X(ip4_home_required, 129, "IPv4 Home Address option required")             \
  X(global_not_authorized, 130, "global revocation not authorized")          \
  X(identity_required, 131, "identity of the revoked mobile nodes required") \
  X(attached, 132, "revocation failed, the mobile node is attached")         \
  X(trigger_not_supported, 133, "revocation trigger not supported")          \
  X(function_not_supported, 134, "revocation function not supported")        \
  X(proxy_not_supported, 135, "revocation of proxy bindings is not supported")

enum class Revoked : u8 { WM_SIGNAL_REVOKED(WM_SIGNAL_MEMBER) };

// Why a binding is revoked (RFC 5846, 5.1). From 128 on: of all bindings, with the flag G.
#define WM_SIGNAL_TRIGGERS(X)                                      \
  X(unspecified, 0, "unspecified")                                 \
  X(administrative, 1, "administrative reason")                    \
  X(handover_same, 2, "handover to the same access type")          \
  X(handover_other, 3, "handover to another access type")          \
  X(handover_unknown, 4, "handover to an unknown access type")     \
  X(user, 5, "session terminated by the user")                     \
  X(network, 6, "session terminated by the access network")        \
  X(out_of_sync, 7, "binding cache entry is possibly out of sync") \
  X(peer_policy, 128, "policy for this peer")                      \
  X(local_policy, 129, "local policy of the revoking node")

enum class Trigger : u8 { WM_SIGNAL_TRIGGERS(WM_SIGNAL_MEMBER) };

// Binding Error (RFC 6275, 6.1.9).
#define WM_SIGNAL_ERRORS(X)                                     \
  X(unknown_binding, 1, "unknown binding for the home address") \
  X(unknown_type, 2, "unrecognized MH Type")

enum class ErrorStatus : u8 { WM_SIGNAL_ERRORS(WM_SIGNAL_MEMBER) };

// Of one flow, in a Binding Acknowledgement (RFC 6089, 4.2), and of an IPv4 home address (RFC 5555, 3.2.1).
#define WM_SIGNAL_FLOWS(X)                          \
  X(accepted, 0, "accepted")                        \
  X(prohibited, 128, "administratively prohibited") \
  X(unspecified, 129, "reason unspecified")         \
  X(malformed, 130, "malformed")                    \
  X(unknown_binding, 131, "unknown Binding ID")     \
  X(unknown_flow, 132, "unknown flow")              \
  X(selector_format, 133, "unsupported format of a selector")
#define WM_SIGNAL_IP4(X)                                       \
  X(accepted, 0, "accepted")                                   \
  X(unspecified, 128, "reason unspecified")                    \
  X(prohibited, 129, "administratively prohibited")            \
  X(incorrect, 130, "incorrect IPv4 home address")             \
  X(invalid, 131, "invalid IPv4 address")                      \
  X(no_assignment, 132, "no dynamic assignment of an address") \
  X(prefix_not_authorized, 133, "not authorized for a prefix")

enum class FlowStatus : u8 { WM_SIGNAL_FLOWS(WM_SIGNAL_MEMBER) };
enum class Ip4Status : u8 { WM_SIGNAL_IP4(WM_SIGNAL_MEMBER) };
#undef WM_SIGNAL_MEMBER

// "unknown" for a number that has no name.
std::string_view name_of(BindingStatus status);
std::string_view name_of(Revoked status);
std::string_view name_of(Trigger trigger);
std::string_view name_of(ErrorStatus status);
std::string_view name_of(FlowStatus status);
std::string_view name_of(Ip4Status status);

}  // namespace waymark::signalling
