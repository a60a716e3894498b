#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <lamina/autodiff/arena.hpp>
#include <lamina/core/allocator.hpp>
#include <lamina/core/memory.hpp>
#include <lamina/core/memory_pool.hpp>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <vector>

#include "support/compare.hpp"

namespace lamina {
namespace {

using detail::MemoryPool;
using detail::Storage;
using testing::raises;

/// An allocator that records every allocated block and limits the number of allocated bytes.
class CountingArena {
 public:
  explicit CountingArena(std::size_t most_bytes = ~std::size_t{0}) : most_bytes_(most_bytes) {}
  ~CountingArena() { EXPECT_EQ(live_bytes(), 0U); }
  void* take(std::size_t bytes, std::size_t alignment) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(alignment, 64U);
    if (live_bytes_ + bytes > most_bytes_) return nullptr;
    void* memory = ::operator new(bytes, std::align_val_t{alignment});
    blocks_[memory] = bytes;
    live_bytes_ += bytes;
    ++calls_;
    return memory;
  }
  void give_back(void* memory, std::size_t bytes, std::size_t alignment) {
    const std::lock_guard lock(mutex_);
    const auto block = blocks_.find(memory);
    ASSERT_NE(block, blocks_.end()) << "memory of other allocators";
    EXPECT_EQ(block->second, bytes);
    blocks_.erase(block);
    live_bytes_ -= bytes;
    ::operator delete(memory, std::align_val_t{alignment});
  }
  std::size_t live_bytes() const {
    const std::lock_guard lock(mutex_);
    return live_bytes_;
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<void*, std::size_t> blocks_;
  std::size_t most_bytes_, live_bytes_ = 0;
  int calls_ = 0;
};

void set_arena(const std::shared_ptr<CountingArena>& arena) {
  set_allocator([arena](std::size_t bytes, std::size_t alignment) { return arena->take(bytes, alignment); },
                [arena](void* memory, std::size_t bytes, std::size_t alignment) noexcept {
                  arena->give_back(memory, bytes, alignment);
                });
}

/// Calls `run` on a thread whose pool is empty, then restores the default allocator.
template <class Run>
void on_fresh_thread(const Run& run) {
  std::thread([&] {
    release_cached_memory();
    run();
    set_allocator({}, {});
  }).join();
}

TEST(SetAllocator, BlocksAreAllocatedAndFreedByIt) {
  on_fresh_thread([] {
    const auto arena = std::make_shared<CountingArena>();
    set_arena(arena);
    for (int round = 0; round < 20; ++round)
      for (const std::size_t bytes : {std::size_t{1}, std::size_t{5000}, std::size_t{3} << 20}) {
        const Storage s = Storage::allocate(bytes);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(s.memory()) % 64, 0U);
        std::memset(s.memory(), round, bytes);
      }
    EXPECT_EQ(arena->calls(), 3);
    EXPECT_GT(arena->live_bytes(), std::size_t{3} << 20);
    release_cached_memory();
    EXPECT_EQ(arena->live_bytes(), 0U);
  });
}

TEST(SetAllocator, EachBlockIsFreedByTheFunctionsThatAllocatedIt) {
  on_fresh_thread([] {
    const Storage of_system = Storage::allocate(5000);
    const auto first = std::make_shared<CountingArena>(), second = std::make_shared<CountingArena>();
    set_arena(first);
    Storage of_first = Storage::allocate(5000);
    set_arena(second);
    const Storage of_second = Storage::allocate(5000);
    EXPECT_EQ(first->calls(), 1);
    EXPECT_EQ(second->calls(), 1);
    set_allocator({}, {});
    EXPECT_GT(first->live_bytes(), 0U);
    of_first = Storage();
    release_cached_memory();
    EXPECT_EQ(first->live_bytes(), 0U);
    EXPECT_GT(second->live_bytes(), 0U);
    EXPECT_EQ(first.use_count(), 1) << "the functions are destroyed with their last block";
    EXPECT_GT(second.use_count(), 1);
  });
}

TEST(SetAllocator, CachedMemoryOfTheCallingThreadIsReleasedFirst) {
  on_fresh_thread([] {
    { const Storage of_system = Storage::allocate(5000); }
    const auto arena = std::make_shared<CountingArena>();
    set_arena(arena);
    { const Storage of_arena = Storage::allocate(5000); }
    EXPECT_EQ(arena->calls(), 1);
    set_allocator({}, {});
    EXPECT_EQ(arena->live_bytes(), 0U);
    EXPECT_EQ(arena.use_count(), 1);
  });
}

TEST(SetAllocator, MemoryMayOutliveItsThreadAndItsFunctions) {
  Storage outlives;
  const std::weak_ptr<CountingArena> arena = [&] {
    const auto made = std::make_shared<CountingArena>();
    on_fresh_thread([&] {
      set_arena(made);
      outlives = Storage::allocate(123456);
    });
    return std::weak_ptr<CountingArena>(made);
  }();
  EXPECT_FALSE(arena.expired());
  std::memset(outlives.memory(), 1, 123456);
  outlives = Storage();
  std::thread([] { release_cached_memory(); }).join();  // uses the pool of the thread that has ended
  EXPECT_TRUE(arena.expired());
}

TEST(SetAllocator, ThreadsAllocateAndFreeEachOthersMemory) {
  const auto arena = std::make_shared<CountingArena>();
  set_arena(arena);
  std::mutex mutex;
  std::vector<Storage> shared;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 200; ++i) {
        Storage s = Storage::allocate(64 + 1000 * (i % 7));
        std::memset(s.memory(), t, 64);
        const std::lock_guard lock(mutex);
        if (shared.size() > 20) shared.erase(shared.begin(), shared.begin() + 10);
        shared.push_back(std::move(s));
        if (i % 50 == 0) release_cached_memory();
      }
    });
  // The allocation functions change meanwhile.
  for (int i = 0; i < 20; ++i) {
    set_allocator({}, {});
    set_arena(arena);
  }
  for (std::thread& t : threads) t.join();
  set_allocator({}, {});
  EXPECT_GT(arena->calls(), 0);
}

