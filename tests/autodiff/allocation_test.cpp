#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "support/compare.hpp"
#include "support/sanitizer.hpp"

// A repeated training step allocates nothing from the system: neither by operator new, which this program replaces to
// count the calls, nor for the memory pool.

#define LAMINA_TEST_COUNTS_NEW (!LAMINA_THREAD_SANITIZER && !LAMINA_ADDRESS_SANITIZER)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // these operators are implemented by malloc and free
#endif

namespace {
std::atomic<std::size_t> news{0};
}  // namespace

#if LAMINA_TEST_COUNTS_NEW
namespace {
void* counted(std::size_t size, std::size_t alignment) {
  news.fetch_add(1, std::memory_order_relaxed);
  void* memory = alignment <= alignof(std::max_align_t)
                     ? std::malloc(size == 0 ? 1 : size)
                     : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size, 1); }
void* operator new[](std::size_t size) { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif

namespace lamina {
namespace {

using testing::random_tensor;

/// Returns the number of allocations from the system in the tenth and later of many identical steps.
template <class Step>
std::size_t allocations_of_repeated(const Step& step) {
  for (int i = 0; i < 10; ++i) step();
  const std::size_t pool_before = memory_statistics().system_allocations, before = news.load();
  for (int i = 0; i < 20; ++i) step();
  return news.load() - before + memory_statistics().system_allocations - pool_before;
}

TEST(Allocation, IsCounted) {
#if LAMINA_TEST_COUNTS_NEW
  std::vector<std::vector<int>> vectors(30);
  std::size_t i = 0;
  EXPECT_EQ(allocations_of_repeated([&] { vectors[i++].reserve(100); }), 20U);
#endif
  std::vector<Tensor<float>> kept;
  kept.reserve(30);
  EXPECT_GE(allocations_of_repeated([&] { kept.push_back(Tensor<float>::empty({12345})); }), 20U);
}

TEST(Allocation, ARepeatedInferenceCallAllocatesNothing) {
  const Tensor<float> x = random_tensor<float>({32, 20}, 1), w = random_tensor<float>({20, 10}, 2),
                      b = random_tensor<float>({10}, 3);
  EXPECT_EQ(allocations_of_repeated([&] { softmax(relu(dense(x, w, b)) * 2 + 1); }), 0U);
}

TEST(Allocation, ARepeatedTrainingStepAllocatesNothing) {
  const Tensor<float> x = random_tensor<float>({32, 20}, 1), y = random_tensor<float>({32, 10}, 4);
  const Variable<float> w(random_tensor<float>({20, 10}, 2)), b(random_tensor<float>({10}, 3));
  const std::vector<Variable<float>> variables{w, b};
  std::vector<Tensor<float>> gradients;
  EXPECT_EQ(allocations_of_repeated([&] {
              GradientTape tape;
              tape.gradient_into(gradients, mean(square(tanh(dense(x, w, b)) - y)), variables);
              for (std::size_t i = 0; i < variables.size(); ++i) variables[i].assign_add(gradients[i] * -0.1F);
            }),
            0U);
}

TEST(Allocation, RepeatedNestedTapesAllocateNothing) {
  Tensor<double> x = random_tensor<double>({16, 1}, 1);
  const Variable<double> w(random_tensor<double>({1, 8}, 2)), v(random_tensor<double>({8, 1}, 3));
  const std::vector<Variable<double>> variables{w, v};
  std::vector<Tensor<double>> gradients;
  EXPECT_EQ(allocations_of_repeated([&] {
              GradientTape<double> outer;
              Tensor<double> slope;
              {
                GradientTape<double> inner;
                inner.watch(x);
                slope = inner.gradient(matmul(tanh(matmul(x, w)), v), x);
              }
              outer.gradient_into(gradients, mean(square(slope)), variables);
            }),
            0U);
}

TEST(Allocation, ARepeatedDeepGraphAllocatesNothing) {
  Tensor<float> x = random_tensor<float>({10}, 1);
  EXPECT_EQ(allocations_of_repeated([&] {
              GradientTape tape;
              tape.watch(x);
              Tensor<float> y = x;
              for (int i = 0; i < 3000; ++i) y = y * x + x;
              tape.gradient(y, x);
            }),
            0U);
}

}  // namespace
}  // namespace lamina
