// Invalid input: the error text is helpful, and the model is unchanged and usable afterwards.
#include "support/expect.hpp"
#include "support/warnings.hpp"

using namespace lamina;

namespace {

const Tensor<float> x = expect::scattered<float>({8, 3}, 1);
const Tensor<float> labels{0, 1, 2, 0, 1, 2, 0, 1};

class Errors : public ::testing::Test {
 protected:
  Errors() : model{Dense(4, "relu"), Dense(3, "softmax")} {
    clear_session();
    model.set_name("classifier");
    model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
    model.fit(x, labels, {.epochs = 2, .verbose = 0});
  }

  /// Checks that the action throws an error with this text, and that the model has not changed.
  template <class Kind, class Action>
  void refuses(const Action& action, std::initializer_list<const char*> words) {
    const auto weights = model.get_weights();
    const Tensor<float> outputs = model.predict(x);
    const Index iterations = model.optimizer().iterations();
    EXPECT_TRUE(expect::error<Kind>(action, words));
    EXPECT_TRUE(expect::same(model.get_weights(), weights));
    EXPECT_TRUE(expect::same(model.predict(x), outputs));
    EXPECT_EQ(model.optimizer().iterations(), iterations);
    EXPECT_FALSE(CallContext::training());
    EXPECT_NO_THROW(model.fit(x, labels, {.epochs = 1, .verbose = 0}));
    EXPECT_EQ(model.optimizer().iterations(), iterations + 1);
  }

  Sequential<float> model;
};

}  // namespace

TEST_F(Errors, FitBeforeCompile) {
  Sequential<float> raw{Dense(3)};
  EXPECT_TRUE(expect::error<StateError>([&] { raw.fit(x, x); }, {"Sequential \"", "fit", "compile"}));
  EXPECT_TRUE(expect::error<StateError>([&] { raw.evaluate(x, x); }, {"evaluate", "compile"}));
  EXPECT_TRUE(expect::error<StateError>([&] { raw.train_on_batch(x, x); }, {"train_on_batch", "compile"}));
  EXPECT_TRUE(expect::error<StateError>([&] { raw.optimizer(); }, {"compile"}));
  raw.compile({.loss = "mse"});
  EXPECT_NO_THROW(raw.fit(x, x, {.verbose = 0}));
}

TEST_F(Errors, NothingToMinimize) {
  Sequential<float> aimless{Dense(3)};
  aimless.compile({.optimizer = "sgd"});
  EXPECT_TRUE(expect::error<ValueError>([&] { aimless.fit(x, x, {.verbose = 0}); },
                                        {"nothing to minimize", "compile was given no loss", ".loss ="}));
  Sequential<float> regular{Dense(3, {.kernel_regularizer = L2(0.1)})};
  regular.compile({.optimizer = "sgd"});
  EXPECT_NO_THROW(regular.fit(x, x, {.verbose = 0})) << "a loss added by a layer is enough";
}

TEST_F(Errors, UnknownNames) {
  refuses<ValueError>([&] { model.compile({.optimizer = "adamm", .loss = "mse"}); },
                      {"optimizer \"adamm\"", "Did you mean \"adam\""});
  refuses<ValueError>([&] { model.compile({.optimizer = "sgd", .loss = "mean_square_error"}); },
                      {"loss \"mean_square_error\"", "Did you mean \"mean_squared_error\""});
  refuses<ValueError>([&] { model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"acuracy"}}); },
                      {"metric \"acuracy\"", "Did you mean \"accuracy\""});
}

TEST_F(Errors, TheWrongWidth) {
  const Tensor<float> wide = Tensor<float>::zeros({8, 5});
  refuses<ShapeError>([&] { model.predict(wide); }, {"Dense \"dense\"", "call", "last axis is 3", "(8, 5)"});
  refuses<ShapeError>([&] { model.fit(wide, labels, {.verbose = 0}); },
                      {"Dense \"dense\"", "last axis is 3", "(8, 5)"});
}

TEST_F(Errors, TheWrongRank) {
  refuses<ShapeError>([&] { model.predict(Tensor<float>::zeros({8})); }, {"last axis is 3", "(8, 1)"});
  refuses<ShapeError>([&] { model.predict(Tensor<float>(1.f)); }, {"classifier", "predict", "first axis"});
  refuses<ShapeError>([&] { model.fit(Tensor<float>(1.f), Tensor<float>(1.f), {.verbose = 0}); }, {"fit", "()"});
}

TEST_F(Errors, NumbersOfSamplesThatDiffer) {
  refuses<ValueError>([&] { model.fit(x, labels.rows_view(0, 7), {.verbose = 0}); },
                      {"classifier", "fit", "x has 8 samples and y has 7"});
  refuses<ValueError>([&] { model.evaluate(x, labels.rows_view(0, 7)); }, {"evaluate", "8", "7"});
  refuses<ValueError>([&] { model.train_on_batch(x, labels.rows_view(0, 7)); }, {"train_on_batch", "8", "7"});
  refuses<ValueError>(
      [&] {
        model.fit(x, labels, {.verbose = 0, .validation_data = Samples<float>{x, labels.rows_view(0, 7)}});
      },
      {"validation_data", "8", "7"});
}

