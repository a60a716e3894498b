#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

template <class S>
class ReductionsOf : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ReductionsOf, Scalars);

TYPED_TEST(ReductionsOf, Values) {
  using T = Tensor<TypeParam>;
  const T x{{1, -2, 3}, {4, 5, -6}};
  EXPECT_TRUE(tensors_equal(sum(x), T(5)));
  EXPECT_TRUE(tensors_equal(sum(x, {.axes = {0}}), T{5, 3, -3}));
  EXPECT_TRUE(tensors_equal(sum(x, {.axes = {1}}), T{2, 3}));
  EXPECT_TRUE(tensors_equal(sum(x, {.axes = {-1}, .keepdims = true}), T{{2}, {3}}));
  EXPECT_TRUE(tensors_equal(sum(x, {.axes = {0, 1}}), T(5)));
  EXPECT_TRUE(tensors_equal(sum(x, {.keepdims = true}), T{{5}}));
  EXPECT_TRUE(tensors_near(mean(x), T(5.0 / 6), 1e-6));
  EXPECT_TRUE(tensors_near(mean(x, {.axes = {0}}), T{2.5, 1.5, -1.5}, 1e-6));
  EXPECT_TRUE(tensors_equal(max(x), T(5)));
  EXPECT_TRUE(tensors_equal(max(x, {.axes = {0}}), T{4, 5, 3}));
  EXPECT_TRUE(tensors_equal(min(x, {.axes = {1}}), T{-2, -6}));
  EXPECT_TRUE(tensors_equal(min(x, {.axes = {1}, .keepdims = true}), T{{-2}, {-6}}));
  EXPECT_TRUE(tensors_equal(argmax(x), T{2, 1}));
  EXPECT_TRUE(tensors_equal(argmax(x, 0), T{1, 1, 0}));
  EXPECT_TRUE(tensors_equal(argmax(T{3, 7, 7}), T(1)));
}

TYPED_TEST(ReductionsOf, ScalarsAndOnes) {
  using T = Tensor<TypeParam>;
  EXPECT_TRUE(tensors_equal(sum(T(3)), T(3)));
  EXPECT_TRUE(tensors_equal(mean(T(3)), T(3)));
  EXPECT_TRUE(tensors_equal(max(T(3)), T(3)));
  EXPECT_TRUE(tensors_equal(sum(T{{4}}, {.axes = {0}}), T{4}));
  EXPECT_TRUE(tensors_equal(max(T{{4}}, {.axes = {1}}), T{4}));
}

TEST(Reductions, EveryChoiceOfAxesAgainstPlainLoops) {
  const Tensor<double> x = random_tensor<double>({2, 3, 4, 5}, 1);
  for (int chosen = 1; chosen < 16; ++chosen) {
    std::vector<Index> axes;
    Shape shape;
    for (Index i = 0; i < 4; ++i) {
      if ((chosen >> i & 1) != 0) axes.push_back(i % 2 == 0 ? i : i - 4);
      shape.push_back((chosen >> i & 1) != 0 ? 1 : x.shape()[i]);
    }
    Tensor<double> expected = Tensor<double>::zeros(shape), largest = Tensor<double>::full(shape, -10);
    for (Index i = 0; i < x.size(); ++i) {
      const Index position[] = {i / 60, i / 20 % 3, i / 5 % 4, i % 5};
      Index at = 0;
      for (Index axis = 0; axis < 4; ++axis) at = at * shape[axis] + (shape[axis] == 1 ? 0 : position[axis]);
      expected.mutable_data()[at] += x[i];
      largest.mutable_data()[at] = std::max(largest[at], x[i]);
    }
    EXPECT_TRUE(tensors_near(sum(x, {.axes = axes, .keepdims = true}), expected, 1e-13)) << chosen;
    EXPECT_TRUE(tensors_equal(max(x, {.axes = axes, .keepdims = true}), largest)) << chosen;
    EXPECT_TRUE(tensors_equal(-min(-x, {.axes = axes, .keepdims = true}), largest)) << chosen;
    EXPECT_EQ(sum(x, {.axes = axes}).size(), expected.size());
    EXPECT_EQ(sum(x, {.axes = axes}).rank(), 4 - static_cast<Index>(axes.size()));
  }
}

TEST(Reductions, Gradients) {
  const Tensor<double> x = random_tensor<double>({2, 3, 4}, 1);
  for (const std::vector<Index>& axes : {std::vector<Index>{}, {0}, {1}, {-1}, {0, 2}, {1, 2}, {0, 1, 2}})
    for (bool keepdims : {false, true}) {
      const ReduceOptions options{axes, keepdims};
      EXPECT_TRUE(check_gradient([&](const auto& v) { return sum(v * v, options); }, {x}, {.second_order = true}));
      EXPECT_TRUE(check_gradient([&](const auto& v) { return square(mean(v, options)); }, {x}, {.second_order = true}));
      EXPECT_TRUE(check_gradient([&](const auto& v) { return max(v * v, options); }, {x}, {.second_order = true}));
      EXPECT_TRUE(check_gradient([&](const auto& v) { return square(min(v, options)); }, {x}, {.second_order = true}));
    }
  EXPECT_TRUE(check_gradient([](const auto& v) { return sum(v) * v; }, {Tensor<double>(0.5)}, {.second_order = true}));
}

