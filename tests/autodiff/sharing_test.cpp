#include <gtest/gtest.h>

#include "support/compare.hpp"

// Gradients are accumulated in place if that is safe. These are the cases in which it is not.

namespace lamina {
namespace {

using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

TEST(GradientSharing, BothOperandsOfASumReceiveOneBuffer) {
  Tensor<float> x{1, 2};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  EXPECT_TRUE(tensors_equal(tape.gradient(x + x, x), Tensor<float>{2, 2}));
  EXPECT_TRUE(tensors_equal(tape.gradient(x + x + x, x), Tensor<float>{3, 3}));
  EXPECT_TRUE(tensors_equal(tape.gradient(x - x, x), Tensor<float>{0, 0}));
}

TEST(GradientSharing, InPlaceBranchesDoNotInterfere) {
  Tensor<double> a{0.1, 0.2}, b{0.3, 0.4};
  GradientTape<double> tape;
  tape.watch(a);
  tape.watch(b);
  const Tensor<double> u = exp(a), v = tanh(b);
  const auto gradients = tape.gradient(u + v, std::vector{a, b, u, v});
  EXPECT_TRUE(tensors_near(gradients[0], u.detached(), 1e-15));
  EXPECT_TRUE(tensors_near(gradients[1], (1 - v * v).detached(), 1e-15));
  EXPECT_TRUE(tensors_equal(gradients[2], Tensor<double>{1, 1}));
  EXPECT_TRUE(tensors_equal(gradients[3], Tensor<double>{1, 1}));
}

TEST(GradientSharing, AValueUsedManyTimesAddsUp) {
  Tensor<double> x = random_tensor<double>({3, 4}, 1);
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> e = exp(x), y = sum(e + e) + sum(e * e) + sum(reshape(e, {12})) + sum(e);
  const auto gradients = tape.gradient(y, std::vector{x, e});
  EXPECT_TRUE(tensors_near(gradients[1], (4 + 2 * e).detached(), 1e-14));
  EXPECT_TRUE(tensors_near(gradients[0], (e * (4 + 2 * e)).detached(), 1e-14));
}

TEST(GradientSharing, ReshapedGradientsShareAndAreGuarded) {
  Tensor<double> x{1, 2, 3, 4};
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> r = reshape(x, {2, 2}), s = reshape(x, {4, 1});
  const auto gradients = tape.gradient(sum(square(r)) + sum(exp(s)) + sum(r), std::vector{x, r, s});
  EXPECT_TRUE(tensors_near(gradients[1], Tensor<double>{{3, 5}, {7, 9}}, 1e-15));
  EXPECT_TRUE(tensors_near(reshape(gradients[2], {4}), exp(x.detached()), 1e-15));
  EXPECT_TRUE(tensors_near(gradients[0], Tensor<double>{3, 5, 7, 9} + exp(x.detached()), 1e-15));
}

TEST(GradientSharing, ReturnedGradientsDoNotChangeLater) {
  Tensor<float> x{1, 2};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> u = x * 2, y = u + u;
  const Tensor<float> first = tape.gradient(y, x), kept = first;
  const auto again = tape.gradient(y, std::vector{x, u});
  EXPECT_TRUE(tensors_equal(first, Tensor<float>{4, 4}));
  EXPECT_EQ(first.data(), kept.data());
  EXPECT_TRUE(tensors_equal(again[0], Tensor<float>{4, 4}));
  EXPECT_TRUE(tensors_equal(again[1], Tensor<float>{2, 2}));
}

TEST(GradientSharing, ModifyingAReturnedGradientDoesNotChangeTheOther) {
  Tensor<float> x{1, 2};
  GradientTape tape;
  tape.watch(x);
  auto both = tape.gradient(x * 3, std::vector{x, x});
  both[0].mutable_data()[0] = 100;
  EXPECT_TRUE(tensors_equal(both[1], Tensor<float>{3, 3}));
}

TEST(GradientSharing, InputsOfOperationsNeverChange) {
  Tensor<float> x{-1, 2};
  const Tensor<float> snapshot = x.copy();
  GradientTape tape;
  tape.watch(x);
  const Tensor<float> y = relu(x), e = exp(y), z = e * y;
  const Tensor<float> y_before = y.copy(), e_before = e.copy();
  tape.gradient(sum(z + e), x);
  EXPECT_TRUE(tensors_equal(x, snapshot));
  EXPECT_TRUE(tensors_equal(y, y_before));
  EXPECT_TRUE(tensors_equal(e, e_before));
}

}  // namespace
}  // namespace lamina
