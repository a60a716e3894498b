#include <lamina/layers/graph/operations/nn.hpp>

#include "support/expect.hpp"
#include "support/operations.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::operations;

TEST(NeuralNetworkOperations, ApplyToSymbolicTensorsAndRoundTripThroughConfigurations) {
  check_drawn("Relu", "nn", [](const auto& a, const auto&) { return relu(a); });
  check_drawn("Sigmoid", "nn", [](const auto& a, const auto&) { return sigmoid(a); });
  check_drawn("Softplus", "nn", [](const auto& a, const auto&) { return softplus(a); });
  check_drawn("Softmax", "nn", [](const auto& a, const auto&) { return softmax(a, 1); });
  check_drawn("LogSoftmax", "nn", [](const auto& a, const auto&) { return log_softmax(a); });
  check_drawn("Normalize", "nn", [](const auto& a, const auto&) { return l2_normalize(a); });
}

}  // namespace
