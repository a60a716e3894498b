#pragma once
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

#include "lamina/core/allocator.hpp"
#include "lamina/core/per_thread.hpp"
#include "lamina/core/system_memory.hpp"
#include "lamina/core/touched_rows.hpp"

#if LAMINA_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace lamina {

/// Counters of one thread's memory pool. See `memory_statistics`.
struct MemoryStatistics {
  std::size_t system_allocations = 0;  ///< Number of blocks allocated from the system; a repeated step adds none.
  std::size_t live_bytes = 0;          ///< Bytes in use by tensors and graphs.
  std::size_t cached_bytes = 0;        ///< Free bytes, kept for later requests of the same size class.
};

namespace detail {

class MemoryPool;

/// The header of a block of pooled memory. The memory follows it, 64-byte aligned.
struct alignas(64) Block {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t size_class = 0;
  std::size_t bytes = 0;
  MemoryPool* owner = nullptr;
  Block* next = nullptr;
  TouchedRows* rows = nullptr;                                  // for zeroed memory: the rows that were written
  std::shared_ptr<const ProgramAllocator> allocator = nullptr;  // allocated the block; null: the system

  void* memory() noexcept { return this + 1; }
  static Block* of(void* memory) noexcept { return static_cast<Block*>(memory) - 1; }
};
static_assert(sizeof(Block) == 64);

/// A memory pool: one free list per size class, one pool per thread. A block returns to the pool that allocated it:
/// directly on the same thread, otherwise through the pool's lock-free return list, which its thread collects when a
/// free list is empty. When a thread ends, a new thread takes over its pool, so that every block always has a pool to
/// return to.
class MemoryPool : ThreadEnd::Action {
 public:
  static MemoryPool& of_this_thread() {
    MemoryPool* pool = current();
    return pool != nullptr ? *pool : adopt();
  }
  /// Like `of_this_thread`, but null if the thread has no pool yet.
  static MemoryPool* known() noexcept { return current(); }

  /// Allocates a block of at least `bytes` bytes. Throws StateError if the system has no more memory.
  LAMINA_ALWAYS_INLINE Block* take(std::size_t bytes) {
    Block* block = take_cached(bytes);
    if (block == nullptr) [[unlikely]]
      return take_new(bytes);
    return block;
  }
  /// Like `take`, but null if the system has no more memory.
  Block* take_if_possible(std::size_t bytes) {
    Block* block = take_cached(bytes);
    return block != nullptr ? block : take_slowly(class_of(bytes));
  }
  /// Like `take`, but null if the pool has no free block of the size class.
  LAMINA_ALWAYS_INLINE Block* take_cached(std::size_t bytes) noexcept {
    Block*& first = free_[class_of(bytes)];
    Block* block = first;
    if (block == nullptr) [[unlikely]]
      return nullptr;
    first = block->next;
    cached_bytes_ -= block->bytes;
    unpoison(block);
    block->references.store(1, std::memory_order_relaxed);
    return block;
  }

  /// Returns a block to its pool.
  static LAMINA_ALWAYS_INLINE void give_back(Block* block) noexcept {
    MemoryPool* owner = block->owner;
    if (owner != current() || block->rows != nullptr) [[unlikely]]
      return give_back_slowly(block);
    owner->put(block, owner->free_[block->size_class]);
  }

  /// Allocates a zeroed block that tracks the rows that are written (see TouchedRows). When it is returned, only those
  /// rows are zeroed, and it goes to a separate free list: the next zeroed block of its size needs no memset.
  Block* take_zeros(std::size_t rows, std::size_t row_bytes) {
    const std::size_t bytes = TouchedRows::bytes(rows, row_bytes);
    const std::uint32_t size_class = class_of(bytes);
    const auto find = [&] {
      Block** at = &zeros_;
      while (*at != nullptr && (*at)->size_class != size_class) at = &(*at)->next;
      return at;
    };
    Block** link = find();
    if (*link == nullptr) {
      collect_returned();
      link = find();
    }
    Block* block = *link;
    if (block != nullptr) {
      *link = block->next;
      cached_bytes_ -= block->bytes;
      unpoison(block);
      block->references.store(1, std::memory_order_relaxed);
    } else {
      block = take(bytes);
      std::memset(block->memory(), 0, block->bytes);
    }
    block->rows = TouchedRows::place(block->memory(), rows, row_bytes);
    return block;
  }

