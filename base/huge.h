// Memory for large tables that are read at random: all zeros at first, and nothing until it is touched; pages are 2 MiB
// where the kernel has them to give, so that a lookup costs a cache miss and no walk of page tables beside it.
#pragma once

#include <sys/mman.h>

#include <new>
#include <span>
#include <type_traits>

namespace waymark {

template <class T>
class HugeTable {
 public:
  static_assert(std::is_trivially_copyable_v<T>);
  explicit HugeTable(std::size_t count) : count_(count) {
    if (count == 0) return;
    void* p = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    if (bytes() >= kPage) madvise(p, bytes(), MADV_HUGEPAGE);  // a hint: refused, all works as well, only slower
    begin_ = static_cast<T*>(p);
  }
  HugeTable(const HugeTable&) = delete;
  HugeTable& operator=(const HugeTable&) = delete;
  ~HugeTable() {
    if (begin_) munmap(begin_, bytes());
  }
  operator std::span<T>() { return {begin_, count_}; }

 private:
  static constexpr std::size_t kPage = 2 << 20;
  std::size_t bytes() const { return count_ * sizeof(T); }
  T* begin_ = nullptr;
  std::size_t count_;
};

}  // namespace waymark
