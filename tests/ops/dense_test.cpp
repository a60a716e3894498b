#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

TEST(Dense, IsAMatrixProductPlusABias) {
  const Tensor<float> x{{1, 2}, {3, 4}}, w{{1, 0, -1}, {2, 1, 0}}, b{10, 20, 30};
  EXPECT_TRUE(tensors_equal(dense(x, w), Tensor<float>{{5, 2, -1}, {11, 4, -3}}));
  EXPECT_TRUE(tensors_equal(dense(x, w, b), Tensor<float>{{15, 22, 29}, {21, 24, 27}}));
  EXPECT_TRUE(tensors_equal(dense(x.cast<double>(), w.cast<double>(), b.cast<double>()),
                            Tensor<double>{{15, 22, 29}, {21, 24, 27}}));
}

TEST(Dense, AgreesWithTheOperationsItFuses) {
  for (const Shape& rows : {Shape{1}, Shape{70}, Shape{3, 5}, Shape{2, 3, 4}, Shape{0}, Shape{0, 4}}) {
    Shape shape = rows;
    shape.push_back(37);
    const Tensor<float> x = random_tensor<float>(shape, 1), w = random_tensor<float>({37, 41}, 2),
                        b = random_tensor<float>({41}, 3);
    EXPECT_TRUE(tensors_near(dense(x, w, b), matmul(x, w) + b, 1e-5)) << shape;
    EXPECT_TRUE(tensors_near(detail::dense<float>(x, w, b, true), relu(matmul(x, w) + b), 1e-5)) << shape;
  }
}

TEST(Dense, Gradients) {
  for (const Shape& shape : {Shape{4, 3}, Shape{1, 3}, Shape{2, 2, 3}}) {
    const Tensor<double> x = random_tensor<double>(shape, 1), w = random_tensor<double>({3, 5}, 2),
                         b = random_tensor<double>({5}, 3);
    EXPECT_TRUE(
        check_gradient([](const auto& u, const auto& v) { return dense(u, v); }, {x, w}, {.second_order = true}));
    EXPECT_TRUE(check_gradient([](const auto& u, const auto& v, const auto& c) { return dense(u, v, c); }, {x, w, b},
                               {.second_order = true}));
    EXPECT_TRUE(check_gradient(
        [](const auto& u, const auto& v, const auto& c) { return detail::dense<double>(u, v, c, true) * 2; }, {x, w, b},
        {.second_order = true}));
  }
}

TEST(Dense, GradientsOfWhatIsWatchedOnly) {
  const Tensor<double> x = random_tensor<double>({4, 3}, 1), w = random_tensor<double>({3, 5}, 2),
                       b = random_tensor<double>({5}, 3);
  EXPECT_TRUE(
      check_gradient([&](const auto& u) { return detail::dense<double>(u, w, b, true); }, {x}, {.second_order = true}));
  EXPECT_TRUE(
      check_gradient([&](const auto& v) { return detail::dense<double>(x, v, b, true); }, {w}, {.second_order = true}));
  EXPECT_TRUE(
      check_gradient([&](const auto& c) { return detail::dense<double>(x, w, c, true); }, {b}, {.second_order = true}));
}

TEST(Dense, ReluHasAZeroGradientAtZero) {
  const Tensor<double> x{{1.0, 1.0}};
  Tensor<double> w{{1.0, 1.0}, {-1.0, 1.0}};
  GradientTape<double> tape;
  tape.watch(w);
  const Tensor<double> y = detail::dense<double>(x, w, Tensor<double>{0.0, 0.0}, true);
  EXPECT_TRUE(tensors_equal(tape.gradient(y, w), Tensor<double>{{0.0, 1.0}, {0.0, 1.0}}));
}

TEST(Dense, AnEmptyBatchGivesZeroGradients) {
  Tensor<double> w = random_tensor<double>({3, 2}, 1), b = random_tensor<double>({2}, 2);
  GradientTape<double> tape;
  tape.watch(w);
  tape.watch(b);
  const auto gradients = tape.gradient(dense(Tensor<double>::zeros({0, 3}), w, b), std::vector{w, b});
  EXPECT_TRUE(tensors_equal(gradients[0], Tensor<double>::zeros({3, 2})));
  EXPECT_TRUE(tensors_equal(gradients[1], Tensor<double>::zeros({2})));
}

TEST(Dense, ShapesThatDoNotFitAreErrors) {
  const Tensor<float> x = Tensor<float>::zeros({2, 3}), w = Tensor<float>::zeros({3, 4});
  const std::vector<std::string> parts{"dense", "x of shape (..., k), w (k, n) and b (n,)"};
  EXPECT_TRUE(raises<ShapeError>([&] { return dense(Tensor<float>::zeros({2, 4}), w); }, parts));
  EXPECT_TRUE(raises<ShapeError>([&] { return dense(Tensor<float>::zeros({3}), w); }, parts));
  EXPECT_TRUE(raises<ShapeError>([&] { return dense(x, Tensor<float>::zeros({3})); }, parts));
  EXPECT_TRUE(raises<ShapeError>([&] { return dense(x, w, Tensor<float>::zeros({5})); }, {"(2, 3)", "(3, 4)", "(5,)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { return dense(x, w, Tensor<float>::zeros({1, 4})); }, parts));
}

}  // namespace
}  // namespace lamina