  MemoryStatistics statistics() {
    collect_returned();
    return {system_allocations_, owned_bytes_ - cached_bytes_, cached_bytes_};
  }

  /// Frees cached blocks until at most `keep_bytes` bytes are cached.
  LAMINA_COLD void release_cached(std::size_t keep_bytes = 0) noexcept {
    collect_returned();
    for (std::uint32_t c = classes; c-- > 0 && cached_bytes_ > keep_bytes;) {
      while (free_[c] != nullptr && cached_bytes_ > keep_bytes) free_one(free_[c]);
    }
    while (zeros_ != nullptr && cached_bytes_ > keep_bytes) free_one(zeros_);
  }

  /// Size classes: 64 bytes, then four per doubling, so that at most a fifth of a block is unused.
  static constexpr std::uint32_t class_of(std::size_t bytes) noexcept {
    if (bytes <= 64) return 0;
    const std::size_t last = bytes - 1;
    const unsigned exponent = static_cast<unsigned>(std::bit_width(last)) - 1;  // 2^exponent <= last
    const auto quarter = static_cast<std::uint32_t>((last >> (exponent - 2)) & 3U);
    return (exponent - 6) * 4 + quarter + 1;
  }
  static constexpr std::size_t class_bytes(std::uint32_t size_class) noexcept {
    if (size_class == 0) return 64;
    const std::uint32_t exponent = (size_class - 1) / 4 + 6, quarter = (size_class - 1) % 4;
    return (std::size_t{5} + quarter) << (exponent - 2);
  }

 private:
  static constexpr std::uint32_t classes = 4 * (8 * sizeof(std::size_t) - 6) + 1;  // covers every std::size_t
  static constexpr std::size_t most_bytes = ~std::size_t{0} >> (sizeof(std::size_t) == 8 ? 18 : 2);  // 2^46, 2^30
  static constexpr std::size_t always_kept = std::size_t{64} << 20;

  static MemoryPool*& current() noexcept {
    static constinit thread_local MemoryPool* pool = nullptr;
    return pool;
  }

  static LAMINA_NOINLINE void give_back_slowly(Block* block) noexcept {
    if (block->rows != nullptr) block->rows->clear();
    MemoryPool* owner = block->owner;
    if (owner == current()) {
      owner->put(block, owner->list_of(block));
    } else {
      block->next = owner->returned_.load(std::memory_order_relaxed);
      while (!owner->returned_.compare_exchange_weak(block->next, block, std::memory_order_release,
                                                     std::memory_order_relaxed)) {
      }
    }
  }
  Block*& list_of(Block* block) noexcept { return block->rows != nullptr ? zeros_ : free_[block->size_class]; }
  LAMINA_ALWAYS_INLINE void put(Block* block, Block*& first) noexcept {
    block->next = first;
    first = block;
    cached_bytes_ += block->bytes;
    poison(block);
  }

  void free_one(Block*& first) noexcept {
    Block* block = first;
    first = block->next;
    cached_bytes_ -= block->bytes;
    owned_bytes_ -= block->bytes;
    unpoison(block);
    const std::size_t bytes = block->bytes;
    const std::shared_ptr<const ProgramAllocator> allocator = std::move(block->allocator);
    block->~Block();
    SystemMemory::give_back(block, sizeof(Block) + bytes, allocator.get());
  }

  LAMINA_COLD Block* take_new(std::size_t bytes) {
    Block* block = take_slowly(class_of(bytes));
    if (block == nullptr) SystemMemory::raise_out_of_memory(bytes);
    return block;
  }
  Block* take_slowly(std::uint32_t size_class) {
    if (collect_returned() && free_[size_class] != nullptr) return take_cached(class_bytes(size_class));
    // The size was not requested before, so blocks cached for other sizes may no longer be needed. The cache is limited
    // here because a repeated step does not get here.
    const std::size_t live = owned_bytes_ - cached_bytes_, bound = live > always_kept ? live : always_kept;
    if (cached_bytes_ > bound) release_cached(bound / 2);
    if (size_class > class_of(most_bytes)) return nullptr;
    std::shared_ptr<const ProgramAllocator> allocator;
    void* memory = SystemMemory::take(sizeof(Block) + class_bytes(size_class), allocator);
    if (memory == nullptr && cached_bytes_ > 0) {
      release_cached();
      memory = SystemMemory::take(sizeof(Block) + class_bytes(size_class), allocator);
    }
    if (memory == nullptr) return nullptr;
    Block* block = ::new (memory) Block;
    block->size_class = size_class;
    block->bytes = class_bytes(size_class);
    block->owner = this;
    block->allocator = std::move(allocator);
    ++system_allocations_;
    owned_bytes_ += block->bytes;
    return block;
  }

