#include <lamina/layers/graph/operations/reductions.hpp>

#include "support/expect.hpp"
#include "support/operations.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::operations;

TEST(ReductionOperations, ApplyToSymbolicTensorsAndRoundTripThroughConfigurations) {
  check_drawn("Sum", "numpy", [](const auto& a, const auto&) { return sum(a, {.axes = {1, 2}}); });
  check_drawn("Sum", "numpy", [](const auto& a, const auto&) { return sum(a); });
  check_drawn("Mean", "numpy", [](const auto& a, const auto&) { return mean(a, {.axes = {-1}, .keepdims = true}); });
  check_drawn("Max", "numpy", [](const auto& a, const auto&) { return (max)(a, {.axes = {1}}); });
  check_drawn("Min", "numpy", [](const auto& a, const auto&) { return (min)(a, {.axes = {0}}); });
  check_drawn("Var", "numpy", [](const auto& a, const auto&) { return variance(a, {.axes = {1}}); });
  check_drawn("Std", "numpy", [](const auto& a, const auto&) { return stddev(a, {.axes = {1}}); });
  check_drawn("Argmax", "numpy", [](const auto& a, const auto&) { return argmax(a); });
  check_drawn("Argmin", "numpy", [](const auto& a, const auto&) { return argmin(a, 1); });
  check_drawn("Logsumexp", "math", [](const auto& a, const auto&) { return logsumexp(a, 1); });
}

}  // namespace
