#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/normalization.hpp>
#include <limits>

#include "support/normalization.hpp"
#include "support/with_threads.hpp"

// The kernels of normalization against plain loops in double.

namespace lamina {
namespace {

using namespace testing::normalization;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;
using testing::with_threads;

template <class S>
void expect_all_as_plain() {
  const double tolerance = 2000 * static_cast<double>(std::numeric_limits<S>::epsilon());
  for (const Grouping& v : all_groupings())
    for (bool centered : {true, false}) {
      if (!centered && !v.is_rows()) continue;
      SCOPED_TRACE(::testing::Message() << v.samples << " samples, " << v.outer << " outer, " << v.groups << " groups, "
                                        << v.members << " members, " << v.inner << " inner");
      const Tensor<S> x = random_tensor<S>({v.size()}, 1, 2, 4), dy = random_tensor<S>({v.size()}, 2);
      const Tensor<S> gamma = random_tensor<S>({v.channels()}, 3, 0.5, 2), beta = random_tensor<S>({v.channels()}, 4);
      const Results<S> expected = plainly(v, x, dy, gamma, beta, centered);
      const Results<S> actual = by_kernels(v, x, dy, gamma, beta, centered);
      EXPECT_TRUE(tensors_near(actual.mean, expected.mean, tolerance));
      EXPECT_TRUE(tensors_near(actual.inverse, expected.inverse, tolerance));
      EXPECT_TRUE(tensors_near(actual.y, expected.y, tolerance));
      if (::testing::Test::HasFailure()) return;
    }
}

TEST(NormalizationKernels, EveryGroupingFloat) { expect_all_as_plain<float>(); }
TEST(NormalizationKernels, EveryGroupingDouble) { expect_all_as_plain<double>(); }

#if !defined(__FINITE_MATH_ONLY__) || !__FINITE_MATH_ONLY__
// A row that holds NaN or an infinity is NaN; its neighbors, which are computed together with it, are not touched.
TEST(NormalizationKernels, NaNsAndInfinitiesStayInTheirRow) {
  for (float rare : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (Index n : {1, 7, 16, 33, 100})
      for (Index at : {Index{0}, n / 2, n - 1}) {
        const Grouping v{5, 1, 1, n, 1};
        Tensor<float> x = random_tensor<float>({v.size()}, 5), good = x;
        x.mutable_data()[2 * n + at] = rare;
        const Tensor<float> one = Tensor<float>::full({n}, 1), dy = random_tensor<float>({v.size()}, 6);
        const Results<float> r = by_kernels(v, x, dy, one, one, true),
                             expected = by_kernels(v, good, dy, one, one, true);
        for (Index i = 0; i < v.size(); ++i) {
          ASSERT_EQ(std::isnan(r.y[i]), i / n == 2) << n << " " << i;
          if (i / n == 2) continue;
          ASSERT_EQ(r.y[i], expected.y[i]) << n << " " << i;
        }
      }
}
#endif

TEST(NormalizationKernels, TheSameBitsForAnyNumberOfThreads) {
  for (const Grouping& v : {Grouping{900, 1, 1, 200, 1}, Grouping{1, 9000, 20, 1, 1}, Grouping{16, 40, 16, 1, 80},
                            Grouping{8, 700, 4, 8, 1}}) {
    const Tensor<float> x = random_tensor<float>({v.size()}, 7), dy = random_tensor<float>({v.size()}, 8);
    const Tensor<float> gamma = random_tensor<float>({v.channels()}, 9),
                        beta = random_tensor<float>({v.channels()}, 10);
    Results<float> alone;
    for (int threads : {1, 2, 3, 5})
      with_threads(threads, [&] {
        const Results<float> r = by_kernels(v, x, dy, gamma, beta, true);
        if (threads == 1) alone = r;
        EXPECT_TRUE(tensors_equal(r.y, alone.y));
      });
  }
}

}  // namespace
}  // namespace lamina
