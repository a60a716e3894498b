#include <lamina/layers/graph/operations/arithmetic.hpp>

#include "support/expect.hpp"
#include "support/operations.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::operations;

TEST(ArithmeticOperations, ApplyToSymbolicTensorsAndRoundTripThroughConfigurations) {
  check_drawn("Add", "numpy", [](const auto& a, const auto& b) { return a + b; });
  check_drawn("Add", "numpy", [](const auto& a, const auto&) { return 2 + a; });
  check_drawn("Subtract", "numpy", [](const auto& a, const auto&) { return a - 0.5; });
  check_drawn("Subtract", "numpy", [](const auto& a, const auto&) { return 1 - a; });
  check_drawn("Multiply", "numpy", [](const auto& a, const auto& b) { return a * b; });
  check_drawn("TrueDivide", "numpy", [](const auto& a, const auto&) { return 3.0f / a; });
  check_drawn("Power", "numpy", [](const auto& a, const auto&) { return pow(a, 2); });
  check_drawn("Maximum", "numpy", [](const auto& a, const auto&) { return maximum(a, 0.1); });
  check_drawn("Maximum", "numpy", [](const auto& a, const auto& b) { return maximum(a, b); });
  check_drawn("Minimum", "numpy", [](const auto& a, const auto&) { return minimum(0.1, a); });
  check_drawn("Negative", "numpy", [](const auto& a, const auto&) { return -a; });
  check_drawn("Absolute", "numpy", [](const auto& a, const auto&) { return abs(a); });
  check_drawn("Square", "numpy", [](const auto& a, const auto&) { return square(a); });
  check_drawn("Sqrt", "numpy", [](const auto& a, const auto&) { return sqrt(a + 2); });
  check_drawn("Exp", "numpy", [](const auto& a, const auto&) { return exp(a); });
  check_drawn("Log", "numpy", [](const auto& a, const auto&) { return log(a + 2); });
  check_drawn("Log1p", "numpy", [](const auto& a, const auto&) { return log1p(a + 1); });
  check_drawn("Sin", "numpy", [](const auto& a, const auto&) { return sin(a); });
  check_drawn("Cos", "numpy", [](const auto& a, const auto&) { return cos(a); });
  check_drawn("Tanh", "numpy", [](const auto& a, const auto&) { return tanh(a); });
  check_drawn("Sign", "numpy", [](const auto& a, const auto&) { return sign(a); });
  check_drawn("Clip", "numpy", [](const auto& a, const auto&) { return clip(a, -0.5, 0.25); });
  check_drawn("Erf", "math", [](const auto& a, const auto&) { return erf(a); });
  check_drawn("Matmul", "numpy", [](const auto& a, const auto& b) { return matmul(a, b, {.transpose_b = true}); });
  check_drawn("StopGradient", "core", [](const auto& a, const auto&) { return stop_gradient(a); });
}

TEST(KerasOperations, TakeNumbersOnEitherSideByPositionAndByName) {
  const auto subtract = [](Config call) { return result_of(model_with(entry(numpy, "Subtract", "y", {}, {call}))); };
  const Config x = tensor_from("x");
  EXPECT_TRUE(expect::same(subtract(call_of({x, 2})), xa - 2));
  EXPECT_TRUE(expect::same(subtract(call_of({1.5, x})), 1.5 - xa));
  EXPECT_TRUE(expect::same(subtract(call_of({x}, map_of({{"x2", 0.5}}))), xa - 0.5));
  EXPECT_TRUE(expect::same(subtract(call_of({}, map_of({{"x2", x}, {"x1", 4}}))), 4 - xa));
  EXPECT_TRUE(expect::same(subtract(call_of({x, true})), xa - 1));
  const Config row = Config::list({1, 2.5, 4});
  EXPECT_TRUE(expect::same(subtract(call_of({x, row})), xa - Tensor<float>{1, 2.5, 4}));
  const Config array = named_config("__numpy__", map_of({{"value", row}, {"dtype", "float32"}}));
  EXPECT_TRUE(expect::same(subtract(call_of({array, x})), Tensor<float>{1, 2.5, 4} - xa));
}

}  // namespace
