#include "node/revocations.h"

#include <fmt/format.h>

#include <algorithm>

#include "node/words.h"
#include "roles/path/packet_revoked.h"
#include "roles/path/revoked.h"

namespace waymark {

namespace {

using path::revoked_id_text;

group::RevocationRecord record_of(const Revocation& r) {
  return {r.word, r.decided == kRevoked, r.until, r.version, r.origin};
}

const Error kNoPop{"this node is no POP: its configuration has no [path]"};

}  // namespace

Revocations::Revocations(Live& live) : live_(live) {
  if (live_.revoked.size() < 2 * kRevokedBuckets) return;  // no POP
  counts_.room = u32(live_.revocations.size());
  const u64 head = live_.revoked_head[0];
  half_ = head & 1;
  seed_ = mix(head ^ live_.meta[0].pin_key[0]);
  for (u32 i = counts_.room; i-- > 0;) {
    const Revocation& r = live_.revocations[i];
    if (!r.word || !places_.emplace(r.word, i).second) {
      free_.push_back(i);
      continue;
    }
    version_ = std::max(version_, r.version);
    counts_.listed += r.listed;
  }
  expiry_ = places_.empty() ? 0 : 1;  // at once: time went on meanwhile
}

Revocation* Revocations::find(u64 word) {
  const auto at = places_.find(word);
  return at == places_.end() ? nullptr : &live_.revocations[at->second];
}

// Whatever is over gives way, the oldest first: it is kept so that members who were away learn that it is over.
Status Revocations::room_for_one(Seconds now) {
  if (!free_.empty()) return Done{};
  std::vector<std::pair<u64, u64>> over;  // by version
  for (const auto& [word, place] : places_)
    if (const Revocation& r = live_.revocations[place]; !in_force(r, now)) over.emplace_back(r.version, word);
  if (over.empty())
    return Error{fmt::format("{} ids are revoked, and \"revocations\" in [path] has room for no more", counts_.room)};
  std::ranges::sort(over);
  over.resize((over.size() + 1) / 2);
  for (const auto& [version, word] : over) drop(word);
  return Done{};
}

Revocation* Revocations::make(u64 word, Seconds now) {
  if (Revocation* known = find(word)) return known;
  if (!room_for_one(now)) return nullptr;
  const u32 place = free_.back();
  free_.pop_back();
  places_.emplace(word, place);
  Revocation& fresh = live_.revocations[place];
  fresh = {};
  fresh.word = word;
  return &fresh;
}

void Revocations::drop(u64 word) {
  const auto at = places_.find(word);
  live_.revocations[at->second] = {};
  free_.push_back(at->second);
  places_.erase(at);
}

Result<Revocations::Listed> Revocations::list(const std::vector<u64>& words, Seconds now) {
  if (!counts_.room) return kNoPop;
  std::size_t decided = 0;
  for (const auto& [word, place] : places_) {
    Revocation r = live_.revocations[place];
    r.listed = 0;
    decided += in_force(r, now) && !std::ranges::binary_search(words, word);
  }
  if (words.size() + decided > counts_.room)
    return Error{fmt::format(
        "{} ids would be revoked with those of `waymark revoke`, and \"revocations\" in [path] has room for {}",
        words.size() + decided, counts_.room)};
  Listed out;
  std::vector<u64> over;
  for (const auto& [word, place] : places_) {
    Revocation& r = live_.revocations[place];
    if (!r.listed || std::ranges::binary_search(words, word)) continue;
    r.listed = 0;
    ++out.fewer;
    if (!r.version) over.push_back(word);
  }
  for (const u64 word : over) drop(word);
  for (const u64 word : words) {
    Revocation* r = make(word, now);
    if (!r || r->listed) continue;
    r->listed = 1;
    ++out.more;
  }
  counts_.listed = u32(words.size());
  if (out.more || out.fewer) install(now);
  return out;
}

Status Revocations::revoke(u64 word, Seconds until, u64 origin, Seconds now) {
  if (!counts_.room) return kNoPop;
  if (!find(word)) WM_TRY(room_for_one(now));
  Revocation& r = *make(word, now);
  r.until = until;
  r.origin = origin;
  r.decided = kRevoked;
  r.version = ++version_;
  news_.push_back(record_of(r));
  install(now);
  return Done{};
}

Status Revocations::unrevoke(u64 word, u64 origin, Seconds now) {
  if (!counts_.room) return kNoPop;
  Revocation* r = find(word);
  if (!r || !in_force(*r, now)) return Error{fmt::format("{} is not revoked", revoked_id_text(word))};
  if (r->listed)
    return Error{fmt::format("{} is in the file that \"revoked\" in [path] names: it is to be taken out there",
                             revoked_id_text(word))};
  r->until = 0;
  r->origin = origin;
  r->decided = kRevokedNoMore;
  r->version = ++version_;
  news_.push_back(record_of(*r));
  install(now);
  return Done{};
}

std::vector<group::RevocationRecord> Revocations::merge(const std::vector<group::RevocationRecord>& records,
                                                        Seconds now, u32& no_room) {
  std::vector<group::RevocationRecord> news;
  no_room = 0;
  if (!counts_.room) return news;
  for (const group::RevocationRecord& record : records) {
    const Revocation* known = find(record.word);
    if (known && !record.later_than(record_of(*known))) continue;
    Revocation* r = make(record.word, now);
    if (!r) {
      ++no_room;
      continue;
    }
    r->until = record.until;
    r->origin = record.origin;
    r->decided = record.revoked ? kRevoked : kRevokedNoMore;
    r->version = record.version;
    version_ = std::max(version_, record.version);
    news.push_back(record);
  }
  if (!news.empty()) install(now);
  return news;
}

std::vector<group::RevocationRecord> Revocations::decisions() const {
  std::vector<group::RevocationRecord> all;
  for (const auto& [word, place] : places_)
    if (const Revocation& r = live_.revocations[place]; r.version) all.push_back(record_of(r));
  return all;
}

void Revocations::expire(Seconds now) {
  if (expiry_ && now >= expiry_) install(now);
}

bool Revocations::fill(std::span<RevokedBucket> half, u64 head, const std::vector<u64>& words) {
  std::ranges::fill(half, RevokedBucket{});
  for (const u64 word : words) {
    const u32 first = path::revoked_bucket(head, word, u32(half.size()));
    bool placed = false;
    for (u32 i = 0; i < kRevokedBuckets && !placed; ++i)
      for (u64& way : half[first + i].way)
        if (!way) {
          way = word;
          placed = true;
          break;
        }
    if (!placed) return false;
  }
  return true;
}

// Half of all ways are empty at least, so hardly a seed has too many in one place, and the next one will do.
void Revocations::install(Seconds now) {
  std::vector<u64> words;
  expiry_ = 0;
  for (const auto& [word, place] : places_) {
    const Revocation& r = live_.revocations[place];
    if (!in_force(r, now)) continue;
    words.push_back(word);
    if (!r.listed && r.until) expiry_ = expiry_ ? std::min(expiry_, r.until) : r.until;
  }
  counts_.in_force = u32(words.size());
  if (words.empty()) return store(live_.revoked_head[0], u64(0));
  half_ = !half_;
  const std::size_t size = live_.revoked.size() / 2;
  const std::span<RevokedBucket> half = live_.revoked.subspan(half_ ? size : 0, size);
  u64 head;
  do {
    seed_ = mix(seed_ + 1);
    head = (seed_ | 3) ^ u64(!half_);  // never 0
  } while (!fill(half, head, words));
  store(live_.revoked_head[0], head);
}

}  // namespace waymark
