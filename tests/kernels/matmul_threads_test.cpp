#include <gtest/gtest.h>

#include <cstring>
#include <lamina/kernels/matmul.hpp>
#include <tuple>
#include <vector>

#include "support/matmul_reference.hpp"
#include "support/with_threads.hpp"

// Any number of threads gives the same bits, however the product is split.

namespace lamina {
namespace {

using testing::Product;
using testing::StoredMatrix;
using testing::with_threads;

template <class S>
::testing::AssertionResult same_bits_for_any_threads(const Product& p) {
  const Index m = p.m, n = p.n, k = p.k;
  const Product::Ways& ways = p.ways;
  const StoredMatrix<S> a(m, k, ways.transpose_a, ways.operand_gap, 1), b(k, n, ways.transpose_b, ways.operand_gap, 2);
  const StoredMatrix<S> bias(1, n, false, 0, 3);
  std::vector<S> alone(static_cast<std::size_t>(m * n)), together = alone;
  const auto run = [&](std::vector<S>& c) {
    kernels::multiply<S>(m, n, k, a.strided, b.strided, c.data(), n, false, {bias.elements.data(), false});
  };
  with_threads(1, [&] { run(alone); });
  for (int threads : {2, 3, 5}) {
    with_threads(threads, [&] { run(together); });
    for (std::size_t i = 0; i < alone.size(); ++i)
      if (std::memcmp(&alone[i], &together[i], sizeof(S)) != 0)
        return ::testing::AssertionFailure()
               << p.to_string() << ", " << threads << " threads: element (" << static_cast<Index>(i) / n << ", "
               << static_cast<Index>(i) % n << ") is " << together[i] << ", by one thread " << alone[i];
  }
  return ::testing::AssertionSuccess();
}

class ProductByThreads : public ::testing::TestWithParam<std::tuple<Index, Index, Index>> {};

TEST_P(ProductByThreads, HasTheSameBits) {
  const auto [m, n, k] = GetParam();
  for (bool transpose_a : {false, true})
    for (bool transpose_b : {false, true}) {
      const Product p{m, n, k, {.transpose_a = transpose_a, .transpose_b = transpose_b}};
      EXPECT_TRUE(same_bits_for_any_threads<float>(p));
      EXPECT_TRUE(same_bits_for_any_threads<double>(p));
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ProductByThreads,
                         ::testing::Values(std::tuple(128, 128, 784), std::tuple(32, 330, 257),
                                           std::tuple(100, 777, 513), std::tuple(128, 100, 100),
                                           std::tuple(123, 101, 99), std::tuple(64, 130, 300), std::tuple(1, 2000, 501),
                                           std::tuple(1, 2003, 601), std::tuple(2, 1999, 303), std::tuple(5, 1003, 201),
                                           std::tuple(8, 1000, 200), std::tuple(8, 501, 257), std::tuple(15, 777, 300),
                                           std::tuple(17, 777, 300), std::tuple(2003, 1, 501), std::tuple(2003, 2, 301),
                                           std::tuple(1000, 13, 101)));

TEST(SplitProduct, AgreesWithTheUnsplitProduct) {
  with_threads(3, [] {
    EXPECT_TRUE(testing::product_is_right<float>({8, 601, 257, {.bias = true, .relu = true}}));
    EXPECT_TRUE(testing::product_is_right<float>({123, 101, 99, {.accumulate = true}}));
    EXPECT_TRUE(testing::product_is_right<double>({1, 2003, 501, {.transpose_b = true, .bias = true}}));
    EXPECT_TRUE(testing::product_is_right<double>({2003, 1, 501, {.transpose_a = true}}));
  });
}

}  // namespace
}  // namespace lamina
