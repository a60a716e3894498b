#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/normalization.hpp>

#include "support/normalization.hpp"

// Compares the normalization kernels with plain loops in double.

namespace lamina {
namespace {

using namespace testing::normalization;
using testing::tensors_equal;
using testing::tensors_near;

template <class S>
void expect_all_as_plain() {
  for_every_grouping<S>([](const Results<S>& actual, const Results<S>& expected, double tolerance) {
    EXPECT_TRUE(tensors_near(actual.mean, expected.mean, tolerance));
    EXPECT_TRUE(tensors_near(actual.inverse, expected.inverse, tolerance));
    EXPECT_TRUE(tensors_near(actual.y, expected.y, tolerance));
  });
}

TEST(NormalizationKernels, EveryGroupingFloat) { expect_all_as_plain<float>(); }
TEST(NormalizationKernels, EveryGroupingDouble) { expect_all_as_plain<double>(); }

#if !defined(__FINITE_MATH_ONLY__) || !__FINITE_MATH_ONLY__
// The output of a row that contains NaN or infinity is NaN; rows that are computed together with it are not affected.
TEST(NormalizationKernels, NaNsAndInfinitiesStayInTheirRow) {
  for_rows_with_a_rare_number(
      [](const Results<float>& r, const Results<float>& expected, Index i, bool is_rare, Index n) {
        ASSERT_EQ(std::isnan(r.y[i]), is_rare) << n << " " << i;
        if (is_rare) return;
        ASSERT_EQ(r.y[i], expected.y[i]) << n << " " << i;
      });
}
#endif

TEST(NormalizationKernels, TheSameBitsForAnyNumberOfThreads) {
  for_numbers_of_threads(
      [](const Results<float>& r, const Results<float>& alone) { EXPECT_TRUE(tensors_equal(r.y, alone.y)); });
}

}  // namespace
}  // namespace lamina
