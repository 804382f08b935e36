// Memory for large tables that are read at random: buckets begin on cache lines, and pages are 2 MiB where the kernel
// has them to give, so that a lookup costs a cache miss and no walk of page tables beside it.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <new>
#include <vector>

namespace waymark {

template <class T>
struct HugeAllocator {
  using value_type = T;
  HugeAllocator() = default;
  template <class U>
  HugeAllocator(const HugeAllocator<U>&) {}

  T* allocate(std::size_t n) {
    constexpr std::size_t kPage = 2 << 20;
    const std::size_t bytes =
        n * sizeof(T) < kPage ? (n * sizeof(T) + 63) / 64 * 64 : (n * sizeof(T) + kPage - 1) / kPage * kPage;
    void* p = std::aligned_alloc(bytes < kPage ? 64 : kPage, bytes);
    if (!p) throw std::bad_alloc();
    if (bytes >= kPage) madvise(p, bytes, MADV_HUGEPAGE);  // a hint: refused, all works as well, only slower
    return static_cast<T*>(p);
  }
  void deallocate(T* p, std::size_t) { std::free(p); }
  bool operator==(const HugeAllocator&) const { return true; }
};

template <class T>
using HugeVector = std::vector<T, HugeAllocator<T>>;

}  // namespace waymark
