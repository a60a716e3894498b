#include <lamina/metrics/metric_by_shape.hpp>

#include "support/expect.hpp"

using namespace lamina;

namespace {

/// Returns the value that `metrics = {"accuracy"}` reports for a model whose predictions are its inputs.
double accuracy_of(const Tensor<float>& y_true, const Tensor<float>& y_pred) {
  Sequential model{Lambda([](const auto& x) { return x; })};
  model.compile(
      {.optimizer = "sgd", .loss = [](const auto&, const auto& p) { return sum(p); }, .metrics = {"accuracy"}});
  return model.test_on_batch(y_pred, y_true)["accuracy"];
}

}  // namespace

TEST(Accuracy, ChoosesItsKindFromTheShapes) {
  const Tensor<float> two{{0.6f, 0.4f}, {0.7f, 0.3f}, {0.1f, 0.9f}, {0.2f, 0.8f}};
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{0, 0, 0, 1}, two), 0.75) << "sparse";
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{{0}, {0}, {0}, {1}}, two), 0.75) << "sparse, with a last axis";
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{{1, 0}, {1, 0}, {1, 0}, {0, 1}}, two), 0.75) << "one-hot";
  const Tensor<float> one{{0.6f}, {0.7f}, {0.1f}, {0.2f}};
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{{1}, {1}, {0}, {1}}, one), 0.75) << "binary";
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{1, 1, 0, 1}, one), 0.75) << "binary, without a last axis";
}

TEST(MetricTable, CrossentropyIsChosenFromTheShapes) {
  const auto metric = MetricFamily<double>::Table::from_config("metric", "crossentropy");
  metric->update_state(Tensor{1., 0.}, Tensor{{0.2, 0.8}, {0.9, 0.1}});
  EXPECT_EQ(metric->class_name(), "SparseCategoricalCrossentropy");
  EXPECT_NEAR(metric->result(), -(std::log(0.8) + std::log(0.9)) / 2, 1e-12);
  const auto binary = MetricFamily<double>::Table::from_config("metric", "ce");
  binary->update_state(Tensor{1., 0.}, Tensor{{0.2}, {0.9}});
  EXPECT_EQ(binary->class_name(), "BinaryCrossentropy");
}