TEST(Reductions, L2Normalize) {
  const Tensor<double> x = random_tensor<double>({3, 4}, 2);
  const Tensor<double> y = l2_normalize(x);
  for (Index i = 0; i < 3; ++i) EXPECT_NEAR(y.matrix().row(i).norm(), 1.0, 1e-14);
  EXPECT_NEAR(l2_normalize(x, 0).matrix().col(2).norm(), 1.0, 1e-14);
  EXPECT_TRUE(tensors_equal(l2_normalize(Tensor<double>{0, 0}), Tensor<double>{0, 0}));
  EXPECT_TRUE(check_gradient([](const auto& v) { return l2_normalize(v); }, {x}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([](const auto& v) { return l2_normalize(v, 0); }, {x}));
}

TEST(ReductionKinks, TiesSplitTheGradientEqually) {
  Tensor<double> x{{1, 3, 3}, {2, 2, 2}};
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  EXPECT_TRUE(tensors_near(tape.gradient(max(x, {.axes = {1}}), x),
                           Tensor<double>{{0.0, 0.5, 0.5}, {1.0 / 3, 1.0 / 3, 1.0 / 3}}, 1e-15));
  EXPECT_TRUE(
      tensors_near(tape.gradient(min(x, {.axes = {0}}), x), Tensor<double>{{1.0, 0.0, 0.0}, {0.0, 1.0, 1.0}}, 1e-15));
  EXPECT_TRUE(tensors_near(tape.gradient(max(x), x), Tensor<double>{{0.0, 0.5, 0.5}, {0.0, 0.0, 0.0}}, 1e-15));
}

TEST(Reductions, InfinityAndNaN) {
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const Index n : {1, 2, 5, 16, 33, 200}) {
    const Tensor<float> low = Tensor<float>::full({n, n}, -inf), high = Tensor<float>::full({n, n}, inf);
    for (const Index axis : {0, 1}) {
      EXPECT_TRUE(tensors_equal(max(low, {.axes = {axis}}), Tensor<float>::full({n}, -inf))) << n;
      EXPECT_TRUE(tensors_equal(min(high, {.axes = {axis}}), Tensor<float>::full({n}, inf))) << n;
      for (const Index at : {Index{0}, n / 2, n - 1}) {
        Tensor<float> x = Tensor<float>::zeros({n, n});
        x.mutable_data()[at * n + at] = nan;
        EXPECT_TRUE(std::isnan(max(x, {.axes = {axis}})[at])) << n << " " << at;
        EXPECT_TRUE(std::isnan(min(x, {.axes = {axis}})[at])) << n << " " << at;
        EXPECT_EQ(argmax(x, axis)[at], static_cast<float>(at));
      }
    }
  }
  Tensor<float> x{{-inf, -inf}, {inf, 1}, {inf, inf}};
  GradientTape<float> tape;
  tape.watch(x);
  EXPECT_TRUE(
      tensors_equal(tape.gradient(max(x, {.axes = {1}}), x), Tensor<float>{{0.5, 0.5}, {1.0, 0.0}, {0.5, 0.5}}));
}

TEST(Reductions, EmptyAxes) {
  const Tensor<float> x = Tensor<float>::zeros({0, 3});
  EXPECT_TRUE(tensors_equal(sum(x), Tensor<float>(0)));
  EXPECT_TRUE(tensors_equal(sum(x, {.axes = {0}}), Tensor<float>{0, 0, 0}));
  EXPECT_EQ(sum(x, {.axes = {1}}).shape(), Shape{0});
  EXPECT_EQ(max(x, {.axes = {1}}).shape(), Shape{0});
  EXPECT_EQ(argmax(x).shape(), Shape{0});
  EXPECT_TRUE(std::isnan(mean(x).item()));
  EXPECT_TRUE(raises<ShapeError>([&] { return max(x); }, {"max", "(0, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return min(x, {.axes = {0}}); }, {"min", "(0, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return argmax(x, 0); }, {"argmax", "(0, 3)"}));
}

TEST(Reductions, BadAxesAreErrors) {
  const Tensor<float> x = Tensor<float>::zeros({2, 3});
  EXPECT_TRUE(raises<ShapeError>([&] { return sum(x, {.axes = {2}}); }, {"axis 2", "(2, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return mean(x, {.axes = {-3}}); }, {"axis -3", "(2, 3)"}));
  EXPECT_TRUE(raises<ValueError>([&] { return max(x, {.axes = {1, -1}}); }, {"axis -1", "twice", "(2, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return argmax(x, 5); }, {"axis 5", "(2, 3)"}));
}

TEST(Reductions, VarianceAndStandardDeviation) {
  const Tensor<double> x{{1, 3}, {2, 2}, {0, 8}};
  EXPECT_TRUE(tensors_near(variance(x, {.axes = {1}}), Tensor<double>{1, 0, 16}, 1e-12));
  EXPECT_TRUE(tensors_near(stddev(x, {.axes = {1}, .keepdims = true}), Tensor<double>{{1}, {0}, {4}}, 1e-12));
  EXPECT_TRUE(tensors_near(variance(x), Tensor<double>(82.0 / 6 - 64.0 / 9), 1e-12));
  const auto y = random_tensor<double>({3, 4, 2}, 5);
  EXPECT_TRUE(check_gradient([](const auto& v) { return variance(v, {.axes = {0, 2}}); }, {y}));
  EXPECT_TRUE(check_gradient([](const auto& v) { return stddev(v, {.axes = {-2}}); }, {y}));
}

TEST(Reductions, ArgminIsTheFirstSmallest) {
  const Tensor<float> x{{1, -2, -2}, {4, 5, 3}};
  EXPECT_TRUE(tensors_equal(argmin(x), Tensor<float>{1, 2}));
  EXPECT_TRUE(tensors_equal(argmin(x, 0), Tensor<float>{0, 0, 0}));
}

}  // namespace
}  // namespace lamina
