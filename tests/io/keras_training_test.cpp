#include <lamina/io/keras_writer.hpp>

#include "support/keras_files.hpp"
#include "support/warnings.hpp"

using namespace lamina;

namespace {

using lamina::testing::keras_files::dense_model;
using lamina::testing::keras_files::in;
using lamina::testing_support::slurp;
using lamina::testing_support::TemporaryFolder;
using lamina::testing_support::Warnings;

template <class S>
std::vector<Tensor<S>> state_of(const Model<S>& model) {
  std::vector<Tensor<S>> values;
  for (const Variable<S>& v : model.optimizer().variables()) values.push_back(v.value().copy());
  return values;
}

/// Saves and loads a compiled model; its training goes on, bit for bit, as that of the model.
template <class S>
std::shared_ptr<Model<S>> goes_on(const TemporaryFolder& folder, Model<S>& model, const TensorList<S>& x,
                                  const TensorList<S>& y) {
  const std::string path = in(folder, "m.keras"), again = in(folder, "again.keras");
  const FitOptions<S> options{.batch_size = 4, .epochs = 3, .verbose = 0, .shuffle = false};
  const Warnings warnings;
  model.save(path);
  const std::shared_ptr<Model<S>> loaded = load_model<S>(path);
  EXPECT_EQ(warnings.count(), 0U) << warnings.text();
  EXPECT_TRUE(loaded->compiled());
  if (!loaded->compiled()) return loaded;
  EXPECT_EQ(loaded->optimizer().get_config(), model.optimizer().get_config());
  EXPECT_EQ(loaded->optimizer().steps(), model.optimizer().steps());
  EXPECT_EQ(loaded->optimizer().learning_rate(), model.optimizer().learning_rate());
  if (model.optimizer().steps() > 0) {
    EXPECT_TRUE(expect::same(state_of(*loaded), state_of(model)));
  }
  loaded->save(again);
  EXPECT_EQ(slurp(again).size(), slurp(path).size());
  const History expected = model.fit(x, y, options), got = loaded->fit(x, y, options);
  for (const auto& [name, values] : expected) EXPECT_EQ(got[name], values) << name;
  EXPECT_TRUE(expect::same(loaded->get_weights(), model.get_weights()));
  EXPECT_TRUE(expect::same(state_of(*loaded), state_of(model)));
  return loaded;
}

struct Regression {
  Tensor<float> x = expect::scattered<float>({12, 3}), y = expect::scattered<float>({12, 1}, 2);
};

Model<float> two_outputs() {
  auto x = Input<float>({3});
  auto hidden = x | Dense(4, "tanh");
  return Model<float>(
      x, {hidden | Dense(1, {.name = "price"}), hidden | Dense(2, {.activation = "softmax", .name = "kind"})});
}

TEST(KerasTraining, GoesOnWithASchedule) {
  const TemporaryFolder folder;
  const Regression data;
  auto model = dense_model();
  model.compile({.optimizer = Adam({.learning_rate = ExponentialDecay(
                                        {.initial_learning_rate = 0.05, .decay_steps = 3, .decay_rate = 0.7}),
                                    .amsgrad = true}),
                 .loss = "mse",
                 .metrics = {"mae"}});
  model.fit(data.x, data.y, {.batch_size = 4, .epochs = 2, .verbose = 0});
  const auto loaded = goes_on<float>(folder, model, data.x, data.y);
  EXPECT_FALSE(loaded->optimizer().has_constant_learning_rate());
}

TEST(KerasTraining, GoesOnWithAveragesAndAccumulation) {
  const TemporaryFolder folder;
  const Regression data;
  auto model = dense_model();
  model.compile({.optimizer = SGD({.learning_rate = 0.1,
                                   .momentum = 0.9,
                                   .clipnorm = 1,
                                   .use_ema = true,
                                   .ema_momentum = 0.9,
                                   .ema_overwrite_frequency = 2,
                                   .gradient_accumulation_steps = 2}),
                 .loss = "mse"});
  model.fit(data.x, data.y, {.batch_size = 4, .epochs = 1, .verbose = 0});  // an odd number of steps
  goes_on<float>(folder, model, data.x, data.y);
}

TEST(KerasTraining, GoesOnInDouble) {
  const TemporaryFolder folder;
  const Tensor<double> x = expect::scattered({12, 3}), y = expect::scattered({12, 1}, 2);
  Sequential<double> model{Input<double>({3}), Dense<double>(4, "tanh"), Dense<double>(1)};
  model.compile({.optimizer = Adam<double>({.learning_rate = 0.01}), .loss = "mse"});
  model.fit(x, y, {.batch_size = 4, .epochs = 2, .verbose = 0});
  goes_on<double>(folder, model, x, y);
}

TEST(KerasTraining, GoesOnWithAnAssignedLearningRate) {
  const TemporaryFolder folder;
  const Regression data;
  auto model = dense_model();
  model.compile({.optimizer = "rmsprop", .loss = "mse"});
  model.fit(data.x, data.y, {.batch_size = 4, .verbose = 0});
  model.optimizer().set_learning_rate(0.037);
  const auto loaded = goes_on<float>(folder, model, data.x, data.y);
  EXPECT_NEAR(loaded->optimizer().learning_rate(), 0.037, 1e-8);
}

TEST(KerasTraining, BeginsWhereTheFirstStepWasNotDone) {
  const TemporaryFolder folder;
  const Regression data;
  auto model = dense_model();
  model.compile({.optimizer = "adam", .loss = "mse"});
  goes_on<float>(folder, model, data.x, data.y);
}

TEST(KerasTraining, LeavesFrozenLayersOut) {
  const TemporaryFolder folder;
  const Regression data;
  auto model = dense_model();
  model.layers()[0]->set_trainable(false);
  model.compile({.optimizer = "adam", .loss = "mse"});
  model.fit(data.x, data.y, {.batch_size = 4, .verbose = 0});
  const auto loaded = goes_on<float>(folder, model, data.x, data.y);
  EXPECT_EQ(loaded->optimizer().variables().size(), 4U);
}

// ---- Every kind of argument

TEST(KerasTraining, KeepsObjects) {
  const TemporaryFolder folder;
  const Regression data;
  auto model = dense_model();
  model.compile({.optimizer = AdamW({.learning_rate = 0.02, .weight_decay = 0.1}),
                 .loss = Huber({.delta = 0.25}),
                 .metrics = {"mae", metrics::CosineSimilarity(), "mse"},
                 .weighted_metrics = {metrics::RootMeanSquaredError<float>("root")},
                 .loss_weights = {0.5}});
  model.fit(data.x, data.y, {.batch_size = 4, .verbose = 0});
  const auto loaded = goes_on<float>(folder, model, data.x, data.y);
  EXPECT_EQ(detail::compile_config_of(*loaded), detail::compile_config_of(model));
}

TEST(KerasTraining, KeepsArgumentsByOutput) {
  const TemporaryFolder folder;
  const Tensor<float> x = expect::scattered<float>({12, 3}), y = expect::scattered<float>({12, 1}, 2);
  Tensor<float> kind = Tensor<float>::zeros({12, 2});
  for (Index i = 0; i < 12; ++i) kind.mutable_data()[2 * i + i % 2] = 1;
  {
    auto model = two_outputs();
    model.compile({.optimizer = "adam",
                   .loss = {{"price", "mse"}, {"kind", CategoricalCrossentropy({.label_smoothing = 0.1})}},
                   .metrics = {{"kind", {"accuracy", "mse"}}, {"price", {"mae"}}},
                   .loss_weights = {{"kind", 0.25}}});
    model.fit({x}, {y, kind}, {.batch_size = 4, .verbose = 0});
    const auto loaded = goes_on<float>(folder, model, {x}, {y, kind});
    EXPECT_EQ(detail::compile_config_of(*loaded), detail::compile_config_of(model));
  }
  {
    auto model = two_outputs();
    model.compile({.optimizer = "adam",
                   .loss = {"mse", "categorical_crossentropy"},
                   .metrics = {"mae", "accuracy"},
                   .loss_weights = {1, 0.5}});
    model.fit({x}, {y, kind}, {.batch_size = 4, .verbose = 0});
    const auto loaded = goes_on<float>(folder, model, {x}, {y, kind});
    EXPECT_EQ(detail::compile_config_of(*loaded), detail::compile_config_of(model));
  }
  {
    auto model = two_outputs();
    model.compile({.optimizer = "adam", .loss = {{"price", "mse"}}});  // no loss for the other
    model.fit({x}, {y, kind}, {.batch_size = 4, .verbose = 0});
    goes_on<float>(folder, model, {x}, {y, kind});
  }
}

TEST(KerasTraining, KeepsAModelWithoutLoss) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  auto model = dense_model();
  model.compile({.optimizer = "sgd"});
  model.save(path);
  const auto loaded = load_model<float>(path);
  EXPECT_TRUE(loaded->compiled());
  EXPECT_EQ(loaded->optimizer().class_name(), "SGD");
}

