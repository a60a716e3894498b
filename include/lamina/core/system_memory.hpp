#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "lamina/core/allocator.hpp"
#include "lamina/core/error.hpp"
#include "lamina/core/macros.hpp"

#if defined(__linux__) && defined(__has_include)
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif
#endif

namespace lamina::detail {

/// Allocates memory with the functions of `set_allocator`, or else from the system. Large blocks request huge pages
/// from the system, so that a pass over millions of elements has fewer TLB misses.
class SystemMemory {
 public:
  /// Allocates; returns null if `bytes` bytes are not available. Sets `allocator` to the functions that allocated the
  /// memory; null for the system.
  LAMINA_COLD static void* take(std::size_t bytes, std::shared_ptr<const ProgramAllocator>& allocator) {
    allocator = ProgramAllocator::current();
    if (allocator != nullptr) return allocator->take(bytes);
    void* memory = ::operator new(bytes, alignment(bytes), std::nothrow);
#if defined(MADV_HUGEPAGE)
    if (bytes >= large_page && memory != nullptr)
      static_cast<void>(::madvise(memory, bytes / large_page * large_page, MADV_HUGEPAGE));
#endif
    return memory;
  }
  /// Frees memory from `take`.
  static void give_back(void* memory, std::size_t bytes, const ProgramAllocator* allocator) noexcept {
    if (allocator != nullptr) return allocator->give_back(memory, bytes);
    ::operator delete(memory, alignment(bytes));
  }
  [[noreturn]] LAMINA_COLD static void raise_out_of_memory(std::size_t bytes) {
    raise<StateError>("out of memory: the allocation of ", bytes,
                      " bytes failed. Use smaller batches or a smaller model.");
  }

 private:
  static constexpr std::size_t large_page = std::size_t{2} << 20;
  static constexpr std::align_val_t alignment(std::size_t bytes) noexcept {
    return std::align_val_t{bytes >= large_page ? large_page : std::size_t{64}};
  }
};

/// A buffer from SystemMemory, which it owns.
class SystemBuffer {
 public:
  SystemBuffer() noexcept = default;
  /// Allocates `bytes` bytes. Throws StateError if they are not available.
  LAMINA_COLD explicit SystemBuffer(std::size_t bytes) : memory_(SystemMemory::take(bytes, allocator_)), bytes_(bytes) {
    if (memory_ == nullptr) SystemMemory::raise_out_of_memory(bytes);
  }
  SystemBuffer(SystemBuffer&& other) noexcept
      : allocator_(std::move(other.allocator_)), memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_) {}
  SystemBuffer& operator=(SystemBuffer&& other) noexcept {
    std::swap(allocator_, other.allocator_);
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  LAMINA_COLD ~SystemBuffer() {
    if (memory_ != nullptr) SystemMemory::give_back(memory_, bytes_, allocator_.get());
  }
  std::byte* data() const noexcept { return static_cast<std::byte*>(memory_); }
  std::size_t size() const noexcept { return bytes_; }

 private:
  std::shared_ptr<const ProgramAllocator> allocator_;
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace lamina::detail
