#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/normalization_gradients.hpp>

#include "support/normalization.hpp"

// Compares the gradients of normalization with plain loops in double.

namespace lamina {
namespace {

using namespace testing::normalization;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

template <class S>
void expect_all_as_plain() {
  for_every_grouping<S>([](const Results<S>& actual, const Results<S>& expected, double tolerance) {
    EXPECT_TRUE(tensors_near(actual.dx, expected.dx, tolerance));
    EXPECT_TRUE(tensors_near(actual.dgamma, expected.dgamma, tolerance));
    EXPECT_TRUE(tensors_near(actual.dbeta, expected.dbeta, tolerance));
  });
}

TEST(NormalizationGradientKernels, EveryGroupingFloat) { expect_all_as_plain<float>(); }
TEST(NormalizationGradientKernels, EveryGroupingDouble) { expect_all_as_plain<double>(); }

#if !defined(__FINITE_MATH_ONLY__) || !__FINITE_MATH_ONLY__
// The gradient of a row that contains NaN or infinity is NaN; rows that are computed together with it are not affected.
TEST(NormalizationGradientKernels, NaNsAndInfinitiesStayInTheirRow) {
  for_rows_with_a_rare_number(
      [](const Results<float>& r, const Results<float>& expected, Index i, bool is_rare, Index n) {
        if (is_rare) return;
        ASSERT_EQ(r.dx[i], expected.dx[i]) << n << " " << i;
      });
}
#endif

TEST(NormalizationGradientKernels, TheSameBitsForAnyNumberOfThreads) {
  for_numbers_of_threads([](const Results<float>& r, const Results<float>& alone) {
    EXPECT_TRUE(tensors_equal(r.dx, alone.dx));
    EXPECT_TRUE(tensors_equal(r.dgamma, alone.dgamma));
    EXPECT_TRUE(tensors_equal(r.dbeta, alone.dbeta));
  });
}

// Statistics that are not computed from the tensor, as in batch normalization in inference, are constants. Gradients
// that are not requested are not computed.
TEST(NormalizationGradientKernels, OfGivenStatisticsAndOfSomeOfTheInputs) {
  for (const Grouping& v : {Grouping{1, 23, 17, 1, 1}, Grouping{1, 4, 3, 1, 9}, Grouping{2, 7, 3, 5, 1}}) {
    const Tensor<double> x = random_tensor<double>({v.size()}, 1, 2, 4), dy = random_tensor<double>({v.size()}, 2),
                         gamma = random_tensor<double>({v.channels()}, 3, 0.5, 2),
                         mean = random_tensor<double>({v.statistics()}, 4),
                         inverse = random_tensor<double>({v.statistics()}, 5, 0.5, 2);
    Tensor<double> scratch = Tensor<double>::empty({kernels::normalization_scratch<double>(v)});
    Tensor<double> dx = Tensor<double>::empty({v.size()}), dgamma = Tensor<double>::empty({v.channels()}),
                   dbeta = Tensor<double>::empty({v.channels()}), alone = Tensor<double>::empty({v.channels()}),
                   expected_dx = Tensor<double>::zeros({v.size()}),
                   expected_dgamma = Tensor<double>::zeros({v.channels()});
    const auto gradient = [&](double* to_x, double* to_gamma, double* to_beta) {
      kernels::normalize_gradient<double>(v, x.data(), dy.data(), mean.data(), inverse.data(), gamma.data(),
                                          {false, false}, {to_x, to_gamma, to_beta}, scratch.mutable_data());
    };
    for (Index i = 0; i < v.size(); ++i) {
      const Index c = i / v.inner % v.channels(), sample = i / v.inner / v.channels() / v.outer,
                  statistic = sample * v.groups + c / v.members;
      expected_dx.mutable_data()[i] = dy[i] * gamma[c] * inverse[statistic];
      expected_dgamma.mutable_data()[c] += dy[i] * (x[i] - mean[statistic]) * inverse[statistic];
    }
    gradient(dx.mutable_data(), dgamma.mutable_data(), dbeta.mutable_data());
    EXPECT_TRUE(tensors_near(dx, expected_dx, 1e-13));
    EXPECT_TRUE(tensors_near(dgamma, expected_dgamma, 1e-12));
    gradient(nullptr, alone.mutable_data(), nullptr);
    EXPECT_TRUE(tensors_equal(alone, dgamma));
    gradient(nullptr, nullptr, alone.mutable_data());
    EXPECT_TRUE(tensors_equal(alone, dbeta));
    gradient(dx.mutable_data(), nullptr, nullptr);
    EXPECT_TRUE(tensors_near(dx, expected_dx, 1e-13));
  }
}

}  // namespace
}  // namespace lamina
