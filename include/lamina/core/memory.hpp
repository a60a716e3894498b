#pragma once
#include <atomic>
#include <cstddef>
#include <limits>
#include <utility>

#include "lamina/core/memory_pool.hpp"
#include "lamina/core/shape.hpp"

#if defined(__has_include)
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define LAMINA_KNOWS_SINGLE_THREADED 1
#endif
#endif
#ifndef LAMINA_KNOWS_SINGLE_THREADED
#define LAMINA_KNOWS_SINGLE_THREADED 0
#endif

namespace lamina {

namespace detail {

/// A reference-counted handle to pooled memory.
class Storage {
 public:
  constexpr Storage() noexcept = default;
  /// Takes ownership of the block's first reference.
  explicit Storage(Block* block) noexcept : block_(block) {}
  /// Allocates `bytes` bytes from the pool of the calling thread.
  static Storage allocate(std::size_t bytes) { return Storage(MemoryPool::of_this_thread().take(bytes)); }
  /// Allocates uninitialized memory for `count` elements of type T.
  template <class T>
  static Storage of(Index count) {
    check_count(count, (std::numeric_limits<Index>::max)() / static_cast<Index>(sizeof(T)));
    return allocate(static_cast<std::size_t>(count) * sizeof(T));
  }
  Storage(const Storage& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) count_up(block_->references);
  }
  Storage(Storage&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Storage& operator=(Storage&& other) noexcept {
    Block* mine = std::exchange(block_, std::exchange(other.block_, nullptr));
    if (mine != nullptr) release(mine);
    return *this;
  }
  Storage& operator=(const Storage& other) noexcept { return *this = Storage(other); }
  ~Storage() {
    if (block_ != nullptr) release(block_);
  }
  void reset() noexcept {
    if (Block* mine = std::exchange(block_, nullptr)) release(mine);
  }

  /// Throws ValueError unless 0 <= count <= most. A negative count is the overflow of a product of sizes.
  static void check_count(Index count, Index most) {
    if (count < 0 || count > most) [[unlikely]]
      raise<ValueError>("workspace: expected 0 to ", most, " elements, got ", count, ". Use smaller batches.");
  }

  void* memory() const noexcept { return block_ == nullptr ? nullptr : block_->memory(); }
  /// True if no other handle refers to this memory, so that it can be written in place.
  bool is_unique() const noexcept {
    return block_ != nullptr && block_->references.load(std::memory_order_acquire) == 1;
  }
  /// True if the memory is unique and its written rows are not tracked.
  bool is_plain() const noexcept {
    const Block* block = block_;
    return block != nullptr && block->rows == nullptr && block->references.load(std::memory_order_acquire) == 1;
  }
  /// The rows of this memory that may be nonzero; null if they are not tracked.
  TouchedRows* rows() const noexcept { return block_ == nullptr ? nullptr : block_->rows; }
  /// Ends the tracking of rows: any element may be written.
  void forget_rows() noexcept {
    if (block_ != nullptr && block_->rows != nullptr) [[unlikely]]
      block_->rows = nullptr;
  }

 private:
  static void release(Block* block) noexcept {
    // The last handle needs no atomic subtraction: no other thread can change the count.
    if (block->references.load(std::memory_order_acquire) == 1 || count_down(block->references) == 1)
      MemoryPool::give_back(block);
  }
  // While the process has one thread, counting needs no locked instructions, which cost more than everything else in a
  // handle.
  static void count_up(std::atomic<std::uint32_t>& count) noexcept {
    if (single_threaded())
      count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    else
      count.fetch_add(1, std::memory_order_relaxed);
  }
  static std::uint32_t count_down(std::atomic<std::uint32_t>& count) noexcept {
    if (!single_threaded()) return count.fetch_sub(1, std::memory_order_acq_rel);
    const std::uint32_t before = count.load(std::memory_order_relaxed);
    count.store(before - 1, std::memory_order_relaxed);
    return before;
  }
  static bool single_threaded() noexcept {
#if LAMINA_KNOWS_SINGLE_THREADED
    return __libc_single_threaded != 0;
#else
    return false;
#endif
  }
  Block* block_ = nullptr;
};

/// An allocator for containers of the standard library that uses the memory pool: a container that is created
/// repeatedly causes no system allocation.
template <class T>
struct PoolAllocator {
  using value_type = T;
  PoolAllocator() = default;
  template <class U>
  PoolAllocator(const PoolAllocator<U>&) noexcept {}  // NOLINT: all are equivalent
  T* allocate(std::size_t count) {
    Storage::check_count(static_cast<Index>(count), (std::numeric_limits<Index>::max)() / Index{sizeof(T)});
    return static_cast<T*>(MemoryPool::of_this_thread().take(count * sizeof(T))->memory());
  }
  void deallocate(T* memory, std::size_t) noexcept { MemoryPool::give_back(Block::of(memory)); }
  template <class U>
  friend bool operator==(const PoolAllocator&, const PoolAllocator<U>&) noexcept {
    return true;
  }
};

}  // namespace detail

}  // namespace lamina
