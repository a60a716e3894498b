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

template <class S>
class SoftmaxOf : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SoftmaxOf, Scalars);

TYPED_TEST(SoftmaxOf, Values) {
  using T = Tensor<TypeParam>;
  const double tolerance = sizeof(TypeParam) == 4 ? 1e-6 : 1e-14;
  const double e = std::exp(1.0), total = 1 + e + e * e;
  const T x{0, 1, 2};
  EXPECT_TRUE(tensors_near(softmax(x), T{1 / total, e / total, e * e / total}, tolerance));
  EXPECT_TRUE(tensors_near(log_softmax(x), T{-std::log(total), 1 - std::log(total), 2 - std::log(total)}, tolerance));
  EXPECT_TRUE(tensors_near(logsumexp(x), T{std::log(total)}, tolerance));
  const T m{{0, 5}, {1, 5}, {2, 5}};
  EXPECT_TRUE(
      tensors_near(softmax(m, 0), T{{1 / total, 1.0 / 3}, {e / total, 1.0 / 3}, {e * e / total, 1.0 / 3}}, tolerance));
  EXPECT_TRUE(tensors_near(logsumexp(m, 0), T{{std::log(total), 5 + std::log(3.0)}}, tolerance));
  EXPECT_TRUE(tensors_near(log_softmax(m, 0), log(softmax(m, 0)), tolerance));
}

TYPED_TEST(SoftmaxOf, LargeLogitsDoNotOverflow) {
  using T = Tensor<TypeParam>;
  EXPECT_TRUE(tensors_near(softmax(T{1e30, 1e30, -1e30}), T{0.5, 0.5, 0.0}, 1e-7));
  EXPECT_TRUE(tensors_near(logsumexp(T{1000, 1000}), T{1000 + std::log(2.0)}, 1e-6));
  EXPECT_TRUE(tensors_near(log_softmax(T{0, -1000}), T{0, -1000}, 1e-7));
}

TYPED_TEST(SoftmaxOf, InfiniteLogits) {
  using S = TypeParam;
  using T = Tensor<S>;
  constexpr S inf = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  for (const Index n : {1, 2, 3, 17, 40, 300}) {
    T x = T::full({3, n}, -inf);
    S* values = x.mutable_data();
    for (Index j = 0; j < n; ++j) values[n + j] = S(j), values[2 * n + j] = S(-1);
    values[n - 1 + 2 * n] = inf;
    const T y = logsumexp(x);
    EXPECT_EQ(y[0], -inf) << n;
    EXPECT_TRUE(std::isfinite(y[1])) << n;
    EXPECT_EQ(y[2], inf) << n;
    values[n - 1] = nan;
    EXPECT_TRUE(std::isnan(logsumexp(x)[0])) << n;
    values[2 * n] = nan;
    EXPECT_TRUE(std::isnan(logsumexp(x)[2])) << n;
  }
  // If only one element is not -infinity, its softmax is 1.
  EXPECT_TRUE(tensors_equal(logsumexp(T{-inf, 2, -inf}), T{2}));
  EXPECT_TRUE(tensors_equal(softmax(T{-inf, 2, -inf}), T{0, 1, 0}));
  EXPECT_TRUE(tensors_equal(log_softmax(T{-inf, 2, -inf}), T{-inf, S(0), -inf}));
  // If all elements are -infinity, the result is NaN, as in Keras.
  EXPECT_TRUE(std::isnan(softmax(T{-inf, -inf})[0]));
  EXPECT_TRUE(std::isnan(log_softmax(T{-inf, -inf})[1]));
}

TYPED_TEST(SoftmaxOf, GradientOfMinusInfinities) {
  using T = Tensor<TypeParam>;
  constexpr TypeParam inf = std::numeric_limits<TypeParam>::infinity();
  T x{{-inf, -inf, -inf}, {-inf, 0, 0}};
  GradientTape<TypeParam> outer;
  outer.watch(x);
  T dx, y;
  {
    GradientTape<TypeParam> tape;
    tape.watch(x);
    y = logsumexp(x);
    EXPECT_TRUE(tensors_equal(reshape(y, {2}), T{-inf, TypeParam(std::log(2.0))}));
    dx = tape.gradient(y, x);
  }
  EXPECT_TRUE(tensors_equal(dx, T{{0.0, 0.0, 0.0}, {0.0, 0.5, 0.5}}));
  // The gradient of sum softmax(x)².
  const T second = outer.gradient(sum(square(dx)), x);
  EXPECT_TRUE(tensors_near(second, T::zeros({2, 3}), 1e-6));
}

