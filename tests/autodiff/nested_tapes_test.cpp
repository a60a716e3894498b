#include <gtest/gtest.h>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::tensors_equal;
using testing::tensors_near;

TEST(NestedTapes, ComputeSecondDerivatives) {
  Tensor<double> x{2.0, -3.0};
  GradientTape<double> outer;
  outer.watch(x);
  Tensor<double> first;
  {
    GradientTape<double> inner;
    inner.watch(x);
    first = inner.gradient(x * x * x, x);
  }
  EXPECT_TRUE(tensors_equal(first, Tensor<double>{12.0, 27.0}));
  EXPECT_TRUE(tensors_equal(outer.gradient(first, x), Tensor<double>{12.0, -18.0}));
}

TEST(NestedTapes, ComputeThirdDerivatives) {
  Tensor<double> x{0.7};
  GradientTape<double> third;
  third.watch(x);
  Tensor<double> d2;
  {
    GradientTape<double> second;
    Tensor<double> d1;
    {
      GradientTape<double> first;
      d1 = first.gradient(tanh(x), x);
    }
    d2 = second.gradient(d1, x);
  }
  const double t = std::tanh(0.7), s = 1 - t * t;
  EXPECT_NEAR(d2.item(), -2 * t * s, 1e-14);
  EXPECT_NEAR(third.gradient(d2, x).item(), -2 * s * s + 4 * t * t * s, 1e-14);
}

TEST(NestedTapes, VariablesAreWatchedByAllOfThem) {
  const Variable<double> w(Tensor<double>{1.5});
  GradientTape<double> outer;
  Tensor<double> first;
  {
    GradientTape<double> inner;
    first = inner.gradient(w * w * w * w, w);
  }
  EXPECT_NEAR(first.item(), 4 * 1.5 * 1.5 * 1.5, 1e-14);
  EXPECT_NEAR(outer.gradient(first, w).item(), 12 * 1.5 * 1.5, 1e-14);
}