TEST(KerasTraining, IsOptional) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  const Regression data;
  auto model = dense_model();
  model.compile({.optimizer = "adam", .loss = "mse"});
  model.fit(data.x, data.y, {.verbose = 0});
  model.save(path);
  const auto loaded = load_model<float>(path, {.compile = false});
  EXPECT_FALSE(loaded->compiled());
  EXPECT_TRUE(expect::same(loaded->get_weights(), model.get_weights()));

  // A loss that has no configuration cannot be saved; the old file stays.
  const std::string before = slurp(path);
  model.compile({.optimizer = "adam", .loss = [](const auto& target, const auto& prediction) {
                   return mean(square(target - prediction), {.axes = {-1}});
                 }});
  EXPECT_TRUE(expect::error<ValueError>([&] { model.save(path); }, {"function", "loss", "register_custom_object"}));
  EXPECT_EQ(slurp(path), before);
}

TEST(KerasTraining, WarnsOfTheStateOfAnotherOptimizer) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  const Regression data;
  auto model = dense_model();
  model.compile({.optimizer = "adam", .loss = "mse"});
  model.fit(data.x, data.y, {.verbose = 0});
  StoredModel stored = detail::stored_model(model);
  stored.compile_config = detail::compile_config_of(model);
  stored.optimizer = detail::stored_optimizer(model.optimizer());
  stored.optimizer->variables.pop_back();
  detail::write_keras_archive(path, stored);
  {
    const Warnings warnings;
    const auto loaded = load_model<float>(path);
    EXPECT_EQ(warnings.count(), 1U);
    EXPECT_NE(
        warnings.text().find("m.keras\", model.weights.h5: the optimizer has 9 variables in the file, and 10 in the "
                             "model. Its state is not restored"),
        std::string::npos)
        << warnings.text();
    EXPECT_TRUE(loaded->compiled());
    EXPECT_EQ(loaded->optimizer().steps(), 0);
    EXPECT_TRUE(expect::same(loaded->get_weights(), model.get_weights()));
  }
  stored.optimizer = detail::stored_optimizer(model.optimizer());
  stored.optimizer->steps = -1;
  detail::write_keras_archive(path, stored);
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(path); },
                                     {"m.keras", "the optimizer's iteration: expected an integer >= 0, got -1"}));
  stored.optimizer->steps = 1;
  stored.optimizer->learning_rate = -0.5;
  detail::write_keras_archive(path, stored);
  EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(path); },
                                        {"load_model \"", "m.keras", "learning_rate: expected", "got -0.5"}));
}