TEST(Softmax, AlongAnyAxis) {
  const Tensor<double> x = random_tensor<double>({2, 3, 4}, 1, -3, 3);
  for (Index axis : {-3, -2, -1, 0, 1, 2}) {
    const Tensor<double> y = softmax(x, axis);
    EXPECT_TRUE(tensors_near(sum(y, {.axes = {axis}}), Tensor<double>::ones(sum(y, {.axes = {axis}}).shape()), 1e-14));
    EXPECT_TRUE(tensors_near(y, exp(x) / sum(exp(x), {.axes = {axis}, .keepdims = true}), 1e-14)) << axis;
    EXPECT_TRUE(tensors_near(exp(log_softmax(x, axis)), y, 1e-14)) << axis;
  }
}

TEST(Softmax, Gradients) {
  const GradientCheckOptions both{.second_order = true};
  for (const Shape& shape : {Shape{5}, Shape{3, 4}, Shape{2, 3, 4}, Shape{2, 1}}) {
    const Tensor<double> x = random_tensor<double>(shape, 1, -2, 2);
    EXPECT_TRUE(check_gradient([](const auto& v) { return softmax(v); }, {x}, both)) << shape;
    EXPECT_TRUE(check_gradient([](const auto& v) { return log_softmax(v); }, {x}, both)) << shape;
    EXPECT_TRUE(check_gradient([](const auto& v) { return logsumexp(v); }, {x}, both)) << shape;
    EXPECT_TRUE(check_gradient([](const auto& v) { return softmax(v, 0); }, {x}, both)) << shape;
    EXPECT_TRUE(check_gradient([](const auto& v) { return logsumexp(v, 0) * v; }, {x}, both)) << shape;
    EXPECT_TRUE(check_gradient([](const auto& v) { return log_softmax(v, 0); }, {x}, both)) << shape;
  }
}

TEST(Softmax, EmptyBatches) {
  EXPECT_EQ(softmax(Tensor<float>::zeros({0, 3})).shape(), (Shape{0, 3}));
  EXPECT_EQ(log_softmax(Tensor<float>::zeros({0, 3})).shape(), (Shape{0, 3}));
  EXPECT_EQ(logsumexp(Tensor<float>::zeros({0, 3})).shape(), (Shape{0, 1}));
}

TEST(Softmax, RequiresElements) {
  EXPECT_TRUE(raises<ShapeError>([] { return softmax(Tensor<float>::zeros({3, 0})); }, {"softmax", "(3, 0)"}));
  EXPECT_TRUE(raises<ShapeError>([] { return softmax(Tensor<float>(1)); }, {"softmax", "()"}));
  EXPECT_TRUE(raises<ShapeError>([] { return logsumexp(Tensor<float>::zeros({0, 3}), 0); }, {"logsumexp", "(0, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([] { return log_softmax(Tensor<float>{1, 2}, 1); }, {"axis 1", "(2,)"}));
}

TEST(Logits, AreStoredDuringTheirScope) {
  using Memory = detail::LogitsCache<float>;
  const Tensor<float> x{{1, 2}, {3, 4}};
  EXPECT_EQ(Memory::find(softmax(x), detail::OutputActivation::softmax), nullptr);
  {
    const detail::KeepLogits<float> keep;
    const Tensor<float> y = softmax(x), z = sigmoid(x), first_axis = softmax(x, 0);
    ASSERT_NE(Memory::find(y, detail::OutputActivation::softmax), nullptr);
    EXPECT_EQ(Memory::find(y, detail::OutputActivation::softmax)->data(), x.data());
    EXPECT_NE(Memory::find(z, detail::OutputActivation::sigmoid), nullptr);
    EXPECT_EQ(Memory::find(y, detail::OutputActivation::sigmoid), nullptr);
    EXPECT_EQ(Memory::find(first_axis, detail::OutputActivation::softmax), nullptr);
    EXPECT_EQ(Memory::find(y * 1, detail::OutputActivation::softmax), nullptr);
    {
      const detail::KeepLogits<float> inner;
      EXPECT_NE(Memory::find(y, detail::OutputActivation::softmax), nullptr);
    }
    EXPECT_NE(Memory::find(y, detail::OutputActivation::softmax), nullptr);
  }
  const Tensor<float> after = softmax(x);
  EXPECT_EQ(Memory::find(after, detail::OutputActivation::softmax), nullptr);
}

}  // namespace
}  // namespace lamina
