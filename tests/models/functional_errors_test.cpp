#include <lamina/data/dataset.hpp>

#include "support/check_layer.hpp"
#include "support/functional_models.hpp"

using namespace lamina;
using namespace lamina::testing::functional_models;

TEST(FunctionalErrors, OfTheTensorsOfADataset) {
  TwoByTwo t;
  compile(t.model);
  const Tensor<float> ones = Tensor<float>::ones({40});
  const auto weights = t.model.get_weights();
  const auto refuses = [&](const Dataset<float>& data, std::initializer_list<const char*> words) {
    EXPECT_TRUE(expect::error<ValueError>([&] { t.model.fit(data.batch(8), {.verbose = 0}); }, words));
    EXPECT_TRUE(expect::error<ValueError>([&] { t.model.evaluate(data.batch(8)); }, words));
  };
  refuses(Dataset<float>::from_tensors({first_input, second_input}, yp), {"2 outputs", "targets for 1"});
  refuses(Dataset<float>::from_tensors({first_input, second_input}, {yp, yq, yq}), {"2 outputs", "targets for 3"});
  refuses(Dataset<float>::from_tensors({first_input, second_input}), {"no targets"});
  refuses(Dataset<float>::from_tensors({first_input, second_input}, {yp, yq}, {ones, ones, ones}),
          {"2 outputs", "sample weights for 3"});
  EXPECT_TRUE(expect::same(t.model.get_weights(), weights));
}

TEST(FunctionalErrors, OfTooFewTargetsInADatasetOfASubclass) {
  struct Subclass : Model<float> {  // a class that could override train_step
    using Model<float>::Model;
  };
  const auto in = Input({2});
  Subclass model(in, std::vector{in | Dense(1), in | Dense(1)});
  model.compile({.optimizer = "sgd", .loss = {"mse", "mse"}});
  const auto data = Dataset<float>::from_tensors(Tensor<float>::ones({4, 2}), Tensor<float>::ones({4, 1})).batch(2);
  EXPECT_TRUE(expect::error<ValueError>([&] { model.fit(data, {.verbose = 0}); }, {"2 outputs", "targets for 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.evaluate(data); }, {"2 outputs", "targets for 1"}));
}

TEST(FunctionalErrors, NameTheLayers) {
  TwoByTwo t;
  EXPECT_TRUE(expect::error<ValueError>([&] { Model m(t.a, t.p); },
                                        {"output \"p\"", "Input \"b\"", "not among the model's inputs"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        Model m(std::vector{t.a, t.a}, std::vector{t.shared(t.a)});
      },
      {"inputs 0 and 1", "\"a\"", "same"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Model m(std::vector{t.a}, std::vector<SymbolicTensor<float>>()); },
                                        {"at least one"}));
  EXPECT_TRUE(expect::error<StateError>([&] { Model m(t.a, SymbolicTensor<float>()); }, {"Input({...})"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        t.model.predict({first_input, yp});
      },
      {"two_by_two", "input \"b\"", "(None, 4)", "(32, 2)"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { t.model.predict(first_input); }, {"2 inputs", "got 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { t.model(first_input); }, {"2 inputs", "apply"}));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { t.model.get_layer("shred"); }, {"layer \"shred\"", "Did you mean \"shared\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { t.model.get_layer(9); }, {"6 layers", "9"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Dense narrow(2);
        narrow(Input({3}));
        narrow(t.a);
        Model m(t.a, narrow(t.a));
        m.predict(first_input);
      },
      {"Dense", "last axis is 3"}));
}

TEST(FunctionalErrors, OfCompileAndData) {
  TwoByTwo t;
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        t.model.compile({.loss = {"mse", "mse", "mse"}});
      },
      {"loss", "2 outputs", "got 3"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        t.model.compile({.loss = {{"pp", "mse"}}});
      },
      {"output \"pp\"", "Did you mean \"p\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { t.model.compile({.loss = "mse", .loss_weights = {1}}); },
                                        {"loss_weights", "2 outputs", "got 1"}));
  compile(t.model);
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        t.model.fit({first_input, second_input}, yp, {.verbose = 0});
      },
      {"2 outputs", "targets for 1"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        t.model.fit({{"a", first_input}, {"c", second_input}}, {yp, yq}, {.verbose = 0});
      },
      {"\"b\"", "\"a\", \"c\""}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        t.model.fit({first_input, second_input.rows_view(0, 3)}, {yp, yq}, {.verbose = 0});
      },
      {"40 samples", "3"}));
}

TEST(FunctionalErrors, ADestroyedLayerIsDetected) {
  const auto x = Input({4});
  auto gone = std::make_unique<Dense<float>>(2);
  Model model(x, (*gone)(x));
  gone.reset();
  EXPECT_TRUE(expect::error<StateError>([&] { model.predict(first_input); }, {"destroyed", "std::make_shared"}));
}

TEST(FunctionalErrors, CyclesAndMissingNodesInConfigurations) {
  const auto x = Input({4}, {.name = "x"});
  Model model(x, x | Dense(4, {.name = "one"}) | Dense(4, {.name = "two"}));
  const auto with_source = [&](const char* from) {
    Config config = model.get_config();
    config["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = from;
    return config;
  };
  EXPECT_NO_THROW(Model<float>::from_config(with_source("x")));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { Model<float>::from_config(with_source("two")); }, {"\"one\", \"two\"", "cycle"}));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { Model<float>::from_config(with_source("three")); }, {"no layer \"three\""}));
}
