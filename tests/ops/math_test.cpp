#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

template <class S>
class MathOf : public ::testing::Test {
 protected:
  /// Compares `f` on tensors of three lengths (shorter than a vector, a vector, and long) with `expected` on scalars.
  template <class F>
  static void expect_values(const F& f, const std::function<double(double)>& expected, double low, double high) {
    for (Index n : {3, 16, 1000}) {
      const Tensor<S> x = random_tensor<S>({n}, 1, low, high);
      Tensor<S> y = Tensor<S>::empty({n});
      for (Index i = 0; i < n; ++i) y.mutable_data()[i] = static_cast<S>(expected(static_cast<double>(x[i])));
      EXPECT_TRUE(tensors_near(f(x), y, sizeof(S) == 4 ? 1e-6 : 1e-14)) << n;
    }
  }
};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(MathOf, Scalars);

TYPED_TEST(MathOf, Values) {
  this->expect_values([](const auto& x) { return exp(x); }, [](double v) { return std::exp(v); }, -5, 5);
  this->expect_values([](const auto& x) { return log(x); }, [](double v) { return std::log(v); }, 0.01, 50);
  this->expect_values([](const auto& x) { return log1p(x); }, [](double v) { return std::log1p(v); }, -0.9, 5);
  this->expect_values([](const auto& x) { return sqrt(x); }, [](double v) { return std::sqrt(v); }, 0, 9);
  this->expect_values([](const auto& x) { return square(x); }, [](double v) { return v * v; }, -3, 3);
  this->expect_values([](const auto& x) { return abs(x); }, [](double v) { return std::fabs(v); }, -3, 3);
  this->expect_values([](const auto& x) { return tanh(x); }, [](double v) { return std::tanh(v); }, -4, 4);
  this->expect_values([](const auto& x) { return sin(x); }, [](double v) { return std::sin(v); }, -9, 9);
  this->expect_values([](const auto& x) { return cos(x); }, [](double v) { return std::cos(v); }, -9, 9);
  this->expect_values([](const auto& x) { return sigmoid(x); }, [](double v) { return 1 / (1 + std::exp(-v)); }, -9, 9);
  this->expect_values([](const auto& x) { return relu(x); }, [](double v) { return std::fmax(v, 0); }, -2, 2);
  this->expect_values([](const auto& x) { return softplus(x); }, [](double v) { return std::log1p(std::exp(v)); }, -9,
                      9);
  this->expect_values([](const auto& x) { return clip(x, -0.5, 1); },
                      [](double v) { return std::fmin(std::fmax(v, -0.5), 1); }, -2, 2);
  this->expect_values([](const auto& x) { return sign(x); }, [](double v) { return (v > 0) - (v < 0); }, -2, 2);
  this->expect_values([](const auto& x) { return pow(x, 3); }, [](double v) { return v * v * v; }, -2, 2);
  this->expect_values([](const auto& x) { return pow(2, x); }, [](double v) { return std::exp2(v); }, -2, 2);
  this->expect_values([](const auto& x) { return stop_gradient(x); }, [](double v) { return v; }, -2, 2);
}

TYPED_TEST(MathOf, InfinityAndNaN) {
  using T = Tensor<TypeParam>;
  const TypeParam inf = std::numeric_limits<TypeParam>::infinity(), nan = std::numeric_limits<TypeParam>::quiet_NaN();
  EXPECT_TRUE(tensors_near(relu(T{inf, -inf, nan}), T{inf, TypeParam(0), nan}, 0));
  EXPECT_TRUE(tensors_near(abs(T{inf, -inf, nan}), T{inf, inf, nan}, 0));
  EXPECT_TRUE(tensors_near(clip(T{inf, -inf, nan}, -1, 1), T{TypeParam(1), TypeParam(-1), nan}, 0));
  EXPECT_TRUE(tensors_near(sigmoid(T{inf, -inf, nan}), T{TypeParam(1), TypeParam(0), nan}, 0));
  EXPECT_TRUE(tensors_near(softplus(T{inf, -inf, nan}), T{inf, TypeParam(0), nan}, 0));
  EXPECT_TRUE(tensors_near(sign(T{inf, -inf}), T{1, -1}, 0));
  EXPECT_TRUE(tensors_near(sin(T{inf, nan}), T{nan, nan}, 0));
}

