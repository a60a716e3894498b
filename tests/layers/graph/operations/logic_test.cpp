#include <lamina/layers/graph/operations/logic.hpp>

#include "support/expect.hpp"
#include "support/operations.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::operations;

TEST(LogicOperations, ApplyToSymbolicTensorsAndRoundTripThroughConfigurations) {
  check_drawn("Equal", "numpy", [](const auto& a, const auto& b) { return equal(a, b); });
  check_drawn("NotEqual", "numpy", [](const auto& a, const auto&) { return not_equal(a, 0); });
  check_drawn("Greater", "numpy", [](const auto& a, const auto& b) { return a > b; });
  check_drawn("GreaterEqual", "numpy", [](const auto& a, const auto&) { return a >= 0.1; });
  check_drawn("Less", "numpy", [](const auto& a, const auto&) { return 0.1 < a; });
  check_drawn("LessEqual", "numpy", [](const auto& a, const auto& b) { return a <= b; });
  check_drawn("LogicalAnd", "numpy", [](const auto& a, const auto& b) { return logical_and(a > 0, b > 0); });
  check_drawn("LogicalOr", "numpy", [](const auto& a, const auto& b) { return logical_or(a > 0, b > 0); });
  check_drawn("LogicalXor", "numpy", [](const auto& a, const auto& b) { return logical_xor(a > 0, b > 0); });
  check_drawn("LogicalNot", "numpy", [](const auto& a, const auto&) { return logical_not(a > 0); });
  check_drawn("Where", "numpy", [](const auto& a, const auto& b) { return where(a > 0, b, 0); });
  check_drawn("Where", "numpy", [](const auto& a, const auto&) { return where(a > 0, 1, a); });
  check_drawn("Any", "numpy", [](const auto& a, const auto&) { return any(a > 0.5, {.axes = {-1}}); });
  check_drawn("All", "numpy",
              [](const auto& a, const auto&) { return all(a > -0.5, {.axes = {1}, .keepdims = true}); });
}

}  // namespace
