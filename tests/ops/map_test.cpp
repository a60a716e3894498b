#include <gtest/gtest.h>

#include <cmath>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

TEST(Map, AppliesAFunctionToEveryElement) {
  const auto f = [](auto v) { return v * v + 1; };
  EXPECT_TRUE(tensors_equal(map(Tensor<float>{{1, 2}, {3, 4}}, f), Tensor<float>{{2, 5}, {10, 17}}));
  EXPECT_TRUE(tensors_equal(map(Tensor<double>(3), f), Tensor<double>(10)));
  EXPECT_TRUE(tensors_equal(map(Variable<float>(Tensor<float>{2}), f), Tensor<float>{5}));
  EXPECT_EQ(map(Tensor<float>::zeros({0, 2}), f).shape(), (Shape{0, 2}));
}

// Scalars need the functions of namespace std; dual numbers find theirs by argument-dependent lookup.
struct Logistic {
  template <class T>
  T operator()(T v) const {
    using std::exp;
    return 1 / (1 + exp(-v));
  }
};
struct RootLogarithm {
  template <class T>
  T operator()(T v) const {
    using std::log, std::sqrt;
    return log(v) * sqrt(v);
  }
};
struct Waves {
  template <class T>
  T operator()(T v) const {
    using std::cos, std::sin;
    return sin(v) * cos(2 * v);
  }
};
struct Bends {
  template <class T>
  T operator()(T v) const {
    using std::atan, std::erf, std::tanh;
    return tanh(v) + atan(v) + v * erf(v);
  }
};
struct Capped {
  template <class T>
  T operator()(T v) const {
    using std::abs, std::max, std::min;
    return max(min(v * v, T(0.25)), abs(v) * 0.1);
  }
};
struct Growth {
  template <class T>
  T operator()(T v) const {
    using std::exp;
    return exp(v) * v;
  }
};

template <class F>
::testing::AssertionResult differentiates(const F& f, double low = 0.3, double high = 1.5) {
  return check_gradient([&](const auto& x) { return map(x, f); }, {random_tensor<double>({2, 3}, 1, low, high)},
                        {.second_order = true});
}

TEST(Map, DerivesItsGradient) {
  EXPECT_TRUE(differentiates([](auto v) { return v * v * v - 2 * v; }));
  EXPECT_TRUE(differentiates([](auto v) { return v / (v + 3); }));
  EXPECT_TRUE(differentiates(Logistic()));
  EXPECT_TRUE(differentiates(RootLogarithm()));
  EXPECT_TRUE(differentiates(Waves()));
  EXPECT_TRUE(differentiates(Bends()));
}

TEST(Map, DifferentiatesTheBranchThatIsTaken) {
  EXPECT_TRUE(differentiates([](auto v) { return v > 0 ? v * v : v * 0.1; }, -1, 1));
  EXPECT_TRUE(differentiates(Capped(), -1, 1));
}

TEST(Map, DerivativesUpToTheThirdOrder) {
  Tensor<double> x{0.5, -0.25};
  GradientTape<double> outer;
  outer.watch(x);
  Tensor<double> d2;
  {
    GradientTape<double> middle;
    Tensor<double> d1;
    {
      GradientTape<double> inner;
      d1 = inner.gradient(map(x, Growth()), x);
    }
    d2 = middle.gradient(d1, x);
  }
  const Tensor<double> at = x.detached();
  EXPECT_TRUE(tensors_near(d2, exp(at) * (at + 2), 1e-14));
  EXPECT_TRUE(tensors_near(outer.gradient(d2, x), exp(at) * (at + 3), 1e-14));
}

TEST(Map, AFourthDerivativeIsAnError) {
  Tensor<double> x{0.5};
  const auto fourth = [&] {
    GradientTape<double> t4;
    t4.watch(x);
    Tensor<double> d3;
    {
      GradientTape<double> t3;
      Tensor<double> d2;
      {
        GradientTape<double> t2;
        Tensor<double> d1;
        {
          GradientTape<double> t1;
          d1 = t1.gradient(map(x, [](auto v) { return v * v * v * v * v; }), x);
        }
        d2 = t2.gradient(d1, x);
      }
      d3 = t3.gradient(d2, x);
    }
    return t4.gradient(d3, x);
  };
  EXPECT_TRUE(raises<ValueError>(fourth, {"map", "up to order 3", "order 4"}));
}

TEST(Dual, ComparesByValueAndConstantsHaveNoDerivative) {
  const Dual<double> a(2, 1), b(3, 5), c = 4;
  EXPECT_TRUE(a < b && b > a && a <= b && b >= a && a == Dual<double>(2, 9));
  EXPECT_EQ(c.derivative, 0.0);
  EXPECT_EQ((a * b).derivative, 13.0);
  EXPECT_EQ((a / b).value, 2.0 / 3);
  EXPECT_NEAR((a / b).derivative, (3.0 - 10.0) / 9, 1e-15);
  EXPECT_EQ(max(a, b).derivative, 5.0);
  EXPECT_EQ(min(a, b).derivative, 1.0);
  EXPECT_EQ(abs(Dual<double>(0, 1)).derivative, 0.0);
  EXPECT_EQ(pow(a, 3.0).value, 8.0);
  EXPECT_EQ(pow(a, 3.0).derivative, 12.0);
}

}  // namespace
}  // namespace lamina