TEST(Math, Gradients) {
  const Tensor<double> any = random_tensor<double>({4, 5}, 1, -2, 2),
                       positive = random_tensor<double>({4, 5}, 2, 0.3, 3);
  const GradientCheckOptions both{.second_order = true};
  EXPECT_TRUE(check_gradient([](const auto& x) { return exp(x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return log(x); }, {positive}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return log1p(x); }, {positive}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return sqrt(x); }, {positive}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return square(x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return abs(x) * x; }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return tanh(x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return erf(x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return sin(x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return cos(x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return sigmoid(x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return relu(x) * x; }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return softplus(x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return clip(x * x, 0.5, 2); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return sign(x) * x; }, {any}, both));
}

TEST(Math, GradientsOfPow) {
  const Tensor<double> any = random_tensor<double>({6}, 1, -2, 2), positive = random_tensor<double>({6}, 2, 0.3, 3);
  const GradientCheckOptions both{.second_order = true};
  EXPECT_TRUE(check_gradient([](const auto& x) { return pow(x, 3); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return pow(x, -1.5); }, {positive}, both));
  EXPECT_TRUE(check_gradient([](const auto& x) { return pow(1.7, x); }, {any}, both));
  EXPECT_TRUE(check_gradient([](const auto& a, const auto& b) { return pow(a, b); }, {positive, any}, both));
  EXPECT_TRUE(check_gradient([](const auto& a, const auto& b) { return pow(a, b); },
                             {reshape(positive, {2, 3}), Tensor<double>{1.5, -0.5, 2.0}}, both));
}

TEST(Math, ThirdOrderThroughThreeTapes) {
  Tensor<double> x{0.4, -0.3};
  GradientTape<double> outer;
  outer.watch(x);
  Tensor<double> d2;
  {
    GradientTape<double> middle;
    Tensor<double> d1;
    {
      GradientTape<double> inner;
      d1 = inner.gradient(exp(2 * x), x);
    }
    d2 = middle.gradient(d1, x);
  }
  EXPECT_TRUE(tensors_near(outer.gradient(d2, x), 8 * exp(2 * x.detached()), 1e-14));
}

TEST(MathKinks, AsDocumented) {
  Tensor<double> x{-1, 0, 1};
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  EXPECT_TRUE(tensors_equal(tape.gradient(relu(x), x), Tensor<double>{0, 0, 1}));
  EXPECT_TRUE(tensors_equal(tape.gradient(abs(x), x), Tensor<double>{-1, 0, 1}));
  EXPECT_TRUE(tensors_equal(tape.gradient(clip(x, -1, 0), x), Tensor<double>{1, 1, 0}));
  EXPECT_FALSE(tape.gradient(sign(x), x).defined());
}

TEST(MathKinks, AsDocumentedForOuterTapes) {
  Tensor<double> x{-1, 0, 1};
  GradientTape<double> outer({.persistent = true});
  outer.watch(x);
  const auto recorded = [&](const auto& f) {
    GradientTape<double> inner;
    return inner.gradient(f(x), x).detached();
  };
  EXPECT_TRUE(tensors_equal(recorded([](const auto& v) { return relu(v); }), Tensor<double>{0, 0, 1}));
  EXPECT_TRUE(tensors_equal(recorded([](const auto& v) { return abs(v); }), Tensor<double>{-1, 0, 1}));
  EXPECT_TRUE(tensors_equal(recorded([](const auto& v) { return clip(v, -1, 0); }), Tensor<double>{1, 1, 0}));
}

TEST(MathKinks, PowAtZero) {
  Tensor<double> x{0, 0, 0};
  Tensor<double> e{2, 1, 0};
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  tape.watch(e);
  const Tensor<double> y = pow(x, e);
  EXPECT_TRUE(tensors_equal(y, Tensor<double>{0, 0, 1}));
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<double>{0, 1, 0}));
  EXPECT_TRUE(tensors_equal(tape.gradient(y, e), Tensor<double>{0, 0, 0}));
}

TEST(Math, ClipNeedsItsBoundsInOrder) {
  EXPECT_TRUE(raises<ValueError>([] { return clip(Tensor<float>{1}, 2, 1); }, {"clip", "low <= high", "2 and 1"}));
}

}  // namespace
}  // namespace lamina