TEST(SetAllocator, NullIsAnOutOfMemoryError) {
  on_fresh_thread([] {
    const auto arena = std::make_shared<CountingArena>(100000);
    set_arena(arena);
    { const Storage fits = Storage::allocate(50000); }
    EXPECT_TRUE(raises<StateError>([] { Storage::allocate(100000); }, {"out of memory", "100000 bytes"}));
    EXPECT_EQ(arena->live_bytes(), 0U) << "cached memory is released before";
    { const Storage fits = Storage::allocate(70000); }
    EXPECT_EQ(MemoryPool::of_this_thread().take_if_possible(200000), nullptr);
    const auto free = [](void*, std::size_t, std::size_t) {};
    set_allocator([](std::size_t, std::size_t) -> void* { throw std::bad_alloc(); }, free);
    EXPECT_TRUE(raises<StateError>([] { Storage::allocate(1000); }, {"out of memory", "1000 bytes"}));
    set_allocator([](std::size_t, std::size_t) -> void* { throw std::runtime_error("closed"); }, free);
    EXPECT_TRUE(raises<std::runtime_error>([] { Storage::allocate(1000); }, {"closed"}));
  });
}

TEST(SetAllocator, MemoryThatIsNotAlignedIsAnError) {
  on_fresh_thread([] {
    int freed = 0;
    alignas(64) static char memory[4096];
    set_allocator([&](std::size_t, std::size_t) -> void* { return memory + 16; },
                  [&](void* given, std::size_t, std::size_t) {
                    EXPECT_EQ(given, memory + 16);
                    ++freed;
                  });
    EXPECT_TRUE(raises<StateError>([] { Storage::allocate(1000); }, {"set_allocator", "multiple of 64"}));
    EXPECT_EQ(freed, 1);
  });
}

TEST(SetAllocator, ASingleFunctionIsAnError) {
  const AllocateFunction allocate = [](std::size_t, std::size_t) -> void* { return nullptr; };
  const FreeFunction free = [](void*, std::size_t, std::size_t) {};
  EXPECT_TRUE(raises<ValueError>([&] { set_allocator(allocate, {}); }, {"set_allocator", "both", "only allocate"}));
  EXPECT_TRUE(raises<ValueError>([&] { set_allocator({}, free); }, {"set_allocator", "both", "only free"}));
  EXPECT_NE(Storage::allocate(123).memory(), nullptr) << "nothing has changed";
}

TEST(SetAllocator, RecordedGraphsAreAllocatedByIt) {
  on_fresh_thread([] {
    const auto counting = std::make_shared<CountingArena>();
    set_arena(counting);
    {
      detail::Arena arena;
      for (int i = 0; i < 100; ++i) std::memset(arena.take(3000, 16), 1, 3000);
      std::memset(arena.take(1000000, 64), 1, 1000000);
      EXPECT_GT(counting->live_bytes(), 1000000U);
    }
    EXPECT_EQ(counting->live_bytes(), 0U);
  });
}

}  // namespace
}  // namespace lamina
