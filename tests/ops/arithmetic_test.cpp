#include <gtest/gtest.h>

#include <limits>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::random_tensor;
using testing::tensors_equal;

template <class S>
class ArithmeticOf : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ArithmeticOf, Scalars);

TYPED_TEST(ArithmeticOf, Values) {
  using T = Tensor<TypeParam>;
  const T a{1, -2, 3, 4}, b{2, 2, -6, 8};
  EXPECT_TRUE(tensors_equal(a + b, T{3, 0, -3, 12}));
  EXPECT_TRUE(tensors_equal(a - b, T{-1, -4, 9, -4}));
  EXPECT_TRUE(tensors_equal(a * b, T{2, -4, -18, 32}));
  EXPECT_TRUE(tensors_equal(a / b, T{0.5, -1.0, -0.5, 0.5}));
  EXPECT_TRUE(tensors_equal(-a, T{-1, 2, -3, -4}));
  EXPECT_TRUE(tensors_equal(maximum(a, b), T{2, 2, 3, 8}));
  EXPECT_TRUE(tensors_equal(minimum(a, b), T{1, -2, -6, 4}));
}

TYPED_TEST(ArithmeticOf, NumbersMixWithTensorsOnEitherSide) {
  using T = Tensor<TypeParam>;
  const T a{1, 2, 4};
  EXPECT_TRUE(tensors_equal(a + 1, T{2, 3, 5}));
  EXPECT_TRUE(tensors_equal(1 + a, T{2, 3, 5}));
  EXPECT_TRUE(tensors_equal(a - 1.0, T{0, 1, 3}));
  EXPECT_TRUE(tensors_equal(1 - a, T{0, -1, -3}));
  EXPECT_TRUE(tensors_equal(a * 0.5F, T{0.5, 1.0, 2.0}));
  EXPECT_TRUE(tensors_equal(2 * a, T{2, 4, 8}));
  EXPECT_TRUE(tensors_equal(a / 2, T{0.5, 1.0, 2.0}));
  EXPECT_TRUE(tensors_equal(4 / a, T{4, 2, 1}));
  EXPECT_TRUE(tensors_equal(maximum(2, a), T{2, 2, 4}));
  EXPECT_TRUE(tensors_equal(minimum(a, 2), T{1, 2, 2}));
}

TYPED_TEST(ArithmeticOf, ComparisonsGiveOnesAndZeros) {
  using T = Tensor<TypeParam>;
  const T a{1, 2, 3}, b{2, 2, 2};
  EXPECT_TRUE(tensors_equal(a > b, T{0, 0, 1}));
  EXPECT_TRUE(tensors_equal(a < b, T{1, 0, 0}));
  EXPECT_TRUE(tensors_equal(a >= b, T{0, 1, 1}));
  EXPECT_TRUE(tensors_equal(a <= b, T{1, 1, 0}));
  EXPECT_TRUE(tensors_equal(equal(a, b), T{0, 1, 0}));
  EXPECT_TRUE(tensors_equal(a > 1, T{0, 1, 1}));
  EXPECT_TRUE(tensors_equal(1 < a, T{0, 1, 1}));
  EXPECT_TRUE(tensors_equal(2 >= a, T{1, 1, 0}));
  EXPECT_TRUE(tensors_equal(where(a > b, a, b), T{2, 2, 3}));
  EXPECT_TRUE(tensors_equal(where(a > 1, a, 0), T{0, 2, 3}));
  EXPECT_TRUE(tensors_equal(where(a > 1, 5, -a), T{-1, 5, 5}));
}

TYPED_TEST(ArithmeticOf, PropagatesNaN) {
  using T = Tensor<TypeParam>;
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  const T a{nan, TypeParam(1)}, b{TypeParam(1), nan};
  for (const T& y : {maximum(a, b), minimum(a, b), a + b, a * b}) {
    EXPECT_TRUE(std::isnan(y(0)));
    EXPECT_TRUE(std::isnan(y(1)));
  }
}

