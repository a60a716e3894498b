#include "support/check_gradient.hpp"
#include "support/compare.hpp"
#include "support/expect.hpp"

namespace {

using namespace lamina;
using lamina::testing::check_gradient;
using lamina::testing::tensors_equal;
using lamina::testing::tensors_near;

TEST(CustomGradient, ReplacesTheGradientsOfTheOperations) {
  const auto pass =
      custom_gradient([](const auto& x) { return relu(x); }, [](const auto& dy, const auto&) { return dy * 3; });
  Tensor<float> x{-1, 2};
  GradientTape tape;
  tape.watch(x);
  const Tensor<float> y = pass(x);
  EXPECT_TRUE(tensors_equal(y, Tensor<float>{0, 2}));
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<float>{3, 3}));
}

TEST(CustomGradient, OfSeveralInputs) {
  const auto product = custom_gradient([](const auto& a, const auto& b) { return a * b; },
                                       [](const auto& dy, const auto& a, const auto& b) {
                                         return std::array{dy * b, dy * a};
                                       });
  const Tensor<double> a{{1.5, -2.0}, {0.5, 3.0}}, b{{2.0, 1.0}, {-1.0, 4.0}};
  EXPECT_TRUE(check_gradient(product, {a, b}, {.second_order = true}));
}

TEST(CustomGradient, CanBeDifferentiatedAgain) {
  const auto log1pexp = custom_gradient([](const auto& x) { return log(1 + exp(x)); },
                                        [](const auto& dy, const auto& x) { return dy * sigmoid(x); });
  EXPECT_TRUE(check_gradient(log1pexp, {Tensor<double>{-2.0, -0.3, 0.4, 1.7}}, {.second_order = true}));
  Tensor<double> x{100};
  GradientTape<double> tape;
  tape.watch(x);
  EXPECT_TRUE(tensors_near(tape.gradient(log1pexp(x), x), Tensor<double>{1.0}, 1e-15));
}

TEST(CustomGradient, OfAVariable) {
  const auto negated =
      custom_gradient([](const auto& x) { return x; }, [](const auto& dy, const auto&) { return -dy; });
  const Variable<float> v(Tensor<float>{1, 2}, "v");
  GradientTape tape;
  EXPECT_TRUE(tensors_equal(tape.gradient(negated(v), v), Tensor<float>{-1, -1}));
}

TEST(CustomGradient, UndefinedGradientsAreSkipped) {
  const auto first = custom_gradient([](const auto& a, const auto& b) { return a + b; },
                                     [](const auto& dy, const auto&, const auto&) {
                                       return std::array<Tensor<float>, 2>{dy, Tensor<float>()};
                                     });
  Tensor<float> a{1}, b{2};
  GradientTape tape;
  tape.watch(a);
  tape.watch(b);
  const auto gradients = tape.gradient(first(a, b), std::vector<Tensor<float>>{a, b});
  EXPECT_TRUE(tensors_equal(gradients[0], Tensor<float>{1}));
  EXPECT_FALSE(gradients[1].defined());
}

TEST(CustomGradient, OfAnotherShapeIsAnError) {
  const auto wrong =
      custom_gradient([](const auto& x) { return x; }, [](const auto& dy, const auto&) { return sum(dy); });
  Tensor<float> x{1, 2};
  GradientTape tape;
  tape.watch(x);
  const Tensor<float> y = wrong(x);
  EXPECT_TRUE(expect::error<ShapeError>([&] { tape.gradient(y, x); }, {"custom_gradient", "input 0", "()", "(2,)"}));
}

}  // namespace
