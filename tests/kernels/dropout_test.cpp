#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/dropout.hpp>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::tensors_equal;
using testing::with_threads;

Tensor<float> dropped(Index n, double rate, std::uint64_t seed, std::uint64_t stream = 0) {
  const Tensor<float> x = Tensor<float>::ones({n});
  Tensor<float> y = Tensor<float>::empty({n});
  kernels::dropout(n, x.data(), y.mutable_data(), rate, RandomStream(seed, stream));
  return y;
}

TEST(DropoutKernel, DropsTheRateAndScalesTheRest) {
  constexpr Index n = 200000;
  for (double rate : {0.1, 0.25, 0.5, 0.9}) {
    const Tensor<float> y = dropped(n, rate, 1);
    Index zeros = 0;
    for (Index i = 0; i < n; ++i) {
      if (y[i] == 0)
        ++zeros;
      else
        ASSERT_NEAR(y[i], 1 / (1 - rate), 1e-3 / (1 - rate));
    }
    EXPECT_NEAR(static_cast<double>(zeros) / n, rate, 0.005) << rate;
    EXPECT_NEAR(y.array().cast<double>().mean(), 1.0, 0.03) << rate;
  }
}

TEST(DropoutKernel, RatesZeroAndOne) {
  EXPECT_EQ(dropped(100, 0, 1).array().minCoeff(), 1.0F);
  EXPECT_EQ(dropped(100, 1, 1).array().maxCoeff(), 0.0F);
  EXPECT_EQ(dropped(0, 0.5, 1).size(), 0);
}

TEST(DropoutKernel, IsAFunctionOfSeedAndStream) {
  EXPECT_TRUE(tensors_equal(dropped(1000, 0.5, 1), dropped(1000, 0.5, 1)));
  EXPECT_FALSE(tensors_equal(dropped(1000, 0.5, 1), dropped(1000, 0.5, 2)));
  EXPECT_FALSE(tensors_equal(dropped(1000, 0.5, 1, 0), dropped(1000, 0.5, 1, 1)));
}

// Every element uses 16 bits of the random stream. Compares with the documented rule, element by element.
TEST(DropoutKernel, ElementsDependOnTheirPositionOnly) {
  const RandomStream random(3, 5);
  const double rate = 0.3;
  const auto threshold = static_cast<std::uint32_t>(rate * 65536 + 0.5);
  for (Index n : {1, 7, 8, 63, 64, 65, 1000}) {
    const Tensor<float> y = dropped(n, rate, 3, 5);
    for (Index i = 0; i < n; ++i) {
      const std::uint32_t word = random.bits(static_cast<std::uint64_t>(i / 2));
      const std::uint32_t half = i % 2 == 0 ? word & 0xffffU : word >> 16;
      ASSERT_EQ(y[i] == 0, half < threshold) << i << " of " << n;
    }
  }
}

TEST(DropoutKernel, TheSameBitsForAnyNumberOfThreads) {
  const auto result = [](int threads) {
    Tensor<float> y;
    with_threads(threads, [&] { y = dropped(100001, 0.4, 9); });
    return y;
  };
  const Tensor<float> alone = result(1);
  for (int threads : {2, 3, 5}) EXPECT_TRUE(tensors_equal(result(threads), alone)) << threads;
}

}  // namespace
}  // namespace lamina