TEST(Arithmetic, EigenExpressionsMixWithTensors) {
  const Tensor<float> a{{1, 2}, {3, 4}};
  const Eigen::MatrixXf m = Eigen::MatrixXf::Identity(2, 2);
  EXPECT_TRUE(tensors_equal(a + m, Tensor<float>{{2, 2}, {3, 5}}));
  EXPECT_TRUE(tensors_equal(m * a, Tensor<float>{{1, 0}, {0, 4}}));
}

TEST(Arithmetic, Gradients) {
  const Tensor<double> a = random_tensor<double>({3, 4}, 1, 0.5, 2), b = random_tensor<double>({3, 4}, 2, 0.5, 2);
  EXPECT_TRUE(check_gradient([](const auto& u, const auto& v) { return u + v; }, {a, b}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([](const auto& u, const auto& v) { return u - v; }, {a, b}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([](const auto& u, const auto& v) { return u * v; }, {a, b}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([](const auto& u, const auto& v) { return u / v; }, {a, b}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([](const auto& u) { return -u * u; }, {a}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([](const auto& u) { return 3 / u - 2 * u + u / 4; }, {a}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([](const auto& u) { return u * u * u + u; }, {a}, {.second_order = true}));
  EXPECT_TRUE(
      check_gradient([](const auto& u, const auto& v) { return maximum(u, v) * u; }, {a, b}, {.second_order = true}));
  EXPECT_TRUE(
      check_gradient([](const auto& u, const auto& v) { return minimum(u, v) * v; }, {a, b}, {.second_order = true}));
}

TEST(Arithmetic, GradientsOfOneSideOnly) {
  const Tensor<double> a = random_tensor<double>({3, 4}, 1, 0.5, 2), c = random_tensor<double>({3, 4}, 2, 0.5, 2);
  EXPECT_TRUE(check_gradient([&](const auto& u) { return u * c; }, {a}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([&](const auto& u) { return c * u; }, {a}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([&](const auto& u) { return c / u; }, {a}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([&](const auto& u) { return u / c; }, {a}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([&](const auto& u) { return c - u; }, {a}, {.second_order = true}));
}

TEST(Arithmetic, GradientsOfWhere) {
  const Tensor<double> mask{{1.0, 0.0}, {0.0, 2.0}}, a = random_tensor<double>({2, 2}, 1),
                                                     b = random_tensor<double>({2}, 2);
  EXPECT_TRUE(check_gradient([&](const auto& u, const auto& v) { return where(mask, u * u, v * v); }, {a, b},
                             {.second_order = true}));
  EXPECT_TRUE(check_gradient([&](const auto& u) { return where(u > 0, u * u, 0); }, {a}, {.second_order = true}));
}

TEST(Arithmetic, WhereIgnoresTheUnselectedBranchInTheGradient) {
  Tensor<double> x{0.0, 4.0};
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> y = where(x > 0, sqrt(maximum(x, 1e-30)), 0);
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<double>{0.0, 0.25}));
}

TEST(ArithmeticKinks, MaximumSplitsTheGradientOfEqualElements) {
  Tensor<double> a{1, 2, 3}, b{1, 5, 0};
  GradientTape<double> tape({.persistent = true});
  tape.watch(a);
  tape.watch(b);
  const Tensor<double> larger = maximum(a, b), smaller = minimum(a, b);
  EXPECT_TRUE(tensors_equal(tape.gradient(larger, a), Tensor<double>{0.5, 0.0, 1.0}));
  EXPECT_TRUE(tensors_equal(tape.gradient(larger, b), Tensor<double>{0.5, 1.0, 0.0}));
  EXPECT_TRUE(tensors_equal(tape.gradient(smaller, a), Tensor<double>{0.5, 1.0, 0.0}));
  EXPECT_TRUE(tensors_equal(tape.gradient(smaller, b), Tensor<double>{0.5, 0.0, 1.0}));
  EXPECT_TRUE(tensors_equal(tape.gradient(maximum(a, a), a), Tensor<double>{1, 1, 1}));
}

TEST(ArithmeticKinks, ComparisonsHaveNoGradient) {
  Tensor<double> a{1, 2};
  GradientTape<double> tape({.persistent = true});
  tape.watch(a);
  EXPECT_FALSE(tape.gradient(a > 1, a).defined());
  EXPECT_FALSE(tape.gradient(equal(a, a), a).defined());
}

}  // namespace
}  // namespace lamina
