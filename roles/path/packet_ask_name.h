// A question in memory of the CPU's own, and the name that it asks for.
#pragma once

#include "core/checksum.h"
#include "core/plan.h"
#include "core/steer.h"
#include "roles/path/reasons.h"

namespace waymark::path {

struct WM_WIRE DnsHeader {  // RFC 1035, 4.1.1
  be16 id, flags, questions, answers, authority, additional;
};
struct WM_WIRE DnsAsked {  // what follows a question's name
  be16 type, in;
};
struct WM_WIRE DnsAaaa {  // a record whose owner is the question's name
  be16 owner, type, in, ttl[2], length;
  be16 address[8];
};
static_assert(sizeof(DnsHeader) == 12 && sizeof(DnsAsked) == 4 && sizeof(DnsAaaa) == 28);

constexpr u16 kDnsMayAsk = 0x0130;  // RD, AD and CD: what an ordinary question's flags may have
constexpr u16 kDnsKept = 0x0110;    // RD and CD, which its answer has, too
constexpr u16 kDnsAnswer = 0x8400;  // QR and AA
constexpr be16 kDnsAaaa = wire16(28), kDnsIn = wire16(1), kDnsOwner = wire16(0xc00c);
constexpr u32 kDnsName = sizeof(Udp) + sizeof(DnsHeader);  // where a question's begins, from the UDP header on

// In Env::scratch(), for steps.
struct Ask {
  u32 l3, l4, end;  // as of Packet
  u32 name;         // its place in the table
  u32 at;           // where the question ends, and the answer will begin
  u16 flags;        // of the answer, host order
  u8 ip6;
  u8 has_options, has_subnet, has_cookie;
  u32 edns_flags;  // as they came
  Address source, destination, subnet, answer;
  u64 cookie[3];          // the client's, and the server's two words
  u64 word[kAskedWords];  // of the name, in lower case
};
static_assert(sizeof(Ask) <= kScratchBytes);

// The eight bytes at `at` into `word`, with zeros behind the packet's `end`, which the frame's is; `at` is at most 15
// behind it. One load, whichever it is, so that all ways are one to the verifier. False: there is no packet.
WM_INLINE bool word_at(const View& v, u32 at, u32 end, u64& word) {
  // A branch here would double what the verifier sees with each word: 0 where the difference is below 0.
  const u32 over = at + 8 - end, behind = over & ((u32(unforeseen(over)) >> 31) - 1) & 15;  // of the eight
  const auto* found = v.at<Word64>(forget(at - behind));
  if (!found) return false;
  word = found->value >> 4 * behind >> 4 * behind;
  return true;
}

// The folded sum of a UDP datagram's bytes; 0: it is too long for a question.
struct ask_sum_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 from, u64 end, u64, u64) {
    constexpr u32 kMostWords = 48;
    u64 sum = 0;
    for (u32 i = 0; i < kMostWords; ++i) {
      const u32 at = u32(from) + 8 * i;
      if (at >= u32(end)) return fold(sum);
      u64 word = 0;
      if (!word_at(env.view(), at, u32(end), word)) return 0;
      sum += u32(word) + (word >> 32);
    }
    return 0;
  }
};

// Of eight bytes the upper case letters become lower ones. A label's length is below 64, and no letter.
WM_INLINE constexpr u64 lower_case(u64 word) {
  constexpr u64 kLow = 0x7f7f'7f7f'7f7f'7f7full, kOne = 0x0101'0101'0101'0101ull;
  const u64 bytes = word & kLow, from_a = bytes + (0x80 - 'A') * kOne, above_z = bytes + (0x7f - 'Z') * kOne;
  return word | ((from_a ^ above_z) & ~word & ~kLow) >> 2;
}
// Names are told apart by this, over their words: see arrange_names() in roles/path/asked.h.
WM_INLINE constexpr u64 add_to_hash(u64 hash, u64 word) {
  hash = (hash ^ word) * 0x9e37'79b9'7f4a'7c15ull;
  return hash ^ hash >> 32;
}
WM_INLINE constexpr u64 end_hash(u64 hash) { return hash * 0xd6e8'feb8'6659'fd93ull; }
WM_INLINE constexpr u32 tag_of_name(u64 hash) { return u32(hash) << 16; }

// Reads a name's words up to its zero byte: equal words are equal names, as those that are known have no zero but
// their last, and no pointer. In the upper word the name's length, in the lower one its place and 1; 0 there: it is
// none that is known.
struct ask_name_step {
  template <class E>
  static WM_INLINE u64 run(E& env, u64 from, u64 end, u64, u64) {
    Ask* a = env.template scratch<Ask>();
    if (!a) return 0;
    const AskedSettings& s = env.settings().role.path.asked;
    u64 hash = s.seed, ends = 0;
    u32 words = 0, length = 0;
    for (u32 i = 0; i < kAskedWords && !ends; ++i) {
      u64 word = 0;
      if (!word_at(env.view(), u32(from) + 8 * i, u32(end), word)) return 0;
      ends = (word - 0x0101'0101'0101'0101ull) & ~word & 0x8080'8080'8080'8080ull;
      const u64 kept = ends ? ((ends & (0 - ends)) - 1) >> 7 : ~u64(0);  // the bytes before the first zero
      length += u32((kept & 0x0101'0101'0101'0101ull) * 0x0101'0101'0101'0101ull >> 56);
      const u64 lower = lower_case(word & kept);
      a->word[i] = lower;
      hash = add_to_hash(hash, lower);
      words = i + 1;
    }
    if (!ends) return 0;
    words = forget(words);
    length = forget(length + 1);
    return u64(length) << 32 | find(env, *a, end_hash(hash), words);
  }

 private:
  template <class E>
  static WM_INLINE u32 find(E& env, const Ask& a, u64 hash, u32 words) {
    const AskedBucket* bucket =
        env.at(table::path_asked_index, u32(hash >> ((64 - env.settings().role.path.asked.bits) & 63)));
    if (!bucket) return 0;
    u32 place = 0;  // the tags of a bucket's ways differ
    for (u32 i = 0; i < 4; ++i) {
      const u32 way = bucket->way[i];
      place = forget((way ^ tag_of_name(hash)) >> 16 ? place : way & 0xffff);
    }
    const AskedName* name = place ? env.at(table::path_asked_names, place - 1) : nullptr;
    if (!name || name->words != words) return 0;
    u64 differs = 0;
    for (u32 i = 0; i < kAskedWords; ++i) {
      if (i >= words) break;
      differs |= name->word[i] ^ a.word[i];
    }
    return differs ? 0 : place;
  }
};

}  // namespace waymark::path
