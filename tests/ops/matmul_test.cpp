#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

constexpr bool both_ways[] = {false, true};

/// Swaps the last two axes, element by element.
template <class S>
Tensor<S> swapped(const Tensor<S>& x) {
  const Index rows = x.shape()[-2], columns = x.shape()[-1];
  Tensor<S> y = Tensor<S>::empty(x.shape().with(-2, columns).with(-1, rows));
  for (Index i = 0; i < x.size(); ++i) {
    const Index matrix = i / (rows * columns), row = i / columns % rows, column = i % columns;
    y.mutable_data()[(matrix * columns + column) * rows + row] = x[i];
  }
  return y;
}

/// Multiplies stacks of matrices by plain loops.
template <class S>
Tensor<S> naive_matmul(const Tensor<S>& a, const Tensor<S>& b, MatmulOptions t) {
  const Tensor<S> left = t.transpose_a ? swapped(a) : a, right = t.transpose_b ? swapped(b) : b;
  const Index m = left.shape()[-2], k = left.shape()[-1], n = right.shape()[-1];
  const Shape stack = broadcast(left.shape().slice(0, left.rank() - 2), right.shape().slice(0, right.rank() - 2));
  Shape a_full = stack, b_full = stack, y_full = stack;
  for (Index s : {m, k}) a_full.push_back(s);
  for (Index s : {k, n}) b_full.push_back(s);
  for (Index s : {m, n}) y_full.push_back(s);
  // Broadcast by adding zeros, so that this does not depend on broadcast_to.
  const Tensor<S> u = left + Tensor<S>::zeros(a_full), v = right + Tensor<S>::zeros(b_full);
  Tensor<S> y = Tensor<S>::zeros(y_full);
  for (Index s = 0; s < stack.size(); ++s)
    for (Index i = 0; i < m; ++i)
      for (Index j = 0; j < n; ++j) {
        double total = 0;
        for (Index l = 0; l < k; ++l)
          total += static_cast<double>(u[(s * m + i) * k + l]) * static_cast<double>(v[(s * k + l) * n + j]);
        y.mutable_data()[(s * m + i) * n + j] = static_cast<S>(total);
      }
  return y;
}

const std::vector<std::pair<Shape, Shape>> stacks{
    {{}, {}},      {{3}, {}},     {{}, {3}},     {{3}, {3}},       {{3}, {1}},          {{1}, {3}},
    {{2, 3}, {3}}, {{3}, {2, 3}}, {{2, 1}, {3}}, {{2, 1}, {1, 3}}, {{2, 3, 1}, {3, 2}}, {{2, 2, 2}, {}}};

Shape matrices(Shape stack, Index rows, Index columns, bool transposed) {
  stack.push_back(transposed ? columns : rows);
  stack.push_back(transposed ? rows : columns);
  return stack;
}

TEST(Matmul, StacksBroadcastUnderEveryTranspose) {
  for (const auto& [left, right] : stacks)
    for (bool transpose_a : both_ways)
      for (bool transpose_b : both_ways) {
        const MatmulOptions options{transpose_a, transpose_b};
        const Shape &a_stack = left, &b_stack = right;
        const auto compare = [&](auto scalar, double tolerance) {
          using S = decltype(scalar);
          const Tensor<S> a = random_tensor<S>(matrices(a_stack, 4, 5, transpose_a), 1),
                          b = random_tensor<S>(matrices(b_stack, 5, 3, transpose_b), 2);
          EXPECT_TRUE(tensors_near(matmul(a, b, options), naive_matmul(a, b, options), tolerance))
              << a.shape() << transpose_a << b.shape() << transpose_b;
        };
        compare(1.0F, 1e-6);
        compare(1.0, 1e-14);
      }
}

TEST(Matmul, GradientsUnderEveryTranspose) {
  for (const auto& [a_stack, b_stack] : stacks)
    for (bool transpose_a : both_ways)
      for (bool transpose_b : both_ways) {
        const MatmulOptions options{transpose_a, transpose_b};
        const bool second_order = a_stack.rank() < 2 && b_stack.rank() < 2;
        EXPECT_TRUE(check_gradient([&](const auto& a, const auto& b) { return matmul(a, b, options); },
                                   {random_tensor<double>(matrices(a_stack, 2, 3, transpose_a), 1),
                                    random_tensor<double>(matrices(b_stack, 3, 2, transpose_b), 2)},
                                   {.second_order = second_order}))
            << a_stack << transpose_a << b_stack << transpose_b;
      }
}

TEST(Matmul, OfATensorWithItself) {
  const Tensor<double> x = random_tensor<double>({3, 3}, 1);
  EXPECT_TRUE(check_gradient([](const auto& v) { return matmul(v, v); }, {x}, {.second_order = true}));
  EXPECT_TRUE(
      check_gradient([](const auto& v) { return matmul(v, v, {.transpose_b = true}); }, {x}, {.second_order = true}));
  EXPECT_TRUE(
      check_gradient([](const auto& v) { return matmul(v, v, {.transpose_a = true}); }, {x}, {.second_order = true}));
}

TEST(Matmul, OneSideMayBeAConstantAnEigenMatrixOrAVariable) {
  const Tensor<double> x = random_tensor<double>({2, 3}, 1), w = random_tensor<double>({3, 2}, 2);
  EXPECT_TRUE(check_gradient([&](const auto& v) { return matmul(v, w); }, {x}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([&](const auto& v) { return matmul(x, v); }, {w}, {.second_order = true}));
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(3, 3);
  EXPECT_TRUE(tensors_near(matmul(x, identity), x, 1e-15));
  EXPECT_TRUE(tensors_near(matmul(x, Variable<double>(w)), matmul(x, w), 0));
}

TEST(Matmul, EmptyBatchesAndEmptyInnerAxes) {
  const Tensor<float> w = Tensor<float>::ones({3, 2});
  EXPECT_EQ(matmul(Tensor<float>::zeros({0, 3}), w).shape(), (Shape{0, 2}));
  EXPECT_EQ(matmul(Tensor<float>::zeros({0, 4, 3}), w).shape(), (Shape{0, 4, 2}));
  EXPECT_EQ(matmul(Tensor<float>::zeros({0, 4, 3}), Tensor<float>::zeros({0, 3, 2})).shape(), (Shape{0, 4, 2}));
  EXPECT_TRUE(
      tensors_equal(matmul(Tensor<float>::zeros({2, 0}), Tensor<float>::zeros({0, 2})), Tensor<float>{{0, 0}, {0, 0}}));
  Tensor<float> v = w;
  GradientTape tape;
  tape.watch(v);
  EXPECT_TRUE(tensors_equal(tape.gradient(matmul(Tensor<float>::zeros({0, 3}), v), v), Tensor<float>::zeros({3, 2})));
}

TEST(Matmul, IncompatibleShapesAreErrors) {
  const Tensor<float> a = Tensor<float>::zeros({2, 3}), b = Tensor<float>::zeros({4, 5});
  EXPECT_TRUE(
      raises<ShapeError>([&] { return matmul(a, b); }, {"matmul", "(2, 3)", "(4, 5)", "inner sizes", "3 and 4"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return matmul(a, b, {.transpose_b = true}); }, {"(transposed)", "3 and 5"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return matmul(a, Tensor<float>{1, 2, 3}); }, {"rank 2", "(2, 3)", "(3,)"}));
  EXPECT_TRUE(raises<ShapeError>(
      [&] {
        return matmul(Tensor<float>::zeros({2, 3, 4}), Tensor<float>::zeros({3, 4, 5}));
      },
      {"do not broadcast"}));
}

}  // namespace
}  // namespace lamina
