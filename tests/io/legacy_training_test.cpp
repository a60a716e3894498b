#include <memory>
#include <string>
#include <utility>
#include <vector>
#include "support/load_model.hpp"

#include "support/expect.hpp"
#include "support/legacy_file.hpp"
#include "support/temporary_file.hpp"
#include "support/warnings.hpp"

// The training configuration and the state of the optimizer in legacy .h5 files of Keras 1 to 3.

using namespace lamina;

namespace {

using lamina::testing_support::LegacyFile;
using lamina::testing_support::TemporaryFolder;
using lamina::testing_support::Warnings;
using State = std::vector<Tensor<float>>;

const Tensor<float>& inputs() {
  static const auto& x = *new Tensor<float>(expect::scattered<float>({16, 3}, 5));
  return x;
}
const Tensor<float>& targets() {
  static const auto& y = *new Tensor<float>(expect::scattered<float>({16, 1}, 6));
  return y;
}
template <class M>
void train(M& model, Index epochs) {
  model.fit(inputs(), targets(), {.batch_size = 16, .epochs = epochs, .verbose = 0, .shuffle = false});
}

const char* const layers = R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
  {"class_name": "Dense", "config": {"name": "a", "units": 4, "activation": "tanh", "batch_input_shape": [null, 3]}},
  {"class_name": "Dense", "config": {"name": "b", "units": 1}}]}})";

/// A model that was trained for some steps, its file, and the model of the file.
struct Trained {
  explicit Trained(const OptimizerArgument<float>& optimizer) : path(folder.path() + "/m.h5") {
    model.compile({.optimizer = optimizer, .loss = "mse"});
    train(model, 3);
    for (const Variable<float>& v : model.optimizer().variables()) state.push_back(v.value().detached());
  }
  /// Writes the file: `training` is training_config, and `names` and `values` are the state of the optimizer.
  void write(const std::string& training, const std::vector<std::string>& names = {}, const State& values = {}) {
    const auto weights = model.get_weights();
    LegacyFile file(path);
    file.string("", "keras_version", "2.2.4");
    file.string("", "model_config", layers);
    if (!training.empty()) file.string("", "training_config", training);
    file.string("model_weights", "keras_version", "2.2.4");
    file.layers("model_weights", {{"a", {{"a/kernel:0", weights[0]}, {"a/bias:0", weights[1]}}},
                                  {"b", {{"b/kernel:0", weights[2]}, {"b/bias:0", weights[3]}}}});
    if (names.empty()) return;
    file.strings("optimizer_weights", "weight_names", names);
    for (std::size_t i = 0; i < names.size(); ++i) file.dataset("optimizer_weights/" + names[i], values[i]);
  }
  /// Checks that the loaded model goes on as if it had never stopped.
  void expect_goes_on() {
    const Warnings warnings;
    const auto loaded = load_model<float>(path);
    EXPECT_EQ(warnings.text(), "");
    ASSERT_TRUE(loaded->compiled());
    train(*loaded, 3);
    train(model, 3);
    EXPECT_TRUE(expect::same(loaded->get_weights(), model.get_weights()));
  }

  TemporaryFolder folder;
  std::string path;
  Sequential<float> model{Dense(4, "tanh"), Dense(1)};
  State state;
};

std::string training(const std::string& optimizer, const std::string& arguments, const std::string& loss = "\"mse\"",
                     const std::string& metrics = "[]") {
  return text("{\"optimizer_config\": {\"class_name\": \"", optimizer, "\", \"config\": {", arguments,
              "}}, \"loss\": ", loss, ", \"metrics\": ", metrics,
              ", \"sample_weight_mode\": null, \"loss_weights\": null}");
}
/// Names for states of these kinds of all four weights, one kind after the other.
std::vector<std::string> by_kind(const std::vector<std::string>& kinds) {
  std::vector<std::string> names;
  for (const std::string& kind : kinds)
    for (const char* weight : {"a/kernel", "a/bias", "b/kernel", "b/bias"})
      names.push_back(text("training/", weight, "/", kind, ":0"));
  return names;
}
/// The states of two kinds, one after the other for each weight, as one kind after the other.
State by_kind(const State& interleaved) {
  State all;
  for (const std::size_t kind : {0U, 1U})
    for (std::size_t i = 0; i < 4; ++i) all.push_back(interleaved[2 * i + kind]);
  return all;
}
template <class T>
std::vector<T> with_first(T first, std::vector<T> others) {
  others.insert(others.begin(), std::move(first));
  return others;
}

