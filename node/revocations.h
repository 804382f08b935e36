// Ids that a POP holds for revoked: those that its file lists, and those that operators decided, here or at another
// member of the group. All of it is pinned (table::revocations), and what is in force of it is an exact set that
// packets look into (roles/path/packet_revoked.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "dataplane/image.h"
#include "group/message.h"

namespace waymark {

struct RevokedCounts {
  u32 in_force = 0, listed = 0, room = 0;
};

class Revocations {
 public:
  using Seconds = u64;  // since 1970

  explicit Revocations(Live& live);  // goes on with what it finds there

  // What the file says now, sorted. Fails, and leaves all as it is, where there is no room. Else how many are more and
  // fewer than before.
  struct Listed {
    u32 more = 0, fewer = 0;
  };
  Result<Listed> list(const std::vector<u64>& words, Seconds now);

  // A decision of an operator's. `until`: 0 for good.
  Status revoke(u64 word, Seconds until, u64 origin, Seconds now);
  Status unrevoke(u64 word, u64 origin, Seconds now);
  // Decisions of others; those that are later than what is known are taken, and given back. `no_room`: so many were
  // not.
  std::vector<group::RevocationRecord> merge(const std::vector<group::RevocationRecord>& records, Seconds now,
                                             u32& no_room);
  std::vector<group::RevocationRecord> decisions() const;
  std::vector<group::RevocationRecord> take_news() { return std::exchange(news_, {}); }

  void expire(Seconds now);
  Seconds next_expiry() const { return expiry_; }  // 0: none

  RevokedCounts counts() const { return counts_; }
  static bool in_force(const Revocation& r, Seconds now) {
    return r.listed || (r.decided == kRevoked && (!r.until || r.until > now));
  }

 private:
  Revocation* find(u64 word);
  Revocation* make(u64 word, Seconds now);
  Status room_for_one(Seconds now);
  void drop(u64 word);
  void install(Seconds now);
  bool fill(std::span<RevokedBucket> half, u64 head, const std::vector<u64>& words);

  Live& live_;
  std::map<u64, u32> places_;  // in the table, by word
  std::vector<u32> free_;
  std::vector<group::RevocationRecord> news_;
  RevokedCounts counts_;
  u64 version_ = 0, seed_ = 0;
  Seconds expiry_ = 0;
  bool half_ = false;  // the one written last
};

}  // namespace waymark
