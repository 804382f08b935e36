#include "dns/cookie.h"

#include <cstring>

namespace waymark::dns {

namespace {

constexpr u32 kLife = 3600, kRenewed = 1800, kAhead = 300;

u64 hash_of(const SipKey& secret, std::span<const u8> client, const u8* head, const Address& from) {
  SipHash hash(secret);
  hash.add(load64(client.data()));
  hash.add(load64(head));  // version, reserved, timestamp
  if (is_ip4(from)) return hash.finish(ip4_of(from).raw, 20);
  hash.add(from.high);
  hash.add(from.low);
  return hash.finish(0, 32);
}

}  // namespace

ServerCookie make_cookie(const SipKey& secret, std::span<const u8> client, const Address& from, u32 seconds) {
  ServerCookie out{1};
  const u32 stamp = __builtin_bswap32(seconds);
  std::memcpy(&out[4], &stamp, sizeof stamp);
  const u64 hash = hash_of(secret, client, out.data(), from);
  std::memcpy(&out[8], &hash, sizeof hash);
  return out;
}

CookieCheck check_cookie(const SipKey& secret, std::span<const u8> client, std::span<const u8> server,
                         const Address& from, u32 seconds) {
  if (server.size() != kServerCookie || server[0] != 1) return CookieCheck::bad;
  u32 stamp = 0;
  std::memcpy(&stamp, &server[4], sizeof stamp);
  const int age = int(seconds - __builtin_bswap32(stamp));  // serial arithmetic (RFC 1982)
  if (age > int(kLife) || age < -int(kAhead)) return CookieCheck::bad;
  // The reserved bytes are hashed as they came (RFC 9018, 4.2).
  const u64 hash = hash_of(secret, client, server.data(), from);
  if (std::memcmp(&server[8], &hash, sizeof hash) != 0) return CookieCheck::bad;
  return age > int(kRenewed) ? CookieCheck::aged : CookieCheck::good;
}

}  // namespace waymark::dns
