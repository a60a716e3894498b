#include <lamina/data/dataset.hpp>

#include "support/check_layer.hpp"
#include "support/functional_models.hpp"

// Functional models.

using namespace lamina;

namespace {

using namespace lamina::testing::functional_models;

/// A layer with two outputs: the halves of the last axis.
template <class Scalar = float>
struct Halves : MultiInputLayer<Scalar> {
  std::string class_name() const override { return "Halves"; }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& x) const override {
    return split(x.at(0), 2, -1);
  }
};

/// Tolerance for sums over a different number of rows.
const expect::Within rounding{1e-5, 1e-6};

}  // namespace

TEST(Functional, AgreesWithCallingItsLayers) {
  TwoByTwo t;
  const auto y = t.model.apply({first_input, second_input});
  ASSERT_EQ(y.size(), 2U);
  const Tensor<float> both = t.shared(first_input) + t.shared(second_input);
  EXPECT_TRUE(expect::same(y[0], t.model.get_layer("p")(both)));
  EXPECT_TRUE(expect::same(y[1], t.model.get_layer("q")(both)));
  EXPECT_EQ(t.model.compute_output_shapes({{None, 4}, {None, 4}}), (std::vector<Shape>{{None, 2}, {None, 1}}));
  EXPECT_EQ(t.model.input_names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(t.model.output_names(), (std::vector<std::string>{"p", "q"}));
  EXPECT_TRUE(t.model.built());
  EXPECT_EQ(t.model.name(), "two_by_two");
}

TEST(Functional, RejectsTwoLayersWithOneName) {
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
    return tape.gradient(t.model.apply({first_input, second ? second_input : zero})[0], t.shared.trainable_variables())
        .at(0);
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
  const History history =
      t.model.fit({first_input, second_input}, {yp, yq}, {.batch_size = 16, .epochs = 30, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  for (const char* name : {"p_loss", "q_loss", "p_mae", "q_accuracy", "q_mse"})
    EXPECT_TRUE(history.contains(name)) << name;
  const Logs logs = t.model.evaluate({first_input, second_input}, {yp, yq});
  EXPECT_NEAR(logs["loss"], logs["p_loss"] + 0.5 * logs["q_loss"], 1e-5);
  const TensorList<float> y = t.model.predict({first_input, second_input}, {.batch_size = 7});
  ASSERT_EQ(y.count(), 2U);
  EXPECT_TRUE(expect::near(y.at(1), t.model.apply({first_input, second_input})[1], rounding))
      << "with another batch size";
  EXPECT_NEAR(logs["p_mae"], mean(abs(y - yp)).item(), 1e-5);
}

TEST(Functional, TakesDataAndLossesByName) {
  TwoByTwo t, u;
  u.model.set_weights(t.model.get_weights());
  compile(t.model);
  u.model.compile(
      {.optimizer = "sgd", .loss = {{"q", "binary_crossentropy"}, {"p", "mse"}}, .loss_weights = {{"q", 0.5}}});
  t.model.fit({first_input, second_input}, {yp, yq}, {.epochs = 2, .verbose = 0});
  u.model.fit({{"b", second_input}, {"a", first_input}}, {{"q", yq}, {"p", yp}}, {.epochs = 2, .verbose = 0});
  EXPECT_TRUE(expect::same(t.model.get_weights(), u.model.get_weights()));
  // A loss for one output only: the other output is not trained.
  TwoByTwo only;
  only.model.compile({.optimizer = "sgd", .loss = {{"p", "mse"}}});
  const auto before = only.model.get_layer("q").get_weights();
  only.model.fit({first_input, second_input}, {yp, yq}, {.verbose = 0});
  EXPECT_TRUE(expect::same(only.model.get_layer("q").get_weights(), before));
}

TEST(Functional, AcceptsSampleWeightsPerOutput) {
  TwoByTwo t;
  compile(t.model);
  const Tensor<float> none = Tensor<float>::zeros({40}), all = Tensor<float>::ones({40});
  EXPECT_NEAR(t.model.evaluate({first_input, second_input}, {yp, yq}, {.sample_weight = {none, all}})["p_loss"], 0,
              1e-12);
  EXPECT_NEAR(t.model.evaluate({first_input, second_input}, {yp, yq}, {.sample_weight = none})["loss"], 0, 1e-12)
      << "one loss for both outputs";
}

TEST(Functional, TakesADatasetOfLists) {
  TwoByTwo t, u;
  u.model.set_weights(t.model.get_weights());
  compile(t.model);
  compile(u.model);
  t.model.fit({first_input, second_input}, {yp, yq}, {.batch_size = 8, .verbose = 0, .shuffle = false});
  const auto data = Dataset<float>::from_tensors({first_input, second_input}, {yp, yq}).batch(8).prefetch(2);
  u.model.fit(data, {.verbose = 0});
  EXPECT_TRUE(expect::same(t.model.get_weights(), u.model.get_weights()));
  EXPECT_EQ(u.model.predict(data).at(1).shape(), (Shape{40, 1}));
}

TEST(Functional, TakesADatasetByName) {
  TwoByTwo t;
  compile(t.model);
  const auto in_order = Dataset<float>::from_tensors({first_input, second_input}, {yp, yq}).batch(8);
  const auto by_name =
      Dataset<float>::from_tensors({{"b", second_input}, {"a", first_input}}, {{"q", yq}, {"p", yp}}).batch(8);
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

TEST(Functional, ModelsNestAndBranchesMerge) {
  const auto x = Input({6});
  Sequential block{Input({6}), Dense(6, "relu"), Dense(6)};
  const auto once = block(x), residual = std::vector{x, once} | Sum(), twice = block(residual);
  Model inner(x, std::vector{residual, twice});
  const auto z = Input({6});
  const auto out = inner.apply({z});
  Model outer(z, std::vector{out[0], out[1]} | Sum());
  EXPECT_EQ(outer.variables().size(), 4U) << "the loss of the block, once";
  const Tensor<float> data = expect::scattered<float>({5, 6});
  const Tensor<float> first = data + block(data);
  EXPECT_TRUE(expect::near(outer.predict(data), first + block(first)));
}

TEST(Functional, SupportsLayersWithSeveralOutputs) {
  const auto x = Input({4});
  Halves halves;
  const auto parts = halves.apply({x});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[1].shape(), (Shape{None, 2}));
  Model model(x, parts[1] | Dense(1));
  EXPECT_EQ(model.predict(first_input).shape(), (Shape{40, 1}));
  EXPECT_TRUE(expect::error<ValueError>([&] { halves(x); }, {"expected one output, got 2", "apply"}));
}

TEST(Functional, PartsOfAModelAreModels) {
  Sequential chain{Input({4}), Dense(5, "relu"), Dense(3)};
  Model features(chain.inputs(), std::vector{chain.get_layer(0).output()});
  EXPECT_TRUE(expect::near(features.predict(first_input), chain.get_layer(0)(first_input), rounding));
  TwoByTwo t;
  Model head(std::vector{t.both}, std::vector{t.p});
  const Tensor<float> both = t.shared(first_input) + t.shared(second_input);
  EXPECT_TRUE(expect::near(head.predict(both), t.model.predict({first_input, second_input}), rounding));
  EXPECT_EQ(head.variables().size(), 2U);
}

TEST(Functional, FrozenPartsAreNotTrained) {
  TwoByTwo t;
  t.model.get_layer("shared").set_trainable(false);
  compile(t.model);
  const auto before = t.shared.get_weights();
  const auto p = t.model.get_layer("p").get_weights();
  t.model.fit({first_input, second_input}, {yp, yq}, {.verbose = 0});
  EXPECT_TRUE(expect::same(t.shared.get_weights(), before));
  EXPECT_FALSE(expect::same(t.model.get_layer("p").get_weights(), p));
}

TEST(Functional, MovesWithItsLayers) {
  TwoByTwo t;
  const TensorList<float> before = t.model.predict({first_input, second_input});
  Model moved(std::move(t.model));
  EXPECT_EQ(moved.variables().size(), 6U);
  EXPECT_TRUE(expect::same(moved.predict({first_input, second_input}), before));
}

TEST(Functional, RoundTripsThroughItsConfiguration) {
  register_custom_object<Sum<float>>("Sum");
  TwoByTwo t;
  const Config config = named_config("Functional", t.model.get_config());
  const auto again = model_from_config<float>(config);
  EXPECT_EQ(again->get_config(), t.model.get_config());
  again->set_weights(t.model.get_weights());
  EXPECT_TRUE(
      expect::same(again->apply({first_input, second_input})[1], t.model.apply({first_input, second_input})[1]));
  // A model inside a model, in a Sequential.
  const auto x = Input({4});
  Sequential outer{Input({4}), Dense(4), std::make_shared<Model<float>>(x, x | Dense(2))};
  const auto whole = model_from_config<float>(named_config("Sequential", outer.get_config()));
  EXPECT_EQ(whole->count_params(), outer.count_params());
}

TEST(Functional, HasASummary) {
  TwoByTwo t;
  const std::string text = t.model.summary_text();
  for (const char* words :
       {"Connected to", "shared (Dense)", "a[0][0], b[0][0]", "shared[0][0], shared[1][0]", "Total params: 27"})
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  Sequential nested{Input({4}), Sequential{Dense(3, {.name = "deep"})}};
  EXPECT_EQ(nested.summary_text().find("deep"), std::string::npos);
  EXPECT_NE(nested.summary_text({.expand_nested = true}).find("deep (Dense)"), std::string::npos);
}

TEST(Functional, OperationsApplyToSymbolicTensors) {
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
  EXPECT_TRUE(
      expect::near(model.predict({first_input, second_input}, {.batch_size = 64}), f(first_input, second_input)));
  const auto again = model_from_config<float>(named_config("Functional", model.get_config()));
  EXPECT_TRUE(expect::same(again->apply({first_input, second_input})[0], model.apply({first_input, second_input})[0]));
  const auto sequences = Input({None, 3});
  EXPECT_EQ((max)(sequences, {.axes = {1}}).shape(), (Shape{None, 3}));
  EXPECT_EQ((matmul(sequences, reshape(Input({3, 5}), {-1, 3, 5}))).shape(), (Shape{None, None, 5}));
}
