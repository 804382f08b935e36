// A set of small numbers: slots, services, adjacencies. The lowest free one, and the next one, are found by words.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "core/types.h"

namespace waymark {

class Numbers {
 public:
  explicit Numbers(std::size_t most = 0) : most_(u32(most)), words_((most + 63) / 64) {}

  bool contains(u32 n) const { return n < most_ && (words_[n / 64] >> n % 64 & 1); }
  void insert(u32 n) {
    count_ += !contains(n);
    words_[n / 64] |= u64(1) << n % 64;
  }
  void erase(u32 n) {
    count_ -= contains(n);
    words_[n / 64] &= ~(u64(1) << n % 64);
    full_words_ = std::min(full_words_, n / 64);
  }
  u32 count() const { return count_; }
  u32 most() const { return most_; }

  // The lowest number that is not in it; most() where there is none.
  u32 lowest_free() {
    while (full_words_ < words_.size() && words_[full_words_] == ~u64(0)) ++full_words_;
    return free_from(full_words_ * 64);
  }
  // The first from `n` on that is not in it.
  u32 free_from(u32 n) const {
    for (u32 w = n / 64; w < words_.size(); ++w) {
      const u64 free = ~words_[w] & (w == n / 64 ? ~u64(0) << n % 64 : ~u64(0));
      if (free) return std::min(most_, w * 64 + u32(std::countr_zero(free)));
    }
    return most_;
  }

  // Ascending; `f` may erase its own number.
  template <class F>
  void each(F&& f) const {
    for (u32 w = 0; w < words_.size(); ++w) each_of(w, words_[w], f);
  }
  template <class F>
  void each_from(u32 n, F&& f) const {  // `n` and all above first, then those below
    if (n >= most_) n = 0;
    const u64 below = (u64(1) << n % 64) - 1;
    each_of(n / 64, words_[n / 64] & ~below, f);
    for (u32 w = n / 64 + 1; w < words_.size(); ++w) each_of(w, words_[w], f);
    for (u32 w = 0; w < n / 64; ++w) each_of(w, words_[w], f);
    each_of(n / 64, words_[n / 64] & below, f);
  }

 private:
  template <class F>
  static void each_of(u32 w, u64 left, F& f) {
    for (; left; left &= left - 1) f(w * 64 + u32(std::countr_zero(left)));
  }

  u32 most_, count_ = 0, full_words_ = 0;  // below the latter no word has a gap
  std::vector<u64> words_;
};

}  // namespace waymark
