// Models drawn as graphs.
#include <lamina/data/dataset.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

namespace {

template <class Scalar = float>
struct Sum : MultiInputLayer<Scalar> {
  Sum() { this->set_supports_masking(true); }
  std::string class_name() const override { return "Sum"; }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& x) const override {
    Tensor<Scalar> y = x.at(0);
    for (std::size_t i = 1; i < x.size(); ++i) y = y + x[i];
    return {y};
  }
};

/// Two outputs: the halves of the last axis.
template <class Scalar = float>
struct Halves : MultiInputLayer<Scalar> {
  std::string class_name() const override { return "Halves"; }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& x) const override {
    return split(x.at(0), 2, -1);
  }
};

/// What sums of another number of rows may differ by.
const expect::Within rounding{1e-5, 1e-6};

const Tensor<float> xa = expect::scattered<float>({40, 4}, 1), xb = expect::scattered<float>({40, 4}, 2),
                    yp = expect::scattered<float>({40, 2}, 3), yq = expect::scattered<float>({40, 1}, 4) > 0;

/// Two inputs through one shared layer to two outputs.
struct TwoByTwo {
  Dense<float> shared{3, {.activation = "tanh", .name = "shared"}};
  SymbolicTensor<float> a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"});
  SymbolicTensor<float> both = std::vector{shared(a), shared(b)} | Sum();
  SymbolicTensor<float> p = both | Dense(2, {.name = "p"}), q = both | Dense(1, {.activation = "sigmoid", .name = "q"});
  Model<float> model{std::vector{a, b}, std::vector{p, q}, "two_by_two"};
};

void compile(Model<float>& model) {
  model.compile({.optimizer = "sgd", .loss = {"mse", "binary_crossentropy"}, .loss_weights = {1, 0.5}});
}

}  // namespace

TEST(Functional, ComputesWhatItsLayersDo) {
  TwoByTwo t;
  const auto y = t.model.apply({xa, xb});
  ASSERT_EQ(y.size(), 2U);
  const Tensor<float> both = t.shared(xa) + t.shared(xb);
  EXPECT_TRUE(expect::same(y[0], t.model.get_layer("p")(both)));
  EXPECT_TRUE(expect::same(y[1], t.model.get_layer("q")(both)));
  EXPECT_EQ(t.model.compute_output_shapes({{None, 4}, {None, 4}}), (std::vector<Shape>{{None, 2}, {None, 1}}));
  EXPECT_EQ(t.model.input_names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(t.model.output_names(), (std::vector<std::string>{"p", "q"}));
  EXPECT_TRUE(t.model.built());
  EXPECT_EQ(t.model.name(), "two_by_two");
}

TEST(Functional, RefusesTwoLayersOfOneName) {
  const auto left = Input({2}, {.name = "in"}), right = Input({2}, {.name = "in"});
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        Model<float>({left, right}, {left + right});
      },
      {"two layers", "\"in\""}));
  const auto y = left | Dense(2, {.name = "same"}) | Dense(2, {.name = "same"});
  EXPECT_TRUE(expect::error<ValueError>([&] { Model<float>(left, y); }, {"two layers", "\"same\""}));
}

TEST(Functional, SharedLayersHaveTheirVariablesOnceAndTheirGradientsAddUp) {
  TwoByTwo t;
  EXPECT_EQ(t.model.variables().size(), 6U);
  EXPECT_EQ(t.model.count_params(), 15 + 8 + 4);
  const auto gradient = [&](bool second) {
    GradientTape<float> tape;
    const Tensor<float> zero = Tensor<float>::zeros({40, 4});
    return tape.gradient(t.model.apply({xa, second ? xb : zero})[0], t.shared.trainable_variables()).at(0);
  };
  const Tensor<float> one = gradient(false), two = gradient(true);
  EXPECT_FALSE(expect::same(one, two));
}

