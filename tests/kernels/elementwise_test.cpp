#include <gtest/gtest.h>

#include <lamina/kernels/elementwise.hpp>
#include <vector>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::random_tensor;
using testing::tensors_equal;
using testing::with_threads;

/// Returns the element of `t` at flat index `i` of the broadcast shape.
template <class S>
S stretched(const Tensor<S>& t, const Shape& to, Index i) {
  Index at = 0, stride = 1;
  for (Index axis = to.rank(); axis-- > 0;) {
    const Index position = i % to[axis], own = axis - (to.rank() - t.rank());
    i /= to[axis];
    if (own < 0) continue;
    if (t.shape()[own] != 1) at += position * stride;
    stride *= t.shape()[own];
  }
  return t[at];
}

template <class S>
void expect_broadcast_as_naive(const Shape& a_shape, const Shape& b_shape) {
  const Tensor<S> a = random_tensor<S>(a_shape, 1), b = random_tensor<S>(b_shape, 2);
  const Shape shape = broadcast(a_shape, b_shape);
  Tensor<S> expected = Tensor<S>::empty(shape), y = Tensor<S>::empty(shape);
  for (Index i = 0; i < expected.size(); ++i)
    expected.mutable_data()[i] = stretched(a, shape, i) - stretched(b, shape, i);
  kernels::map_broadcast(
      shape, y.mutable_data(), [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u - v; }, a.data(),
      a_shape, b.data(), b_shape);
  EXPECT_TRUE(tensors_equal(y, expected)) << a_shape << " - " << b_shape;
}

TEST(MapBroadcast, BothOperandsMayBeSmallerThanTheResult) {
  for (const Shape& operand : {Shape{}, Shape{1}, Shape{1, 1}})
    for (const Shape& shape : {Shape{3}, Shape{15}, Shape{16}, Shape{33}, Shape{5, 7}, Shape{3, 40}}) {
      if (operand.rank() > shape.rank()) continue;
      const Tensor<double> two = Tensor<double>::full(operand, 2.0), three = Tensor<double>::full(operand, 3.0);
      Tensor<double> y = Tensor<double>::empty(shape);
      kernels::map_broadcast(
          shape, y.mutable_data(), [](const auto& a, const auto& b) { return a * b; }, two.data(), operand,
          three.data(), operand);
      EXPECT_TRUE(tensors_equal(y, Tensor<double>::full(shape, 6.0))) << operand << " to " << shape;
    }
}

TEST(MapBroadcast, EveryPairOfSmallShapes) {
  std::vector<Shape> shapes{{}};
  for (Index i : {1, 3, 20}) {
    shapes.push_back({i});
    for (Index j : {1, 3, 20}) {
      shapes.push_back({j, i});
      for (Index k : {1, 3}) shapes.push_back({k, j, i});
    }
  }
  for (const Shape& a : shapes)
    for (const Shape& b : shapes) {
      bool fit = true;
      for (Index i = 1; i <= std::min(a.rank(), b.rank()); ++i)
        fit = fit && (a[-i] == b[-i] || a[-i] == 1 || b[-i] == 1);
      if (!fit) continue;
      expect_broadcast_as_naive<float>(a, b);
      expect_broadcast_as_naive<double>(a, b);
    }
}

TEST(MapBroadcast, HighRanksAndEmptyAxes) {
  expect_broadcast_as_naive<float>({2, 1, 2, 1, 2, 1, 2, 1}, {1, 2, 1, 2, 1, 2, 1, 2});
  expect_broadcast_as_naive<float>({2, 3, 1, 5, 1, 7}, {3, 4, 1, 6, 7});
  expect_broadcast_as_naive<float>({5, 1, 7}, {2, 3, 1, 4, 1});
  expect_broadcast_as_naive<float>({0, 3}, {3});
  expect_broadcast_as_naive<float>({3, 1}, {1, 0});
}

TEST(MapBroadcast, ShortRowsThatAreRepeated) {
  for (const Index inner : {2, 3, 16, 17, 63, 64, 65}) {
    expect_broadcast_as_naive<float>({5, 49, inner}, {5, 1, inner});
    expect_broadcast_as_naive<float>({5, 300, inner}, {5, 1, inner});
    expect_broadcast_as_naive<float>({5, 1, inner}, {300, 1});
    expect_broadcast_as_naive<double>({300, 3, inner}, {3, inner});
    expect_broadcast_as_naive<double>({300, inner}, {300, 1});
  }
}

TEST(MapBroadcast, LargeShapesOnSeveralThreads) {
  with_threads(3, [] {
    expect_broadcast_as_naive<float>({300, 257}, {257});
    expect_broadcast_as_naive<float>({300, 257}, {300, 1});
    expect_broadcast_as_naive<float>({100001}, {});
    expect_broadcast_as_naive<double>({}, {70001});
    expect_broadcast_as_naive<double>({41, 1, 43}, {1, 47, 43});
  });
}

TEST(Map, WritesAllElementsOfEveryLengthAndNoOthers) {
  for (Index n = 0; n <= 140; ++n) {
    const Tensor<float> x = random_tensor<float>({n}, 3), y = random_tensor<float>({n}, 4);
    std::vector<float> out(static_cast<std::size_t>(n) + 3, 77.0F);
    kernels::map(
        n, out.data(), [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u * v + u; }, x.data(), y.data());
    for (Index i = 0; i < n; ++i) EXPECT_FLOAT_EQ(out[static_cast<std::size_t>(i)], x[i] * y[i] + x[i]);
    for (std::size_t i = static_cast<std::size_t>(n); i < out.size(); ++i) ASSERT_EQ(out[i], 77.0F) << n;
  }
}

TEST(Map, WritesInPlaceOfAnOperand) {
  for (Index n = 1; n <= 140; ++n)
    for (const bool second : {false, true}) {
      const Tensor<float> x = random_tensor<float>({n}, 3), y = random_tensor<float>({n}, 4);
      std::vector<float> in(x.data(), x.data() + n), other(y.data(), y.data() + n);
      float* out = second ? other.data() : in.data();
      kernels::map(
          n, out, [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u * v + u; }, in.data(), other.data());
      for (Index i = 0; i < n; ++i) ASSERT_FLOAT_EQ(out[i], x[i] * y[i] + x[i]) << n << ", element " << i;
    }
}

TEST(Map, TheSameBitsForAnyNumberOfThreads) {
  const Tensor<float> x = random_tensor<float>({200003}, 5, -10, 10);
  const auto result = [&](int threads) {
    Tensor<float> y = Tensor<float>::empty(x.shape());
    with_threads(threads, [&] {
      kernels::map(
          x.size(), y.mutable_data(), [](const auto& v) LAMINA_INLINE_LAMBDA { return exp(v) + sqrt(abs(v)); },
          x.data());
    });
    return y;
  };
  const Tensor<float> alone = result(1);
  for (int threads : {2, 3, 7}) EXPECT_TRUE(tensors_equal(result(threads), alone)) << threads;
}

}  // namespace
}  // namespace lamina