TEST(LegacyTraining, RestoresAdamOfTensorFlow) {
  Trained trained(Adam<float>({.learning_rate = 0.05}));
  const std::string config = training("Adam", R"("name": "Adam", "learning_rate": 0.05, "decay": 0.0, "beta_1": 0.9,
    "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": false)");
  trained.write(config, with_first<std::string>("Adam/iter:0", by_kind(std::vector<std::string>{"m", "v"})),
                with_first(Tensor<float>(3), by_kind(trained.state)));
  trained.expect_goes_on();
}

TEST(LegacyTraining, RestoresAdamOfTensorFlow211) {
  Trained trained(Adam<float>({.learning_rate = 0.05}));
  std::vector<std::string> names{"iteration:0"};
  for (const char* weight : {"a/kernel", "a/bias", "b/kernel", "b/bias"})
    for (const char* kind : {"m", "v"}) names.push_back(text("Adam/", kind, "/", weight, ":0"));
  trained.write(training("Custom>Adam", R"("name": "Adam", "weight_decay": null, "clipnorm": null,
    "global_clipnorm": null, "clipvalue": null, "use_ema": false, "ema_momentum": 0.99, "ema_overwrite_frequency": null,
    "jit_compile": true, "is_legacy_optimizer": false, "learning_rate": 0.05, "beta_1": 0.9, "beta_2": 0.999,
    "epsilon": 1e-07, "amsgrad": false)"),
                names, with_first(Tensor<float>(3), trained.state));
  trained.expect_goes_on();
}

TEST(LegacyTraining, RestoresAdamOfKeras2WithUnusedElements) {
  Trained trained(Adam<float>({.learning_rate = 0.05, .epsilon = 1e-8}));
  State values = by_kind(trained.state);
  for (int i = 0; i < 4; ++i) values.push_back(Tensor<float>::zeros({1}));
  trained.write(training("Adam", R"("lr": 0.05, "beta_1": 0.9, "beta_2": 0.999, "decay": 0.0, "epsilon": 1e-08,
    "amsgrad": false)"),
                with_first<std::string>("Adam/iterations:0", by_kind(std::vector<std::string>{"m", "v", "vhat"})),
                with_first(Tensor<float>(3), values));
  trained.expect_goes_on();
}

TEST(LegacyTraining, RestoresOptimizersWithOneKindOfState) {
  Trained momentum(SGD<float>({.learning_rate = 0.05, .momentum = 0.9}));
  momentum.write(training("SGD", R"("lr": 0.05, "momentum": 0.9, "decay": 0.0, "nesterov": false)"),
                 with_first<std::string>("SGD/iterations:0", by_kind(std::vector<std::string>{"momentum"})),
                 with_first(Tensor<float>(3), momentum.state));
  momentum.expect_goes_on();

  Trained plain(SGD<float>({.learning_rate = 0.05}));  // Keras 2 stores momenta that it does not use
  State unused;
  for (const Tensor<float>& w : plain.model.get_weights()) unused.push_back(Tensor<float>::zeros(w.shape()));
  plain.write(training("SGD", R"("lr": 0.05, "momentum": 0.0, "decay": 0.0, "nesterov": false)"),
              with_first<std::string>("SGD/iterations:0", by_kind(std::vector<std::string>{"momentum"})),
              with_first(Tensor<float>(3), unused));
  plain.expect_goes_on();

  Trained rmsprop(RMSprop<float>({.learning_rate = 0.05, .rho = 0.8}));  // without the number of steps
  rmsprop.write(training("RMSprop", R"("lr": 0.05, "rho": 0.8, "decay": 0.0, "epsilon": 1e-07)"),
                by_kind(std::vector<std::string>{"rms"}), rmsprop.state);
  rmsprop.expect_goes_on();
}

TEST(LegacyTraining, RestoresAdadeltaAndFtrl) {
  Trained adadelta(Adadelta<float>({.learning_rate = 1.0}));
  adadelta.write(
      training("Adadelta", R"("learning_rate": 1.0, "decay": 0.0, "rho": 0.95, "epsilon": 1e-07)"),
      with_first<std::string>("Adadelta/iter:0", by_kind(std::vector<std::string>{"accum_grad", "accum_var"})),
      with_first(Tensor<float>(3), by_kind(adadelta.state)));
  adadelta.expect_goes_on();
  Trained ftrl(Ftrl<float>({.learning_rate = 0.1}));
  std::vector<std::string> names{"Ftrl/iter:0"};
  for (const char* weight : {"a/kernel", "a/bias", "b/kernel", "b/bias"})
    for (const char* kind : {"accumulator", "linear"}) names.push_back(text("Ftrl/", weight, "/", kind, ":0"));
  ftrl.write(training("Ftrl", R"("learning_rate": 0.1, "decay": 0.0)"), names,
             with_first(Tensor<float>(3), ftrl.state));
  ftrl.expect_goes_on();
}

