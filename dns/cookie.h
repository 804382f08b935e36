// DNS cookies (RFC 7873) that any implementation makes alike from the same secret (RFC 9018).
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/address.h"
#include "core/siphash.h"

namespace waymark::dns {

constexpr std::size_t kClientCookie = 8, kServerCookie = 16;
using ServerCookie = std::array<u8, kServerCookie>;

// `client`: kClientCookie bytes; `seconds`: since 1970, modulo 2^32.
ServerCookie make_cookie(const SipKey& secret, std::span<const u8> client, const Address& from, u32 seconds);

enum class CookieCheck : u8 { bad, good, aged };  // aged: good, and to be renewed

// RFC 9018, 4.3: good for an hour, renewed after half of it, and made at most five minutes ahead.
CookieCheck check_cookie(const SipKey& secret, std::span<const u8> client, std::span<const u8> server,
                         const Address& from, u32 seconds);

// The secret in force and the one before it, whose cookies are good for an hour more.
struct CookieSecrets {
  SipKey now{};
  std::optional<SipKey> before = {};
};

}  // namespace waymark::dns
