#include <lamina/metrics/metric_function.hpp>
#include <limits>

#include "support/expect.hpp"
#include "support/targets.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::targets;

double largest_error(const Tensor<float>& t, const Tensor<float>& p) {
  return static_cast<double>((max)(abs(t - p)).item());
}

}  // namespace

TEST(MetricFunctions, AcceptFunctionsOfAllKinds) {
  struct Functor {
    Tensor<float> operator()(const Tensor<float>& t, const Tensor<float>& p) const { return square(t - p); }
  };
  const auto generic = [](const auto& t, const auto& p) { return abs(t - p); };
  const auto plain = [](const Tensor<float>& t, const Tensor<float>& p) { return (max)(abs(t - p)); };
  auto model = identity();
  model.compile(
      {.optimizer = "sgd",
       .loss = squares,
       .metrics = {errors, generic, plain, Functor(), &largest_error, "mae", MetricFunction(errors, "mine")}});
  const Logs logs = model.evaluate(x, flat);
  std::string names;
  for (const auto& [name, value] : logs) names += name + " ";
  EXPECT_EQ(names,
            "loss metric_function metric_function_1 metric_function_2 metric_function_3 metric_function_4 mae mine ");
  EXPECT_NEAR(logs["metric_function"], 4.0 / 3, 1e-6);
  EXPECT_NEAR(logs["metric_function_1"], 4.0 / 3, 1e-6);
  EXPECT_NEAR(logs["metric_function_2"], 3, 1e-6);
  EXPECT_NEAR(logs["metric_function_3"], expected, 1e-6);
  EXPECT_NEAR(logs["metric_function_4"], 3, 1e-6);
  EXPECT_EQ(logs["mine"], logs["mae"]);
  // A scalar value of a batch is weighted by its number of samples: 1 for two samples, 3 for the third.
  EXPECT_NEAR(model.evaluate(x, flat, {.batch_size = 2})["metric_function_2"], (2 * 1.0 + 3) / 3, 1e-6);
}

TEST(MetricFunctions, OfOutputsAndOfWeights) {
  const auto in = Input({1});
  const auto one = Dense(1, {.use_bias = false, .kernel_initializer = "ones", .name = "one"}),
             two = Dense(1, {.use_bias = false, .kernel_initializer = "ones", .name = "two"});
  Model model(std::vector{in}, {in | one, in | two});
  model.compile({.optimizer = "sgd",
                 .loss = {{"one", squares}, {"two", "mae"}},
                 .metrics = {{"one", {errors, "mae"}}, {"two", {squares}}},
                 .weighted_metrics = {{"two", {errors, squares}}}});
  const Logs logs = model.evaluate(x, {flat, column}, {.sample_weight = Tensor{1.f, 1.f, 2.f}});
  EXPECT_NEAR(logs["one_metric_function"], 4.0 / 3, 1e-6);
  EXPECT_EQ(logs["one_metric_function"], logs["one_mae"]);
  EXPECT_NEAR(logs["two_metric_function"], expected, 1e-6);
  EXPECT_NEAR(logs["two_weighted_metric_function"], (1 + 2 * 3) / 4.0, 1e-6);
  EXPECT_NEAR(logs["two_weighted_metric_function_1"], expected, 1e-6) << "one value per batch";
  model.compile({.loss = {"mse", "mse"}, .metrics = {errors, squares}});
  EXPECT_TRUE(model.evaluate(x, {flat, column}).contains("two_metric_function"));
}