TEST_F(Errors, NoSamples) {
  const Tensor<float> none = Tensor<float>::zeros({0, 3}), no_labels = Tensor<float>::zeros({0});
  refuses<ValueError>([&] { model.fit(none, no_labels, {.verbose = 0}); }, {"fit", "no samples", "(0, 3)"});
  refuses<ValueError>([&] { model.evaluate(none, no_labels); }, {"evaluate", "no samples"});
}

TEST_F(Errors, NoData) {
  refuses<Error>([&] { model.fit(Tensor<float>(), labels, {.verbose = 0}); }, {"fit"});
  refuses<Error>([&] { model.predict(Tensor<float>()); }, {});
}

TEST_F(Errors, LabelsOutOfRange) {
  Tensor<float> wrong = labels.copy();
  wrong.mutable_data()[5] = 3;
  refuses<ValueError>([&] { model.fit(x, wrong, {.verbose = 0}); }, {"label 3 of sample 5", "from 0 to 2"});
  refuses<ValueError>([&] { model.evaluate(x, wrong); }, {"label 3"});
}

TEST_F(Errors, OptionsOutOfRange) {
  refuses<ValueError>([&] { model.fit(x, labels, {.batch_size = 0, .verbose = 0}); }, {"batch_size >= 1", "got 0"});
  refuses<ValueError>([&] { model.fit(x, labels, {.verbose = 3}); }, {"verbose 0, 1 or 2", "got 3"});
  refuses<ValueError>([&] { model.fit(x, labels, {.verbose = 0, .validation_split = 1.0}); }, {"validation_split < 1"});
  refuses<ValueError>([&] { model.fit(x, labels, {.verbose = 0, .validation_split = 0.99}); },
                      {"validation_split", "8 samples", "none for training"});
  refuses<ValueError>([&] { model.fit(x, labels, {.verbose = 0, .validation_split = 1e-20}); },
                      {"none for validation"});
  refuses<ValueError>([&] { model.fit(x, labels, {.verbose = 0, .steps_per_epoch = 0}); }, {"steps_per_epoch >= 1"});
  const Samples<float> held_back{x, labels};
  refuses<ValueError>(
      [&] { model.fit(x, labels, {.verbose = 0, .validation_data = held_back, .validation_steps = 0}); },
      {"fit", "validation_steps >= 1", "got 0"});
  refuses<ValueError>(
      [&] { model.fit(x, labels, {.verbose = 0, .validation_data = held_back, .validation_batch_size = 0}); },
      {"fit", "validation_batch_size >= 1", "got 0"});
  refuses<ValueError>([&] { model.evaluate(x, labels, {.steps = -1}); }, {"evaluate", "steps >= 1", "got -1"});
  refuses<ValueError>([&] { model.predict(x, {.steps = 0}); }, {"predict", "steps >= 1", "got 0"});
  refuses<ValueError>([&] { model.predict(x, {.batch_size = 0}); }, {"predict", "batch_size >= 1"});
}

TEST_F(Errors, NoTargetsAndMoreWeightsThanOutputs) {
  const Tensor<float> none, ones = Tensor<float>::ones({8});
  const std::initializer_list<const char*> words{"no targets", "SparseCategoricalCrossentropy", "Pass y"};
  refuses<ValueError>([&] { model.fit(x, none, {.verbose = 0}); }, words);
  refuses<ValueError>([&] { model.evaluate(x, none); }, words);
  refuses<ValueError>([&] { model.train_on_batch(x, none); }, words);
  refuses<ValueError>(
      [&] {
        model.fit(x, labels, {.verbose = 0, .sample_weight = {ones, ones}});
      },
      {"1 outputs", "sample weights for 2"});
  refuses<ValueError>([&] { model.test_on_batch(x, labels, {ones, ones}); }, {"1 outputs", "sample weights for 2"});
}

TEST_F(Errors, TargetsOfAnotherShape) {
  refuses<ShapeError>(
      [&] {
        model.fit(x, Tensor<float>::zeros({8, 2}), {.verbose = 0});
      },
      {"SparseCategoricalCrossentropy", "(8, 2)", "(8, 3)"});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_TRUE(
      expect::error<ShapeError>([&] { model.fit(x, labels, {.verbose = 0}); }, {"MeanSquaredError", "(8,)", "(8, 3)"}));
  EXPECT_EQ(model.optimizer().iterations(), 0);
}

TEST_F(Errors, ALossThatIsNotOneNumber) {
  model.compile({.optimizer = "sgd", .loss = MeanSquaredError<float>(Reduction::none)});
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        model.train_on_batch(x, Tensor<float>::zeros({8, 3}));
      },
      {"loss", "one number", "(8,)"}));
}