TEST(LegacyTraining, ComputesTheProductOfNadam) {
  Trained trained(Nadam<float>({.learning_rate = 0.02}));
  std::vector<std::string> names = by_kind(std::vector<std::string>{"m", "v"});
  names = with_first<std::string>("Nadam/iter:0", with_first<std::string>("Nadam/momentum_cache:0", names));
  trained.write(training("Nadam", R"("learning_rate": 0.02, "decay": 0.004, "beta_1": 0.9, "beta_2": 0.999,
    "epsilon": 1e-07)"),
                names, with_first(Tensor<float>(3), with_first(Tensor<float>(0.5F), by_kind(trained.state))));
  const Warnings warnings;
  const auto loaded = load_model<float>(trained.path);
  EXPECT_EQ(warnings.text(), "");
  EXPECT_TRUE(loaded->optimizer().has_constant_learning_rate());
  const auto& variables = loaded->optimizer().variables();
  ASSERT_EQ(variables.size(), trained.state.size());
  for (std::size_t i = 0; i < variables.size(); ++i)
    EXPECT_TRUE(expect::near(variables[i].value(), trained.state[i], {1e-6, 0})) << i;
}

TEST(LegacyTraining, DecayIsASchedule) {
  Trained trained(SGD<float>(
      {.learning_rate = InverseTimeDecay({.initial_learning_rate = 0.1, .decay_steps = 1, .decay_rate = 0.5})}));
  trained.write(training("SGD", R"("lr": 0.1, "momentum": 0.0, "decay": 0.5, "nesterov": false)"), {"iterations:0"},
                {Tensor<float>(3)});
  trained.expect_goes_on();
}

TEST(LegacyTraining, WarnsOfAStateThatDoesNotFit) {
  Trained trained(Adam<float>({.learning_rate = 0.05}));
  const std::string config = training("Adam", "\"learning_rate\": 0.05");
  const State values = with_first(Tensor<float>(3), by_kind(trained.state));
  const auto names = with_first<std::string>("Adam/iter:0", by_kind(std::vector<std::string>{"m", "v"}));
  const auto expect_new = [&](const char* words) {
    const Warnings warnings;
    const auto loaded = load_model<float>(trained.path);
    EXPECT_TRUE(loaded->compiled());
    EXPECT_EQ(loaded->optimizer().steps(), 0);
    EXPECT_EQ(warnings.count(), 1U);
    EXPECT_NE(warnings.text().find(words), std::string::npos) << warnings.text();
  };
  trained.write(config, {names.begin(), names.end() - 1}, {values.begin(), values.end() - 1});
  expect_new("has 7 variables in the file, and 8 in the model");
  State other = values;
  other[2] = Tensor<float>::zeros({7});
  trained.write(config, names, other);
  expect_new("of shape (7,)");
  {
    LegacyFile file(trained.path);
    file.string("", "model_config", layers);
    file.string("", "training_config", config);
    const auto weights = trained.model.get_weights();
    file.layers("model_weights",
                {{"a", {{"a_W", weights[0]}, {"a_b", weights[1]}}}, {"b", {{"b_W", weights[2]}, {"b_b", weights[3]}}}});
    file.strings("optimizer_weights", "weight_names", {"Adam/iter:0"});
  }
  expect_new("lacks the dataset \"optimizer_weights/Adam/iter:0\"");
}

TEST(LegacyTraining, ReadsLossesAndMetrics) {
  Trained trained(SGD<float>({.learning_rate = 0.05}));
  const std::string sgd = R"("lr": 0.05, "momentum": 0.0, "decay": 0.0, "nesterov": false)";
  const char* const object = R"({"class_name": "MeanSquaredError", "config": {"reduction": "auto",
    "name": "mean_squared_error", "fn": "mean_squared_error"}})";
  trained.write(training("SGD", sgd, object, R"([[{"class_name": "MeanMetricWrapper", "config": {"name": "error",
    "dtype": "float32", "fn": "mean_absolute_error"}}]])"));
  auto loaded = load_model<float>(trained.path);
  const auto logs = loaded->evaluate(inputs(), targets(), {.verbose = 0});
  const Tensor<float> error = loaded->predict(inputs()) - targets();
  EXPECT_NEAR(logs["loss"], mean(square(error)).item(), 1e-6);
  EXPECT_NEAR(logs["error"], mean(abs(error)).item(), 1e-6);

  trained.write(training("SGD", sgd, "\"mean_squared_error\"", R"(["mae", "accuracy"])"));
  loaded = load_model<float>(trained.path);
  EXPECT_EQ(loaded->evaluate(inputs(), targets(), {.verbose = 0}).size(), 3U);
}

