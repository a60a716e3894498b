#include <lamina/models/model.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(Model, MayBeUserDefined) {
  struct TwoPaths : Model<double> {
    Tensor<double> call(const Tensor<double>& in) const override { return left(in) * right(in); }
    Dense<double> left{2, "tanh"}, right{2, "sigmoid"};
  } model;
  model.compile({.optimizer = Adam<double>(0.05), .loss = "mse"});
  const Tensor<double> y = 0.3 * expect::scattered({4, 2}, 7);
  const History history = model.fit(expect::scattered({4, 3}), y, {.epochs = 60, .verbose = 0});
  EXPECT_LT(history["loss"].back(), 0.2 * history["loss"].front());
  EXPECT_EQ(model.variables().size(), 4u);
}

TEST(Model, IsFoundAmongLayers) {
  struct Own : Model<float> {
    Tensor<float> call(const Tensor<float>& x) const override { return x; }
  } own;
  const Sequential chain{Input({2}), Dense(1)};
  const auto x = Input({2});
  const Model graph(x, x | Dense(1));
  for (const Model<float>* model : std::initializer_list<const Model<float>*>{&own, &chain, &graph}) {
    const Layer<float>& layer = *model;
    EXPECT_EQ(detail::layer_cast<Model<float>>(layer), model);
    EXPECT_EQ(detail::layer_cast<InputLayer<float>>(layer), nullptr);
  }
  EXPECT_EQ(detail::layer_cast<Model<float>>(*chain.layers().front()), nullptr);
}

TEST(AsType, ConvertsTheWeights) {
  Sequential<double> precise{Input<double>({4}), Dense<double>(5, "tanh"), Dense<double>(2)};
  precise.compile({.optimizer = "adam", .loss = "mse"});
  const Tensor<double> x = expect::scattered({20, 4}), y = expect::scattered({20, 2}, 1);
  precise.fit(x, y, {.epochs = 5, .verbose = 0});
  const std::shared_ptr<Model<float>> single = precise.astype<float>();
  EXPECT_TRUE(expect::near(single->predict(x.cast<float>()), precise.predict(x), {1e-5, 1e-6}));
  EXPECT_EQ(single->get_weights()[0].shape(), (Shape{4, 5}));

  const auto in = Input({4});
  Dense<float> first(3);
  Model<float> graph(in, first(in) | Dense(2));
  first.set_trainable(false);
  const auto twin = graph.astype<double>();
  EXPECT_EQ(twin->trainable_variables().size(), 2U);
  EXPECT_TRUE(expect::near(twin->predict(x), graph.predict(x.cast<float>()).cast<double>(), {1e-5, 1e-6}));
}
