#pragma once
#include <cstddef>
#include <new>

#include "lamina/core/macros.hpp"

#if defined(__linux__) && defined(__has_include)
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif
#endif

namespace lamina::detail {

/// Memory from the system. Where it is much, the system is asked for large pages: walking through millions of elements
/// then misses fewer addresses' translations.
class SystemMemory {
 public:
  /// Null if there is not so much.
  LAMINA_COLD static void* take(std::size_t bytes) noexcept {
    void* memory = ::operator new(bytes, alignment(bytes), std::nothrow);
#if defined(MADV_HUGEPAGE)
    if (bytes >= large_page && memory != nullptr)
      static_cast<void>(::madvise(memory, bytes / large_page * large_page, MADV_HUGEPAGE));
#endif
    return memory;
  }
  static void give_back(void* memory, std::size_t bytes) noexcept { ::operator delete(memory, alignment(bytes)); }

 private:
  static constexpr std::size_t large_page = std::size_t{2} << 20;
  static constexpr std::align_val_t alignment(std::size_t bytes) noexcept {
    return std::align_val_t{bytes >= large_page ? large_page : std::size_t{64}};
  }
};

}  // namespace lamina::detail