// Trains a small network on the sum of its squared second derivatives, as physics-informed networks do.
TEST(NestedTapes, WeightsHaveGradientsOfASecondDerivative) {
  const auto residual = [](const Variable<double>& w, const Variable<double>& v, Tensor<double> x) {
    GradientTape<double> second;
    second.watch(x);
    Tensor<double> u_x;
    {
      GradientTape<double> first;
      u_x = first.gradient(matmul(tanh(matmul(x, w)), v), x);
    }
    return mean(square(second.gradient(u_x, x)));
  };
  const Variable<double> w(testing::random_tensor<double>({1, 5}, 1)), v(testing::random_tensor<double>({5, 1}, 2));
  const Tensor<double> x = testing::random_tensor<double>({4, 1}, 3);
  Tensor<double> gradient;
  {
    GradientTape<double> tape;
    gradient = tape.gradient(residual(w, v, x), w);
  }
  const Tensor<double> start = w.value();
  for (Index i = 0; i < 5; ++i) {
    const auto loss_at = [&](double by) {
      Tensor<double> moved = start.copy();
      moved.mutable_data()[i] += by;
      w.assign(moved);
      const double loss = residual(w, v, x).item();
      w.assign(start);
      return loss;
    };
    EXPECT_NEAR(gradient[i], (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5, 1e-7 * std::max(1.0, std::fabs(gradient[i])));
  }
}

TEST(NestedTapes, AnUnrelatedInnerTapeDoesNotAffectTheOuterOne) {
  Tensor<float> x{3};
  GradientTape outer;
  outer.watch(x);
  const Tensor<float> y = x * x;
  {
    Tensor<float> z{5};
    GradientTape inner;
    inner.watch(z);
    EXPECT_TRUE(tensors_equal(inner.gradient(z * z, z), Tensor<float>{10}));
  }
  EXPECT_TRUE(tensors_equal(outer.gradient(y * x, x), Tensor<float>{27}));
}

TEST(NestedTapes, AnInnerTapeRecordsOnlyLaterOperations) {
  Tensor<float> x{3};
  GradientTape outer;
  outer.watch(x);
  const Tensor<float> y = x * x;
  {
    GradientTape inner({.persistent = true});
    const Tensor<float> z = y * x;
    EXPECT_TRUE(tensors_equal(inner.gradient(z, x), Tensor<float>{9}));
    EXPECT_TRUE(tensors_equal(inner.gradient(z, y), Tensor<float>{3}));
    EXPECT_FALSE(inner.gradient(y, x).defined());
  }
  EXPECT_TRUE(tensors_equal(outer.gradient(y * x, x), Tensor<float>{27}));
}

TEST(NestedTapes, AnInnerTapeDifferentiatesItsOwnAndEarlierValues) {
  Tensor<float> x{3}, unused{1};
  GradientTape outer;
  outer.watch(x);
  outer.watch(unused);
  const Tensor<float> y = x * x;
  for (int time = 0; time < 2; ++time) {
    GradientTape inner;
    const Tensor<float> z = y * x, w = z * z;
    const auto all = inner.gradient(w, std::vector{y, z, unused, x, y, z, x});
    EXPECT_FALSE(all[2].defined());
    for (const std::size_t again : {0U, 4U}) EXPECT_TRUE(tensors_equal(all[again], Tensor<float>{162}));
    for (const std::size_t again : {1U, 5U}) EXPECT_TRUE(tensors_equal(all[again], Tensor<float>{54}));
    for (const std::size_t again : {3U, 6U}) EXPECT_TRUE(tensors_equal(all[again], Tensor<float>{486}));
  }
}

TEST(NestedTapes, ASumOfSeveralPathsIsRecorded) {
  Tensor<double> x{2};
  GradientTape<double> outer;
  outer.watch(x);
  Tensor<double> first;
  {
    GradientTape<double> inner;
    const Tensor<double> u = x * x;
    first = inner.gradient(u * x + u * u + exp(x) + x, x);
  }
  EXPECT_NEAR(first.item(), 12 + 32 + std::exp(2) + 1, 1e-12);
  EXPECT_NEAR(outer.gradient(first, x).item(), 12 + 48 + std::exp(2), 1e-12);
}

TEST(NestedTapes, APersistentOuterTapeGivesEveryRowOfAHessian) {
  Tensor<double> x{1.0, 2.0, 3.0};
  GradientTape<double> outer({.persistent = true});
  outer.watch(x);
  Tensor<double> first;
  {
    GradientTape<double> inner;
    first = inner.gradient(square(sum(x)) * 0.5 + sum(x * x * x), x);
  }
  const Tensor<double> hessian[] = {{7.0, 1.0, 1.0}, {1.0, 13.0, 1.0}, {1.0, 1.0, 19.0}};
  for (Index i = 0; i < 3; ++i) {
    Tensor<double> row = Tensor<double>::zeros({3});
    row.mutable_data()[i] = 1;
    EXPECT_TRUE(tensors_near(outer.gradient(first, x, row), hessian[i], 1e-14)) << i;
  }
}

/// y = f(x) without storing intermediate values: the backward pass computes f again on a separate tape.
template <class F>
Tensor<double> recomputed(const F& f, const Tensor<double>& x) {
  Tensor<double> y;
  {
    const NoGradient<double> constant;
    y = f(x).detached();
  }
  if (Recording<double> tape{y, x})
    tape.gradient([f, x = x.detached()](const Tensor<double>& dy, Gradients<double>& g) {
      std::vector<Tensor<double>> inputs{x};
      GradientTape<double> again;
      again.watch(inputs[0]);
      g.add(0, again.gradient(f(inputs[0]), inputs, dy)[0]);
    });
  return y;
}

TEST(NestedTapes, AGradientFunctionMayUseATape) {
  std::vector<Tensor<double>> xs{Tensor<double>{0.3, 0.4}, Tensor<double>{0.5, 0.6}, Tensor<double>{0.7, 0.8}};
  const auto f = [](const Tensor<double>& x) { return exp(x) * x; };
  GradientTape<double> tape;
  for (Tensor<double>& x : xs) tape.watch(x);
  const Tensor<double> y = recomputed(f, xs[0]) + recomputed(f, xs[1]) * 2 + xs[2];
  const auto gradients = tape.gradient(y, xs);
  ASSERT_EQ(gradients.size(), 3U);
  for (std::size_t i = 0; i < 2; ++i) {
    const Tensor<double> x = xs[i].detached();
    ASSERT_TRUE(gradients[i].defined());
    EXPECT_TRUE(tensors_near(gradients[i], exp(x) * (x + 1) * (i == 0 ? 1.0 : 2.0), 1e-14));
  }
  EXPECT_TRUE(tensors_equal(gradients[2], Tensor<double>{1, 1}));
}

// Operations that a tape records while outer tapes are paused are removed with that tape.
TEST(NestedTapes, RecordsOfAnInnerTapeAreConstantsForAPausedOuterOne) {
  const Variable<double> w(Tensor<double>{3.0});
  GradientTape<double> outer({.persistent = true});
  Tensor<double> y, slope;
  {
    const NoGradient<double> constant;
    GradientTape<double> inner;
    y = w * w;
    slope = inner.gradient(y, w);
  }
  EXPECT_TRUE(tensors_equal(slope, Tensor<double>{6.0}));
  const Tensor<double> z = y * w;
  EXPECT_TRUE(tensors_equal(outer.gradient(z, w), Tensor<double>{9.0}));
}

TEST(NestedTapes, InnerTapesOfAPausedTapeReleaseTheirMemory) {
  const Variable<double> w(Tensor<double>{1.001});
  GradientTape<double> outer;
  const Tensor<double> before = w * w;
  const NoGradient<double> constant;
  std::size_t live = 0;
  for (int i = 0; i < 10; ++i) {
    GradientTape<double> inner;
    Tensor<double> y = w;
    for (int k = 0; k < 1000; ++k) y = y * w;
    const Tensor<double> slope = inner.gradient(y, w);
    EXPECT_NEAR(slope.item(), 1001 * std::pow(1.001, 1000), 1e-6);
    const std::size_t now = memory_statistics().live_bytes;
    if (i == 0) live = now;
    EXPECT_EQ(now, live) << "after " << i;
  }
}

}  // namespace
}  // namespace lamina
