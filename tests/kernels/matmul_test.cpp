#include <gtest/gtest.h>

#include <algorithm>
#include <lamina/kernels/matmul.hpp>
#include <limits>
#include <vector>

#include "support/compare.hpp"
#include "support/matmul_reference.hpp"

namespace lamina {
namespace {

using testing::Product;
using testing::product_is_right;

template <class S>
class MatmulKernel : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(MatmulKernel, Scalars);

TYPED_TEST(MatmulKernel, EverySmallShape) {
  for (Index m : {0, 1, 2, 3, 4, 5, 7, 8, 9})
    for (Index n : {0, 1, 2, 3, 5, 8, 9, 16, 17})
      for (Index k : {0, 1, 2, 3, 4, 7, 8, 15, 16, 17}) ASSERT_TRUE(product_is_right<TypeParam>({m, n, k}));
}

TYPED_TEST(MatmulKernel, ShapesUpToSeventy) {
  for (Index m : {1, 2, 5, 13, 31, 47, 48, 49, 70})
    for (Index n : {1, 4, 15, 23, 24, 25, 33, 47, 48, 49, 63, 70})
      for (Index k : {1, 6, 31, 64, 70}) ASSERT_TRUE(product_is_right<TypeParam>({m, n, k}));
}

TYPED_TEST(MatmulKernel, EveryOddSizeOnEachAxis) {
  for (Index i = 1; i <= 70; ++i) {
    ASSERT_TRUE(product_is_right<TypeParam>({i, 11, 13}));
    ASSERT_TRUE(product_is_right<TypeParam>({11, i, 13}));
    ASSERT_TRUE(product_is_right<TypeParam>({11, 13, i}));
    ASSERT_TRUE(product_is_right<TypeParam>({1, i, 70 - i + 1}));
    ASSERT_TRUE(product_is_right<TypeParam>({i, 1, 70 - i + 1}));
  }
}

TYPED_TEST(MatmulKernel, TransposedOperands) {
  for (bool transpose_a : {false, true})
    for (bool transpose_b : {false, true})
      for (Index m : {1, 2, 9, 33, 50})
        for (Index n : {1, 7, 16, 50})
          for (Index k : {1, 5, 40})
            ASSERT_TRUE(
                product_is_right<TypeParam>({m, n, k, {.transpose_a = transpose_a, .transpose_b = transpose_b}}));
}

TYPED_TEST(MatmulKernel, AccumulateBiasReluAndStridedResults) {
  for (int flags = 0; flags < 64; ++flags)
    for (Index m : {1, 3, 50})
      for (Index n : {1, 6, 17, 50})
        for (Index k : {2, 40}) {
          const Product::Ways ways{.transpose_a = (flags & 1) != 0,
                                   .transpose_b = (flags & 2) != 0,
                                   .accumulate = (flags & 4) != 0,
                                   .bias = (flags & 8) != 0,
                                   .relu = (flags & 16) != 0,
                                   .c_gap = (flags & 32) != 0 ? Index{3} : Index{0}};
          ASSERT_TRUE(product_is_right<TypeParam>({m, n, k, ways}));
        }
}

TYPED_TEST(MatmulKernel, OperandsInsideLargerMatrices) {
  for (Index gap : {1, 5})
    for (bool transpose_a : {false, true})
      for (bool transpose_b : {false, true})
        for (Index m : {1, 5, 50})
          for (Index n : {1, 9, 50})
            ASSERT_TRUE(product_is_right<TypeParam>(
                {m, n, 30, {.transpose_a = transpose_a, .transpose_b = transpose_b, .operand_gap = gap}}));
}

TYPED_TEST(MatmulKernel, ManyBlocksAlongTheInnerAxis) {
  for (Index k : {255, 256, 257, 300, 513})
    for (Index m : {1, 7, 60})
      for (Index n : {1, 13, 100}) {
        ASSERT_TRUE(product_is_right<TypeParam>({m, n, k}));
        ASSERT_TRUE(product_is_right<TypeParam>({m, n, k, {.transpose_b = true, .bias = true, .relu = true}}));
        ASSERT_TRUE(product_is_right<TypeParam>({m, n, k, {.accumulate = true, .bias = true, .c_gap = 2}}));
      }
  ASSERT_TRUE(product_is_right<TypeParam>({130, 400, 20}));
  ASSERT_TRUE(product_is_right<TypeParam>({5, 401, 20}));
  ASSERT_TRUE(product_is_right<TypeParam>({1, 403, 20}));
}

TYPED_TEST(MatmulKernel, AnInnerAxisOfSizeZeroAppliesTheEpilogueToZeros) {
  const TypeParam bias[] = {TypeParam(1), TypeParam(-2)};
  TypeParam c[] = {5, 5, 5, 5};
  kernels::multiply<TypeParam>(2, 2, 0, {nullptr, 0, 1}, {nullptr, 2, 1}, c, 2, false, {bias, true});
  EXPECT_EQ(std::vector<TypeParam>(c, c + 4), (std::vector<TypeParam>{1, 0, 1, 0}));
}

// An activation must not hide NaN, whichever algorithm computes the product.
TYPED_TEST(MatmulKernel, ReluPropagatesNaN) {
  for (Index m : {1, 4, 50})
    for (Index n : {1, 3, 33, 50})
      for (Index k : {2, 40}) {
        std::vector<TypeParam> a(static_cast<std::size_t>(m * k), std::numeric_limits<TypeParam>::quiet_NaN());
        const std::vector<TypeParam> b(static_cast<std::size_t>(k * n), TypeParam(1));
        std::vector<TypeParam> c(static_cast<std::size_t>(m * n));
        kernels::multiply<TypeParam>(m, n, k, {a.data(), k, 1}, {b.data(), n, 1}, c.data(), n, false, {nullptr, true});
        const auto nans = std::count_if(c.begin(), c.end(), [](TypeParam v) { return std::isnan(v); });
        EXPECT_EQ(nans, m * n) << m << " x " << n << " x " << k;
      }
}

}  // namespace
}  // namespace lamina
