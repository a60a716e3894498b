#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

// check_gradients, which tests all gradients, must detect wrong ones.

namespace lamina {
namespace {

using testing::check_gradient;
using testing::random_tensor;

/// y = x² with an error of `error` in one element of the gradient.
Tensor<double> square_with_error(const Tensor<double>& x, Index element, double error) {
  Tensor<double> y = Tensor<double>(x.array().square().eval()).copy();
  if (Recording<double> tape{y, x})
    tape.gradient([x, element, error](const Tensor<double>& dy, Gradients<double>& g) {
      Tensor<double> dx = (dy * 2 * x).copy();
      dx.mutable_data()[element] += error;
      g.add(0, dx);
    });
  return y;
}

/// y = x³ with a correct gradient that an outer tape does not record.
Tensor<double> cube_without_second_order(const Tensor<double>& x) {
  Tensor<double> y(x.array().cube().eval());
  if (Recording<double> tape{y, x})
    tape.gradient([x](const Tensor<double>& dy, Gradients<double>& g) {
      g.add(0, Tensor<double>((3 * dy.array() * x.array().square()).eval()));
    });
  return y;
}

TEST(CheckGradient, AcceptsACorrectGradient) {
  const Tensor<double> x = random_tensor<double>({5}, 1);
  EXPECT_TRUE(check_gradient([](const auto& v) { return square_with_error(v, 0, 0); }, {x}));
  EXPECT_TRUE(check_gradient([](const auto& v) { return cube_without_second_order(v); }, {x}));
}

TEST(CheckGradient, NamesTheWrongElement) {
  const Tensor<double> x = random_tensor<double>({5}, 1);
  const auto result = check_gradient([](const auto& v) { return square_with_error(v, 3, 1e-4); }, {x});
  EXPECT_FALSE(result);
  EXPECT_NE(std::string(result.message()).find("gradient of input 0, element (3,): expected "), std::string::npos)
      << result.message();
  EXPECT_NE(std::string(result.message()).find("relative error"), std::string::npos);
}

TEST(CheckGradient, DetectsAMissingGradient) {
  const Tensor<double> x = random_tensor<double>({2}, 1);
  EXPECT_FALSE(check_gradient([](const auto& a, const auto& b) { return a * stop_gradient(b); }, {x, x}));
  EXPECT_TRUE(check_gradient([](const auto& a, const auto& b) { return a * b; }, {x, x}));
}

TEST(CheckGradient, DetectsAMissingSecondDerivative) {
  const Tensor<double> x = random_tensor<double>({4}, 2);
  const auto cube = [](const auto& v) { return cube_without_second_order(v); };
  EXPECT_TRUE(check_gradient(cube, {x}));
  EXPECT_FALSE(check_gradient(cube, {x}, {.second_order = true}));
  EXPECT_TRUE(check_gradient([](const auto& v) { return v * v * v; }, {x}, {.second_order = true}));
}

TEST(CheckGradient, MovesAwayFromKinks) {
  EXPECT_TRUE(check_gradient([](const auto& v) { return abs(v); }, {Tensor<double>{0.0, 1.0, -1.0}}));
  EXPECT_TRUE(check_gradient([](const auto& a, const auto& b) { return maximum(a, b); },
                             {Tensor<double>{1.0, 2.0}, Tensor<double>{1.0, 3.0}}));
}

}  // namespace
}  // namespace lamina