  bool collect_returned() noexcept {
    Block* block = returned_.exchange(nullptr, std::memory_order_acquire);
    const bool any = block != nullptr;
    while (block != nullptr) {
      Block* next = block->next;
      put(block, list_of(block));
      block = next;
    }
    return any;
  }

  // Marks freed memory for the address sanitizer, so that pooling does not hide a use after free.
  static void poison([[maybe_unused]] Block* block) noexcept {
#if LAMINA_ADDRESS_SANITIZER
    __asan_poison_memory_region(block->memory(), block->bytes);
#endif
  }
  static void unpoison([[maybe_unused]] Block* block) noexcept {
#if LAMINA_ADDRESS_SANITIZER
    __asan_unpoison_memory_region(block->memory(), block->bytes);
#endif
  }

  // The pools of ended threads, for new threads to take over. Never destroyed: threads may end after main does.
  struct Abandoned {
    std::mutex mutex;
    MemoryPool* first = nullptr;
  };
  LAMINA_COLD static Abandoned& abandoned() {
    static Abandoned* list = new Abandoned;
    return *list;
  }
  LAMINA_COLD static void abandon(ThreadEnd::Action& action) noexcept {
    auto* pool = static_cast<MemoryPool*>(&action);
    if (current() == pool) current() = nullptr;
    Abandoned& list = abandoned();
    const std::lock_guard lock(list.mutex);
    pool->next_abandoned_ = list.first;
    list.first = pool;
  }
  LAMINA_COLD static MemoryPool& adopt() {
    MemoryPool* pool = nullptr;
    {
      Abandoned& list = abandoned();
      const std::lock_guard lock(list.mutex);
      pool = list.first;
      if (pool != nullptr) list.first = pool->next_abandoned_;
    }
    if (pool == nullptr) pool = new MemoryPool;
    current() = pool;
    pool->at_end = abandon;
    ThreadEnd::add(*pool);
    return *pool;
  }

  MemoryPool() = default;
  Block* free_[classes] = {};
  Block* zeros_ = nullptr;
  std::size_t cached_bytes_ = 0, owned_bytes_ = 0, system_allocations_ = 0;
  MemoryPool* next_abandoned_ = nullptr;
  alignas(64) std::atomic<Block*> returned_{nullptr};
};

}  // namespace detail

/// Returns the counters of the calling thread's memory pool.
inline MemoryStatistics memory_statistics() { return detail::MemoryPool::of_this_thread().statistics(); }

/// Frees the calling thread's cached memory: returns it to the system, or to the allocator it came from (see
/// `set_allocator`).
inline void release_cached_memory() { detail::MemoryPool::of_this_thread().release_cached(); }

/// Sets the functions that allocate and free the memory of tensors, gradients, recorded graphs and kernel workspaces:
/// `allocate(bytes, alignment)` and `free(memory, bytes, alignment)`. Two empty functions reset to the system's
/// allocator. Can be called at any time: each block is freed by the pair of functions that allocated it, and the
/// functions, with the objects that they own, live until their last block is freed. Memory is pooled: a repeated step
/// calls neither function.
///
///     auto arena = std::make_shared<MyArena>();
///     set_allocator(
///         [arena](std::size_t bytes, std::size_t alignment) { return arena->take(bytes, alignment); },
///         [arena](void* memory, std::size_t bytes, std::size_t) noexcept { arena->give_back(memory, bytes); });
///
/// `alignment` is always 64. If the memory is not available, `allocate` must return null or throw std::bad_alloc; the
/// operation that needs it then throws StateError, as if the system had no more memory. The operation also throws
/// StateError if the memory is not aligned. Other exceptions of `allocate` propagate. `free` must not throw. Both
/// functions are called from any thread, also concurrently, and must not call lamina.
///
/// The calling thread's cached memory is freed first. Other threads keep using their cached memory until they call
/// `release_cached_memory`. Objects themselves (models, layers, strings, standard containers) still use operator new,
/// and Eigen's temporaries use malloc. Throws ValueError if exactly one function is empty.
LAMINA_COLD inline void set_allocator(AllocateFunction allocate, FreeFunction free) {
  detail::ProgramAllocator::set(std::move(allocate), std::move(free));
  release_cached_memory();
}

}  // namespace lamina
