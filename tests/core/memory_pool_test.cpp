#include <gtest/gtest.h>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <lamina/core/memory.hpp>
#include <lamina/core/memory_pool.hpp>
#include <lamina/core/system_memory.hpp>
#include <mutex>
#include <thread>
#include <vector>

namespace lamina {
namespace {

using detail::MemoryPool;
using detail::Storage;

TEST(MemoryPool, SizeClassesFitTheRequestAndWasteLittle) {
  std::size_t previous = 0;
  for (std::size_t bytes = 0; bytes < 70000; ++bytes) {
    const std::uint32_t size_class = MemoryPool::class_of(bytes);
    const std::size_t size = MemoryPool::class_bytes(size_class);
    ASSERT_GE(size, bytes);
    ASSERT_GE(size_class, previous);
    ASSERT_EQ(MemoryPool::class_of(size), size_class);
    if (bytes > 64) {
      ASSERT_LE(size * 4, bytes * 5) << "more than a fifth unused for " << bytes;
      ASSERT_LT(MemoryPool::class_bytes(size_class - 1), bytes);
    }
    previous = size_class;
  }
  const std::size_t large = (std::size_t{1} << (5 * sizeof(std::size_t))) + 1;
  EXPECT_GE(MemoryPool::class_bytes(MemoryPool::class_of(large)), large);
}

TEST(MemoryPool, AnEqualSizeIsReusedFromThePool) {
  std::thread([] {
    { const Storage warm = Storage::allocate(5000); }
    const std::size_t before = memory_statistics().system_allocations;
    for (int i = 0; i < 100; ++i) {
      const Storage a = Storage::allocate(5000);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.memory()) % 64, 0U);
      std::memset(a.memory(), i, 5000);
    }
    EXPECT_EQ(memory_statistics().system_allocations, before);
    const Storage a = Storage::allocate(5000), b = Storage::allocate(5000);
    EXPECT_NE(a.memory(), b.memory());
    EXPECT_EQ(memory_statistics().system_allocations, before + 1);
  }).join();
}

TEST(MemoryPool, StatisticsAddUp) {
  std::thread([] {
    release_cached_memory();
    const MemoryStatistics before = memory_statistics();
    EXPECT_EQ(before.cached_bytes, 0U);
    const std::size_t size = MemoryPool::class_bytes(MemoryPool::class_of(1000));
    {
      const Storage a = Storage::allocate(1000), b = Storage::allocate(1000);
      const Storage shared = a;
      EXPECT_EQ(memory_statistics().live_bytes, before.live_bytes + 2 * size);
      EXPECT_EQ(memory_statistics().system_allocations, before.system_allocations + 2);
    }
    EXPECT_EQ(memory_statistics().live_bytes, before.live_bytes);
    EXPECT_EQ(memory_statistics().cached_bytes, 2 * size);
    release_cached_memory();
    EXPECT_EQ(memory_statistics().cached_bytes, 0U);
  }).join();
}

TEST(MemoryPool, LargeBlocksAreAlignedWritableAndReleased) {
  std::thread([] {
    for (const std::size_t bytes : {(std::size_t{2} << 20) - 64, std::size_t{2} << 20, std::size_t{5000001}}) {
      const MemoryStatistics before = memory_statistics();
      {
        const Storage block = Storage::allocate(bytes);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.memory()) % 64, 0U);
        std::memset(block.memory(), 7, bytes);
        EXPECT_EQ(static_cast<const unsigned char*>(block.memory())[bytes - 1], 7);
        EXPECT_GE(memory_statistics().live_bytes, before.live_bytes + bytes);
      }
      release_cached_memory();
      EXPECT_EQ(memory_statistics().live_bytes, before.live_bytes);
      EXPECT_EQ(memory_statistics().cached_bytes, 0U);
    }
  }).join();
}

TEST(MemoryPoolThreads, MemoryReturnedByAnotherThreadIsReused) {
  std::thread([] {
    constexpr std::size_t bytes = 40000;
    constexpr int batch = 8;
    std::size_t after_warm_up = 0;
    for (int round = 0; round < 200; ++round) {
      std::vector<Storage> taken;
      for (int i = 0; i < batch; ++i) taken.push_back(Storage::allocate(bytes));
      std::thread([moved = std::move(taken)]() mutable { moved.clear(); }).join();
      if (round == 0) after_warm_up = memory_statistics().system_allocations;
    }
    EXPECT_EQ(memory_statistics().system_allocations, after_warm_up);
  }).join();
}

TEST(MemoryPoolThreads, AProducerAndAConsumerNeitherLeakNorBlock) {
  constexpr int rounds = 5000;
  constexpr std::size_t most_under_way = 4;
  std::mutex mutex;
  std::vector<Storage> queue;
  std::atomic<int> wrong{0};
  std::size_t grown = 0;
  std::thread producer([&] {
    const std::size_t before = memory_statistics().system_allocations;
    for (int i = 0; i < rounds;) {
      std::unique_lock lock(mutex);
      if (queue.size() == most_under_way) {
        lock.unlock();
        std::this_thread::yield();
        continue;
      }
      Storage s = Storage::allocate(777);
      std::memcpy(s.memory(), &i, sizeof i);
      queue.push_back(std::move(s));
      ++i;
    }
    grown = memory_statistics().system_allocations - before;
  });
  std::thread consumer([&] {
    for (int expected = 0; expected < rounds;) {
      std::vector<Storage> taken;
      {
        const std::lock_guard lock(mutex);
        taken.swap(queue);
      }
      if (taken.empty()) std::this_thread::yield();
      for (const Storage& s : taken) {
        int value = -1;
        std::memcpy(&value, s.memory(), sizeof value);
        if (value != expected++) ++wrong;
      }
    }
  });
  producer.join();
  consumer.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_LE(grown, 3 * most_under_way);
}

TEST(MemoryPoolThreads, PoolsOfEndedThreadsServeNewOnes) {
  Storage outlives;
  std::thread([&] { outlives = Storage::allocate(123456); }).join();
  std::memset(outlives.memory(), 1, 123456);
  outlives = Storage();
  // Threads that run one after another reuse the same pool and the memory cached in it.
  std::size_t allocations = 0;
  for (int i = 0; i < 50; ++i)
    std::thread([&] {
      const std::size_t before = memory_statistics().system_allocations;
      const Storage s = Storage::allocate(123456);
      allocations += memory_statistics().system_allocations - before;
    }).join();
  EXPECT_LE(allocations, 1U);
}

TEST(MemoryPoolThreads, ThreadsStartAndEndWhileMemoryIsPassedBetweenThem) {
  std::mutex mutex;
  std::vector<Storage> shared;
  for (int wave = 0; wave < 10; ++wave) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 100; ++i) {
          Storage s = Storage::allocate(64 + 100 * (i % 7));
          std::memset(s.memory(), t, 64);
          const std::lock_guard lock(mutex);
          if (shared.size() > 20) shared.erase(shared.begin(), shared.begin() + 10);
          shared.push_back(i % 2 == 0 ? s : std::move(s));
        }
      });
    for (std::thread& t : threads) t.join();
  }
  for (const Storage& s : shared) EXPECT_TRUE(s.is_unique());
}

TEST(MemoryPoolThreads, CountsOfSharedHandlesAreSafe) {
  const Storage origin = Storage::allocate(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([copy = origin] {
      for (int i = 0; i < 20000; ++i) {
        const Storage another = copy;
        if (another.memory() != copy.memory()) std::abort();
      }
    });
  for (std::thread& t : threads) t.join();
  threads.clear();
  EXPECT_TRUE(origin.is_unique());
}

}  // namespace
}  // namespace lamina