TEST(LegacyTraining, MetricsHoldForAllOutputs) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.h5";
  {
    LegacyFile file(path);
    file.string("", "model_config", R"({"class_name": "Model", "config": {"name": "m", "layers": [
      {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 3], "name": "x"}, "name": "x",
       "inbound_nodes": []},
      {"class_name": "Dense", "config": {"name": "a", "units": 1}, "name": "a", "inbound_nodes": [[["x", 0, 0, {}]]]},
      {"class_name": "Dense", "config": {"name": "b", "units": 1}, "name": "b", "inbound_nodes": [[["x", 0, 0, {}]]]}],
      "input_layers": [["x", 0, 0]], "output_layers": [["a", 0, 0], ["b", 0, 0]]}})");
    file.string("", "training_config", training("SGD", "\"lr\": 0.1", R"({"a": "mse", "b": "mae"})", R"(["mae"])"));
    file.layers("model_weights",
                {{"a", {{"a_W", expect::scattered<float>({3, 1})}, {"a_b", Tensor<float>::zeros({1})}}},
                 {"b", {{"b_W", expect::scattered<float>({3, 1})}, {"b_b", Tensor<float>::zeros({1})}}}});
  }
  const auto loaded = load_model<float>(path);
  const auto logs =
      loaded->evaluate(TensorList<float>({inputs()}), TensorList<float>({targets(), targets()}), {.verbose = 0});
  EXPECT_EQ(logs["a_mae"], logs["b_mae"]);
  EXPECT_GT(logs["a_mae"], 0);
}

TEST(LegacyTraining, FindsTheOutputOfASequentialByItsLayer) {
  Trained trained(SGD<float>({.learning_rate = 0.05}));
  trained.write(training("SGD", "\"lr\": 0.05", R"({"b": "mse"})", R"({"b": ["mae"]})"));
  const auto loaded = load_model<float>(trained.path);
  const auto logs = loaded->evaluate(inputs(), targets(), {.verbose = 0});
  const Tensor<float> error = loaded->predict(inputs()) - targets();
  EXPECT_NEAR(logs["loss"], mean(square(error)).item(), 1e-6);
  EXPECT_NEAR(logs["mae"], mean(abs(error)).item(), 1e-6);
}

TEST(LegacyTraining, IsOptional) {
  Trained trained(SGD<float>({.learning_rate = 0.05}));
  trained.write("");
  EXPECT_FALSE(load_model<float>(trained.path)->compiled());
  trained.write(training("Addons>LazyAdam", "\"learning_rate\": 0.1"));
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(trained.path); },
                                        {"m.h5", "Addons>LazyAdam", ".compile = false"}));
  EXPECT_FALSE(load_model<float>(trained.path, {.compile = false})->compiled());
  trained.write(training("SGD", "\"lr\": 0.1", "\"mine\""));
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(trained.path); },
                                        {"m.h5", "unknown loss \"mine\"", ".compile = false"}));
  trained.write("{\"loss\": \"mse\"}");
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(trained.path); },
                                     {"m.h5", "training_config", "optimizer_config", ".compile = false"}));
  trained.write("{\"loss\": ");
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(trained.path); }, {"m.h5", "training_config", "JSON"}));
}

TEST(LegacyTraining, LossScalesOfKeras3AreLeftOut) {
  Trained trained(SGD<float>({.learning_rate = 0.05, .momentum = 0.9}));
  std::vector<std::string> names{"l/iteration",     "l/learning_rate", "l/step_counter",
                                 "l/dynamic_scale", "sgd/iteration",   "sgd/learning_rate"};
  for (const std::string& name : by_kind(std::vector<std::string>{"momentum"})) names.push_back(name);
  State values{Tensor<float>(3),      Tensor<float>(0.0F), Tensor<float>(0.0F),
               Tensor<float>(256.0F), Tensor<float>(3),    Tensor<float>(0.05F)};
  values.insert(values.end(), trained.state.begin(), trained.state.end());
  trained.write(training("LossScaleOptimizer", R"("name": "l", "initial_scale": 256.0, "dynamic_growth_steps": 2000,
    "inner_optimizer": {"module": "keras.optimizers", "class_name": "SGD", "config": {"name": "sgd",
    "learning_rate": 0.05, "momentum": 0.9}})"),
                names, values);
  const auto loaded = load_model<float>(trained.path);
  train(*loaded, 2);
  train(trained.model, 2);
  EXPECT_TRUE(expect::same(loaded->get_weights(), trained.model.get_weights()));
}

}  // namespace