TEST(Functional, TrainsWithSeveralInputsAndOutputs) {
  TwoByTwo t;
  t.model.compile({.optimizer = "adam",
                   .loss = {"mse", "binary_crossentropy"},
                   .metrics = {{"p", {"mae"}}, {"q", {"accuracy", "mse"}}},
                   .loss_weights = {1, 0.5}});
  const History history = t.model.fit({xa, xb}, {yp, yq}, {.batch_size = 16, .epochs = 30, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  for (const char* name : {"p_loss", "q_loss", "p_mae", "q_accuracy", "q_mse"})
    EXPECT_TRUE(history.contains(name)) << name;
  const Logs logs = t.model.evaluate({xa, xb}, {yp, yq});
  EXPECT_NEAR(logs["loss"], logs["p_loss"] + 0.5 * logs["q_loss"], 1e-5);
  const TensorList<float> y = t.model.predict({xa, xb}, {.batch_size = 7});
  ASSERT_EQ(y.count(), 2U);
  EXPECT_TRUE(expect::near(y.at(1), t.model.apply({xa, xb})[1], rounding)) << "in other batches";
  EXPECT_NEAR(logs["p_mae"], mean(abs(y - yp)).item(), 1e-5);
}

TEST(Functional, TakesDataAndLossesByName) {
  TwoByTwo t, u;
  u.model.set_weights(t.model.get_weights());
  compile(t.model);
  u.model.compile(
      {.optimizer = "sgd", .loss = {{"q", "binary_crossentropy"}, {"p", "mse"}}, .loss_weights = {{"q", 0.5}}});
  t.model.fit({xa, xb}, {yp, yq}, {.epochs = 2, .verbose = 0});
  u.model.fit({{"b", xb}, {"a", xa}}, {{"q", yq}, {"p", yp}}, {.epochs = 2, .verbose = 0});
  EXPECT_TRUE(expect::same(t.model.get_weights(), u.model.get_weights()));
  // One output alone: the other is not trained.
  TwoByTwo only;
  only.model.compile({.optimizer = "sgd", .loss = {{"p", "mse"}}});
  const auto before = only.model.get_layer("q").get_weights();
  only.model.fit({xa, xb}, {yp, yq}, {.verbose = 0});
  EXPECT_TRUE(expect::same(only.model.get_layer("q").get_weights(), before));
}

TEST(Functional, WeighsSamplesForEachOutput) {
  TwoByTwo t;
  compile(t.model);
  const Tensor<float> none = Tensor<float>::zeros({40}), all = Tensor<float>::ones({40});
  EXPECT_NEAR(t.model.evaluate({xa, xb}, {yp, yq}, {.sample_weight = {none, all}})["p_loss"], 0, 1e-12);
  EXPECT_NEAR(t.model.evaluate({xa, xb}, {yp, yq}, {.sample_weight = none})["loss"], 0, 1e-12) << "one for both";
}

TEST(Functional, TakesADatasetOfLists) {
  TwoByTwo t, u;
  u.model.set_weights(t.model.get_weights());
  compile(t.model);
  compile(u.model);
  t.model.fit({xa, xb}, {yp, yq}, {.batch_size = 8, .verbose = 0, .shuffle = false});
  const auto data = Dataset<float>::from_tensors({xa, xb}, {yp, yq}).batch(8).prefetch(2);
  u.model.fit(data, {.verbose = 0});
  EXPECT_TRUE(expect::same(t.model.get_weights(), u.model.get_weights()));
  EXPECT_EQ(u.model.predict(data).at(1).shape(), (Shape{40, 1}));
}

TEST(Functional, TakesADatasetByName) {
  TwoByTwo t;
  compile(t.model);
  const auto in_order = Dataset<float>::from_tensors({xa, xb}, {yp, yq}).batch(8);
  const auto by_name = Dataset<float>::from_tensors({{"b", xb}, {"a", xa}}, {{"q", yq}, {"p", yp}}).batch(8);
  const Logs expected = t.model.evaluate(in_order), logs = t.model.evaluate(by_name);
  for (const auto& [name, value] : expected) EXPECT_EQ(logs[name], value) << name;
  EXPECT_TRUE(expect::same(t.model.predict(by_name).at(1), t.model.predict(in_order).at(1)));
  const auto weights = t.model.get_weights();
  t.model.fit(in_order, {.verbose = 0});
  const auto trained = t.model.get_weights();
  t.model.set_weights(weights);
  compile(t.model);
  t.model.fit(by_name, {.verbose = 0});
  EXPECT_TRUE(expect::same(t.model.get_weights(), trained));
}

TEST(FunctionalErrors, OfTheTensorsOfADataset) {
  TwoByTwo t;
  compile(t.model);
  const Tensor<float> ones = Tensor<float>::ones({40});
  const auto weights = t.model.get_weights();
  const auto refuses = [&](const Dataset<float>& data, std::initializer_list<const char*> words) {
    EXPECT_TRUE(expect::error<ValueError>([&] { t.model.fit(data.batch(8), {.verbose = 0}); }, words));
    EXPECT_TRUE(expect::error<ValueError>([&] { t.model.evaluate(data.batch(8)); }, words));
  };
  refuses(Dataset<float>::from_tensors({xa, xb}, yp), {"2 outputs", "targets for 1"});
  refuses(Dataset<float>::from_tensors({xa, xb}, {yp, yq, yq}), {"2 outputs", "targets for 3"});
  refuses(Dataset<float>::from_tensors({xa, xb}), {"no targets"});
  refuses(Dataset<float>::from_tensors({xa, xb}, {yp, yq}, {ones, ones, ones}), {"2 outputs", "sample weights for 3"});
  EXPECT_TRUE(expect::same(t.model.get_weights(), weights));
}

TEST(FunctionalErrors, OfTooFewTargetsInADatasetOfASubclass) {
  struct Subclass : Model<float> {  // which could override train_step
    using Model<float>::Model;
  };
  const auto in = Input({2});
  Subclass model(in, std::vector{in | Dense(1), in | Dense(1)});
  model.compile({.optimizer = "sgd", .loss = {"mse", "mse"}});
  const auto data = Dataset<float>::from_tensors(Tensor<float>::ones({4, 2}), Tensor<float>::ones({4, 1})).batch(2);
  EXPECT_TRUE(expect::error<ValueError>([&] { model.fit(data, {.verbose = 0}); }, {"2 outputs", "targets for 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { model.evaluate(data); }, {"2 outputs", "targets for 1"}));
}

TEST(Functional, ModelsNestAndBranchesMeet) {
  const auto x = Input({6});
  Sequential block{Input({6}), Dense(6, "relu"), Dense(6)};
  const auto once = block(x), residual = std::vector{x, once} | Sum(), twice = block(residual);
  Model inner(x, std::vector{residual, twice});
  const auto z = Input({6});
  const auto out = inner.apply({z});
  Model outer(z, std::vector{out[0], out[1]} | Sum());
  EXPECT_EQ(outer.variables().size(), 4U) << "the block's, once";
  const Tensor<float> data = expect::scattered<float>({5, 6});
  const Tensor<float> first = data + block(data);
  EXPECT_TRUE(expect::near(outer.predict(data), first + block(first)));
}

TEST(Functional, LayersOfSeveralOutputsAreDrawn) {
  const auto x = Input({4});
  Halves halves;
  const auto parts = halves.apply({x});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[1].shape(), (Shape{None, 2}));
  Model model(x, parts[1] | Dense(1));
  EXPECT_EQ(model.predict(xa).shape(), (Shape{40, 1}));
  EXPECT_TRUE(expect::error<ValueError>([&] { halves(x); }, {"2 outputs", "apply"}));
}

TEST(Functional, PartsOfAModelAreModels) {
  Sequential chain{Input({4}), Dense(5, "relu"), Dense(3)};
  Model features(chain.inputs(), std::vector{chain.get_layer(0).output()});
  EXPECT_TRUE(expect::near(features.predict(xa), chain.get_layer(0)(xa), rounding));
  TwoByTwo t;
  Model head(std::vector{t.both}, std::vector{t.p});
  const Tensor<float> both = t.shared(xa) + t.shared(xb);
  EXPECT_TRUE(expect::near(head.predict(both), t.model.predict({xa, xb}), rounding));
  EXPECT_EQ(head.variables().size(), 2U);
}

TEST(Functional, FrozenPartsAreNotTrained) {
  TwoByTwo t;
  t.model.get_layer("shared").set_trainable(false);
  compile(t.model);
  const auto before = t.shared.get_weights();
  const auto p = t.model.get_layer("p").get_weights();
  t.model.fit({xa, xb}, {yp, yq}, {.verbose = 0});
  EXPECT_TRUE(expect::same(t.shared.get_weights(), before));
  EXPECT_FALSE(expect::same(t.model.get_layer("p").get_weights(), p));
}

TEST(Functional, MovesWithItsLayers) {
  TwoByTwo t;
  const TensorList<float> before = t.model.predict({xa, xb});
  Model moved(std::move(t.model));
  EXPECT_EQ(moved.variables().size(), 6U);
  EXPECT_TRUE(expect::same(moved.predict({xa, xb}), before));
}

TEST(Functional, GoesToAConfigurationAndBack) {
  register_custom_object<Sum<float>>("Sum");
  TwoByTwo t;
  const Config config = named_config("Functional", t.model.get_config());
  const auto again = model_from_config<float>(config);
  EXPECT_EQ(again->get_config(), t.model.get_config());
  again->set_weights(t.model.get_weights());
  EXPECT_TRUE(expect::same(again->apply({xa, xb})[1], t.model.apply({xa, xb})[1]));
  // A model inside a model, in a chain.
  const auto x = Input({4});
  Sequential outer{Input({4}), Dense(4), std::make_shared<Model<float>>(x, x | Dense(2))};
  const auto whole = model_from_config<float>(named_config("Sequential", outer.get_config()));
  EXPECT_EQ(whole->count_params(), outer.count_params());
}

TEST(Functional, ShowsItself) {
  TwoByTwo t;
  const std::string text = t.model.summary_text();
  for (const char* words :
       {"Connected to", "shared (Dense)", "a[0][0], b[0][0]", "shared[0][0], shared[1][0]", "Total params: 27"})
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  Sequential nested{Input({4}), Sequential{Dense(3, {.name = "deep"})}};
  EXPECT_EQ(nested.summary_text().find("deep"), std::string::npos);
  EXPECT_NE(nested.summary_text({.expand_nested = true}).find("deep (Dense)"), std::string::npos);
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
        t.model.predict({xa, yp});
      },
      {"two_by_two", "input \"b\"", "(None, 4)", "(32, 2)"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { t.model.predict(xa); }, {"2 inputs", "got 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { t.model(xa); }, {"2 inputs", "apply"}));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { t.model.get_layer("shred"); }, {"layer \"shred\"", "Did you mean \"shared\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { t.model.get_layer(9); }, {"6 layers", "9"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Dense narrow(2);
        narrow(Input({3}));
        narrow(t.a);
        Model m(t.a, narrow(t.a));
        m.predict(xa);
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
        t.model.fit({xa, xb}, yp, {.verbose = 0});
      },
      {"2 outputs", "targets for 1"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        t.model.fit({{"a", xa}, {"c", xb}}, {yp, yq}, {.verbose = 0});
      },
      {"\"b\"", "\"a\", \"c\""}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        t.model.fit({xa, xb.rows_view(0, 3)}, {yp, yq}, {.verbose = 0});
      },
      {"40 samples", "3"}));
}

TEST(FunctionalErrors, ALayerThatIsGoneIsFound) {
  const auto x = Input({4});
  auto gone = std::make_unique<Dense<float>>(2);
  Model model(x, (*gone)(x));
  gone.reset();
  EXPECT_TRUE(expect::error<StateError>([&] { model.predict(xa); }, {"gone", "std::make_shared"}));
}

TEST(FunctionalErrors, CyclesAndGapsOfConfigurations) {
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

TEST(Subclass, IsAModel) {
  struct Net : Model<float> {
    Tensor<float> call(const Tensor<float>& x) const override { return second(relu(first(x))); }
    Dense<float> first{8}, second{2};
  } net;
  net.compile({.optimizer = "adam", .loss = "mse"});
  const History history = net.fit(xa, yp, {.epochs = 20, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  EXPECT_EQ(net.variables().size(), 4U);
  EXPECT_NE(net.summary_text().find("(Dense)"), std::string::npos);
}

TEST(Subclass, OfSeveralInputsAndOutputs) {
  struct Net : Model<float> {
    std::vector<Tensor<float>> call_many(const std::vector<Tensor<float>>& x) const override {
      const Tensor<float> h = base(x.at(0)) + base(x.at(1));
      return {p(h), q(h)};
    }
    bool has_several_outputs() const override { return true; }
    Dense<float> base{5}, p{2}, q{1, "sigmoid"};
  } net;
  net.compile({.optimizer = "adam", .loss = {{"p", "mse"}, {"q", "binary_crossentropy"}}});
  const History history = net.fit({xa, xb}, {yp, yq}, {.epochs = 20, .verbose = 0});
  EXPECT_LT(history["p_loss"].back(), history["p_loss"].front());
  EXPECT_EQ(net.predict({xa, xb}).count(), 2U);
}

TEST(Subclass, TrainsItsOwnWay) {
  struct Net : Model<float> {
    Tensor<float> call(const Tensor<float>& x) const override { return layer(x); }
    float train_step(const Samples<float>& batch) override {
      GradientTape<float> tape;
      const Tensor<float> y = (*this)(batch.x, {.training = true});
      const Tensor<float> loss = mean(square(y - batch.y));
      const auto all = trainable_variables();
      optimizer().apply_gradients(tape.gradient(loss, all), all);
      track("mean_output", mean(y).item(), batch);
      return record(loss, batch, y);
    }
    Dense<float> layer{2};
  } net;
  net.compile({.optimizer = "adam", .metrics = {"mae"}});
  const History history = net.fit(xa, yp, {.epochs = 5, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  EXPECT_TRUE(history.contains("mae"));
  EXPECT_EQ(history["mean_output"].size(), 5U);
}

TEST(Functional, OperationsDrawThemselves) {
  const auto a = Input({4}, {.name = "a"}), b = Input({4}, {.name = "b"});
  const auto f = [](const auto& u, const auto& v) {
    const auto w = relu(u) + v * 2 - 1 / (3 + abs(v));
    return concatenate(
        std::vector{softmax(w), tanh(w), sigmoid(-w), exp(clip(w, -1, 1)), log(square(w) + 1), sqrt(softplus(w)),
                    maximum(u, v), minimum(u, 0.5f), pow(abs(u) + 1, 2), u - mean(v, {.axes = {-1}, .keepdims = true}),
                    log_softmax(v),
                    reshape(reshape(u, {-1, 2, 2}), {-1, 4}) / (sum(v * v, {.axes = {1}, .keepdims = true}))},
        -1);
  };
  Model model(std::vector{a, b}, std::vector{f(a, b)});
  EXPECT_EQ(model.outputs()[0].shape(), (Shape{None, 48}));
  EXPECT_TRUE(expect::near(model.predict({xa, xb}, {.batch_size = 64}), f(xa, xb)));
  const auto again = model_from_config<float>(named_config("Functional", model.get_config()));
  EXPECT_TRUE(expect::same(again->apply({xa, xb})[0], model.apply({xa, xb})[0]));
  const auto sequences = Input({None, 3});
  EXPECT_EQ((max)(sequences, {.axes = {1}}).shape(), (Shape{None, 3}));
  EXPECT_EQ((matmul(sequences, reshape(Input({3, 5}), {-1, 3, 5}))).shape(), (Shape{None, None, 5}));
}
