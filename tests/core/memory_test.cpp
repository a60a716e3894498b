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

using detail::Storage;

TEST(Storage, CountsItsHandles) {
  Storage a = Storage::allocate(10);
  EXPECT_TRUE(a.is_unique());
  {
    const Storage b = a;
    EXPECT_FALSE(a.is_unique());
    EXPECT_EQ(a.memory(), b.memory());
  }
  EXPECT_TRUE(a.is_unique());
  const Storage moved = std::move(a);
  EXPECT_TRUE(moved.is_unique());
  const Storage nothing;
  EXPECT_EQ(nothing.memory(), nullptr);
  EXPECT_FALSE(nothing.is_unique());
}

}  // namespace
}  // namespace lamina