TEST(KerasTraining, RefusesAnUnknownCompiledState) {
  const TemporaryFolder folder;
  const std::string path = in(folder, "m.keras");
  auto model = dense_model();
  model.compile({.optimizer = "adam", .loss = "mse"});
  const auto refused = [&](const char* name, const Config& value, std::initializer_list<const char*> words) {
    StoredModel stored = detail::stored_model(model);
    stored.compile_config = detail::compile_config_of(model);
    stored.compile_config[name] = value;
    detail::write_keras_archive(path, stored);
    EXPECT_TRUE(expect::error<ValueError>([&] { load_model<float>(path); }, words)) << name;
    EXPECT_FALSE(load_model<float>(path, {.compile = false})->compiled());
  };
  Config unknown = Config::map(), by_output = Config::map();
  unknown["class_name"] = "Best";
  unknown["config"] = Config::map();
  by_output["elsewhere"] = "mse";
  refused("optimizer", unknown, {"load_model \"", "m.keras", "Best"});
  refused("loss", "best", {"load_model \"", "m.keras", "best"});
  refused("loss", by_output, {"load_model \"", "m.keras", "loss: there is no output \"elsewhere\""});
  refused("metrics", Config::list({"best"}), {"load_model \"", "m.keras", "best"});
  refused("unheard_of", 1, {"load_model \"", "m.keras", "unknown argument \"unheard_of\""});
}

}  // namespace
