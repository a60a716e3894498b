#include <gtest/gtest.h>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <lamina/core/memory.hpp>
#include <lamina/core/memory_pool.hpp>
#include <lamina/core/system_memory.hpp>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace lamina {
namespace {

TEST(SystemMemory, IsAlignedToCacheLinesAndUsesHugePages) {
  using detail::SystemMemory;
  for (const std::size_t bytes :
       {std::size_t{1}, std::size_t{4096}, std::size_t{2} << 20, (std::size_t{5} << 20) + 3}) {
    std::shared_ptr<const detail::ProgramAllocator> allocator;  // none
    void* memory = SystemMemory::take(bytes, allocator);
    const std::size_t alignment = bytes >= std::size_t{2} << 20 ? std::size_t{2} << 20 : 64;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignment, 0U) << bytes;
    std::memset(memory, 1, bytes);
    SystemMemory::give_back(memory, bytes, allocator.get());
  }
}

}  // namespace
}  // namespace lamina
