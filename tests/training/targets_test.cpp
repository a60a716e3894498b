#include <limits>

#include "support/expect.hpp"
#include "support/targets.hpp"

// How fit and evaluate pass targets, weights and masks to losses and metrics: built-in, user-defined, and in custom
// steps.

using namespace lamina;

namespace {

using namespace lamina::testing::targets;

const float NaN = std::numeric_limits<float>::quiet_NaN();

struct Squares : Loss<float> {
  std::string class_name() const override { return "Squares"; }
  Tensor<float> call(const Tensor<float>& t, const Tensor<float>& p) const override { return mean(square(t - p)); }
};

/// The train_step of the documentation, and a similar test_step.
struct Net : Model<float> {
  explicit Net(bool flat = false) : flat_(flat) {}
  Tensor<float> call(const Tensor<float>& x) const override {
    const Tensor<float> y = layer(x);
    return flat_ ? reshape(y, {-1}) : y;
  }
  float train_step(const Samples<float>& batch) override {
    GradientTape<float> tape;
    const Tensor<float> y = (*this)(batch.x, {.training = true});
    const Tensor<float> loss = mean(square(y - batch.y));
    const auto all = trainable_variables();
    optimizer().apply_gradients(tape.gradient(loss, all), all);
    track("mean_output", mean(y).item(), batch);
    return record(loss, batch, y);
  }
  float test_step(const Samples<float>& batch) override {
    const Tensor<float> y = (*this)(batch.x);
    return record(mean(square(y - batch.y)), batch, y);
  }
  Dense<float> layer{1, {.use_bias = false, .kernel_initializer = "ones"}};
  bool flat_;
};

}  // namespace

TEST(TargetsOfModels, OfRankOneAreThoseOfRankTwo) {
  const auto evaluated = [](LossArguments<float> loss, const Tensor<float>& y) {
    auto model = identity();
    model.compile({.optimizer = SGD(0.0), .loss = std::move(loss), .metrics = {squares, "mse"}});
    const Logs logs = model.evaluate(x, y), first = model.train_on_batch(x, y);
    EXPECT_NEAR(logs["metric_function"], expected, 1e-5);
    EXPECT_NEAR(logs["mse"], expected, 1e-5);
    EXPECT_NEAR(first["loss"], logs["loss"], 1e-6);
    EXPECT_NEAR(model.fit(x, y, {.verbose = 0})["loss"][0], logs["loss"], 1e-6);
    return logs["loss"];
  };
  for (const Tensor<float>& y : {flat, column}) {
    EXPECT_NEAR(evaluated(squares, y), expected, 1e-5) << "user-defined function";
    EXPECT_NEAR(evaluated([](const auto& t, const auto& p) { return mean(square(t - p)); }, y), expected, 1e-5);
    EXPECT_NEAR(evaluated(Squares(), y), expected, 1e-5) << "a custom class";
    EXPECT_NEAR(evaluated("mse", y), expected, 1e-5);
  }
}

TEST(TargetsOfModels, OfACustomStepHaveTheRankOfTheOutputs) {
  for (const bool flat_output : {false, true})
    for (const Tensor<float>& y : {flat, column}) {
      SCOPED_TRACE(::testing::Message() << flat_output << " " << y.shape());
      Net net(flat_output);
      net.compile({.optimizer = SGD(0.0), .metrics = {squares}});
      const History history = net.fit(x, y, {.verbose = 0, .validation_data = Samples<float>{x, y}});
      EXPECT_NEAR(history["loss"][0], expected, 1e-5);
      EXPECT_NEAR(history["val_loss"][0], expected, 1e-5);
      EXPECT_NEAR(history["metric_function"][0], expected, 1e-5);
      EXPECT_NEAR(net.evaluate(x, y)["loss"], expected, 1e-5);
      EXPECT_NEAR(net.train_on_batch(x, y)["loss"], expected, 1e-5);
      EXPECT_NEAR(net.test_on_batch(x, y)["loss"], expected, 1e-5);
      const ArrayBatches<float> batches({x, y}, {.batch_size = 2});
      EXPECT_NEAR(net.fit(batches, {.verbose = 0})["loss"][0], expected, 1e-5) << "from a source of batches";
    }
  // Sequences: (batch, steps) and (batch, steps, 1).
  Net net;
  net.compile({.optimizer = SGD(0.0)});
  const Tensor<float> steps = reshape(x, {1, 3, 1}), y = reshape(flat, {1, 3});
  EXPECT_NEAR(net.fit(steps, y, {.verbose = 0})["loss"][0], expected, 1e-5);
}

TEST(TargetsOfModels, OfAModelWithoutACallAreUnchanged) {
  struct Steps : Model<float> {
    float train_step(const Samples<float>& batch) override {
      shape = batch.y.shape();
      track("value", 1, batch);
      return 0;
    }
    Shape shape;
  } steps;
  steps.compile({.optimizer = SGD(0.1)});
  EXPECT_EQ(steps.fit(x, flat, {.verbose = 0})["value"][0], 1);
  EXPECT_EQ(steps.shape, Shape{3});
}