TEST(FitWarnings, NameTheEpochAndStepOfALossThatIsNotFinite) {
  Sequential<float> model{Dense(1)};
  model.set_name("exploding");
  model.compile({.optimizer = "sgd", .loss = "mse"});
  Tensor<float> in = Tensor<float>::ones({6, 2});
  in.mutable_data()[9] = std::nanf("");
  testing::internal::CaptureStderr();
  model.fit(in, Tensor<float>::ones({6}), {.batch_size = 2, .epochs = 3, .verbose = 0, .shuffle = false});
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("warning: Sequential \"exploding\", fit: the loss is nan at epoch 1, step 3"), std::string::npos)
      << text;
  EXPECT_NE(text.find("learning rate"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "once";
}

class TrainableAfterCompile : public ::testing::Test {
 protected:
  TrainableAfterCompile() {
    model.set_name("m");
    model.compile({.optimizer = "sgd", .loss = "mse"});
  }
  Dense<float>& layer(Index i) { return dynamic_cast<Dense<float>&>(model.get_layer(i)); }
  /// Returns the warnings of a `fit`, and which of the two layers it changed.
  std::string warnings_of_fit() {
    const testing_support::Warnings warnings;
    const auto before = model.built() ? model.get_weights() : std::vector<Tensor<float>>();
    model.fit(x, y, {.verbose = 0});
    trained = "";
    for (std::size_t k = 0; k < before.size(); k += 2)
      if (!expect::same(before[k], model.get_weights()[k])) trained += k == 0 ? "a" : "b";
    return warnings.text();
  }
  Sequential<float> model{Dense(3, {.name = "a"}), Dense(1, {.name = "b"})};
  const Tensor<float> x = expect::scattered<float>({8, 2}), y = expect::scattered<float>({8, 1}, 1);
  std::string trained;
};

TEST_F(TrainableAfterCompile, UnchangedGivesNoWarning) {
  EXPECT_EQ(warnings_of_fit(), "");
  EXPECT_EQ(warnings_of_fit(), "");
  EXPECT_EQ(trained, "ab");
  layer(0).set_trainable(false);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_EQ(warnings_of_fit(), "");
  EXPECT_EQ(trained, "b");
}

TEST_F(TrainableAfterCompile, AFrozenLayerIsAWarning) {
  warnings_of_fit();
  layer(0).set_trainable(false);
  const std::string told = warnings_of_fit();
  EXPECT_EQ(trained, "b");
  for (const char* part : {"Sequential \"m\", fit", "trainable", "Frozen since, and not trained: \"", "a/kernel",
                           "a/bias", "Call compile"})
    EXPECT_NE(told.find(part), std::string::npos) << told;
  EXPECT_EQ(told.find("b/kernel"), std::string::npos) << told;
  EXPECT_EQ(warnings_of_fit(), "") << "one warning";
  layer(0).set_trainable(true);
  EXPECT_EQ(warnings_of_fit(), "") << "unchanged";
  EXPECT_EQ(trained, "ab");
}

TEST_F(TrainableAfterCompile, AFrozenLayerOfAModelThatIsNotBuiltIsAWarning) {
  layer(0).set_trainable(false);
  EXPECT_NE(warnings_of_fit().find("Frozen since, and not trained: \"a\"."), std::string::npos);
  EXPECT_EQ(warnings_of_fit(), "");
  EXPECT_EQ(trained, "b");
}

TEST_F(TrainableAfterCompile, AnUnfrozenLayerIsAWarning) {
  layer(0).set_trainable(false);
  model.build({None, 2});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  model.evaluate(x, y);
  layer(0).set_trainable(true);
  EXPECT_NE(warnings_of_fit().find("Unfrozen since, and trained: "), std::string::npos) << "before the first step";
  EXPECT_EQ(trained, "ab");
  layer(0).set_trainable(false);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_EQ(warnings_of_fit(), "");
  layer(0).set_trainable(true);
  const std::string told = warnings_of_fit();
  EXPECT_NE(told.find("Unfrozen since, and not trained before compile is called again: "), std::string::npos) << told;
  EXPECT_EQ(trained, "b");
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_EQ(warnings_of_fit(), "");
  EXPECT_EQ(trained, "ab");
}

TEST_F(TrainableAfterCompile, TrainOnBatchWarnsToo) {
  const testing_support::Warnings warnings;
  model.train_on_batch(x, y);
  EXPECT_EQ(warnings.count(), 0U);
  layer(1).set_trainable(false);
  model.train_on_batch(x, y);
  model.train_on_batch(x, y);
  EXPECT_EQ(warnings.count(), 1U) << warnings.text();
  EXPECT_NE(warnings.text().find("train_on_batch"), std::string::npos) << warnings.text();
}

TEST_F(TrainableAfterCompile, ALayerAddedAfterTrainingNeedsAnotherCompile) {
  warnings_of_fit();
  model.add(Dense(1, {.name = "c"}));
  EXPECT_TRUE(expect::error<StateError>([&] { model.fit(x, y, {.verbose = 0}); }, {"variables", "compile again"}));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_EQ(warnings_of_fit(), "");
}

TEST_F(TrainableAfterCompile, ARegularizerSetLaterApplies) {
  model.fit(x, y, {.verbose = 0});
  layer(1).variables()[0].set_regularizer([](const Tensor<float>&) { return Tensor<float>(1000.f); });
  EXPECT_GT(model.fit(x, y, {.verbose = 0})["loss"][0], 999);
}