TEST(TargetsOfModels, OfLabelsArePassedToFunctions) {
  Sequential model{Input({3}), Activation("softmax")};
  const auto likelihood = [](const auto& labels, const auto& p) {
    return SparseCategoricalCrossentropy<float>()(labels, p);
  };
  model.compile({.optimizer = "sgd", .loss = likelihood, .metrics = {"sparse_categorical_crossentropy", likelihood}});
  const Logs logs = model.evaluate(expect::scattered<float>({4, 3}), Tensor{0.f, 2.f, 1.f, 1.f});
  EXPECT_FLOAT_EQ(static_cast<float>(logs["loss"]), static_cast<float>(logs["metric_function"]));
  EXPECT_FLOAT_EQ(static_cast<float>(logs["loss"]), static_cast<float>(logs["sparse_categorical_crossentropy"]));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        model.evaluate(expect::scattered<float>({4, 3}), Tensor<float>::ones({4, 3, 3}));
      },
      {"(4, 3, 3)", "(4, 3)"}));
}

TEST(ExcludedSamplesInModels, SamplesOfNoWeightAreIgnored) {
  // Sample 1 has no effect on losses, metrics, gradients and weights, whatever its values.
  const Tensor<float> weight{1.f, 0.f, 2.f}, bad{0.f, NaN, 7.f};
  const float infinite = std::numeric_limits<float>::infinity();
  const std::vector<LossArguments<float>> losses{"mse", "mae", "huber", squares, Squares()};
  for (std::size_t i = 0; i < losses.size(); ++i) {
    SCOPED_TRACE(i);
    const auto trained = [&](const Tensor<float>& y) {
      auto model = identity();
      model.compile({.optimizer = SGD(0.01), .loss = losses[i], .weighted_metrics = {"mse", "r2_score", errors}});
      const History history = model.fit(x, y, {.epochs = 3, .verbose = 0, .sample_weight = weight});
      const Logs logs = model.evaluate(x, y, {.sample_weight = weight});
      std::vector<double> all = history["loss"];
      for (const auto& entry : logs) all.push_back(entry.second);
      all.push_back(static_cast<double>(model.variables()[0].value().item()));
      return all;
    };
    const std::vector<double> of_nan = trained(bad), of_inf = trained(Tensor{0.f, infinite, 7.f});
    for (const double value : of_nan) EXPECT_TRUE(std::isfinite(value));
    EXPECT_EQ(of_nan, of_inf);
    if (i < 3) {
      EXPECT_EQ(of_nan, trained(flat));
    }
  }
}

TEST(ExcludedSamplesInModels, MaskedStepsAreIgnored) {
  // Steps of zeros are masked. Their targets are NaN or invalid classes.
  Tensor<float> sequences = expect::scattered<float>({2, 3, 2}), numbers = expect::scattered<float>({2, 3, 2}, 2),
                labels{{1.f, 0.f, -1.f}, {1.f, NaN, -1.f}}, any_numbers = numbers.copy(),
                any_labels{{1.f, 0.f, 0.f}, {1.f, 0.f, 0.f}};
  for (const Index step : {2, 4, 5})
    for (Index j = 0; j < 2; ++j) {
      sequences.mutable_data()[2 * step + j] = 0;
      numbers.mutable_data()[2 * step + j] = NaN;
    }
  const auto trained = [&](const char* loss, std::vector<MetricArgument<float>> metrics, const Tensor<float>& y) {
    clear_session();
    set_random_seed(1);
    Sequential model{Input({3, 2}), Masking(), Dense(2, "softmax")};
    model.compile({.optimizer = SGD(0.1), .loss = loss, .metrics = std::move(metrics)});
    const History history = model.fit(sequences, y, {.epochs = 3, .verbose = 0});
    std::vector<double> all = history["loss"];
    for (const auto& entry : model.evaluate(sequences, y)) all.push_back(entry.second);
    for (const auto& v : model.variables()) all.push_back(static_cast<double>(sum(v.value()).item()));
    for (const double value : all) EXPECT_TRUE(std::isfinite(value)) << loss;
    return all;
  };
  const std::vector<MetricArgument<float>> of_numbers{"mae", "mse", "binary_accuracy", "auc", "precision", errors},
      of_labels{"accuracy", "sparse_categorical_crossentropy"};
  for (const char* loss : {"mse", "categorical_crossentropy"})
    EXPECT_EQ(trained(loss, of_numbers, numbers), trained(loss, of_numbers, any_numbers)) << loss;
  EXPECT_EQ(trained("sparse_categorical_crossentropy", of_labels, labels),
            trained("sparse_categorical_crossentropy", of_labels, any_labels));
}
