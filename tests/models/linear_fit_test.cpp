// y = 2x - 1 from six points: compared with results of Keras.
#include "support/expect.hpp"
#include "support/golden.hpp"

using namespace lamina;

namespace {

template <template <class> class L, class S>
void learns() {
  auto layer = std::make_shared<L<S>>(1);
  Sequential<S> model{layer};
  model.build({None, 1});
  layer->set_weights({Tensor<S>{{S(0.04172982)}}, Tensor<S>{S(0)}});
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  const Tensor<S> x{S(-1), S(0), S(1), S(2), S(3), S(4)}, y{S(-3), S(-1), S(1), S(3), S(5), S(7)};
  const History history = model.fit(x, y, {.epochs = 500, .verbose = 0});
  const auto weights = layer->get_weights();
  const double kernel = static_cast<double>(weights[0].item()), bias = static_cast<double>(weights[1].item());
  const double at_ten = static_cast<double>(model.predict(Tensor<S>{{S(10)}}).item());
  ASSERT_EQ(history["loss"].size(), 500u);
  if constexpr (sizeof(S) == 4) {
    EXPECT_NEAR(kernel, 1.9973404, 2e-5);
    EXPECT_NEAR(bias, -0.9917541, 2e-5);
    EXPECT_NEAR(at_ten, 18.98165, 2e-4);
    EXPECT_NEAR(history["loss"].back(), 3.956e-05, 2e-7);
  } else {
    // The initial weights are given in single precision.
    EXPECT_NEAR(kernel, 1.9973402519, 1e-9);
    EXPECT_NEAR(bias, -0.9917539175, 1e-9);
    EXPECT_NEAR(at_ten, 1.9973402519 * 10 - 0.9917539175, 1e-8);
  }
}

}  // namespace

TEST(LinearFit, Dense) {
  learns<Dense, float>();
  learns<Dense, double>();
}

TEST(LinearFit, SimpleDense) {
  learns<SimpleDense, float>();
  learns<SimpleDense, double>();
}

TEST(LinearFit, FromEigenMatricesOfIntegers) {
  const Eigen::VectorXi x = Eigen::VectorXi::LinSpaced(6, -1, 4);
  Sequential model{Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  model.fit(x, 2 * x.array() - 1, {.epochs = 500, .verbose = 0});
  EXPECT_NEAR(model.predict(Eigen::MatrixXf{{10.f}}).item(), 19, 0.1);
}

TEST(LinearFit, FollowsKerasEpochByEpoch) {
  const golden::Case expected("training/024_linear_seed");
  Sequential model{Input({1}), Dense(1)};
  model.set_weights(expected.tensors<float>("w", "_init"));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const History history = model.fit(expected.tensor<float>("x0"), expected.tensor<float>("y0"),
                                    {.epochs = 50, .verbose = 0, .shuffle = false});
  const auto& losses = expected.values("history_loss");
  ASSERT_EQ(history["loss"].size(), losses.size());
  for (std::size_t epoch = 0; epoch < losses.size(); ++epoch)
    EXPECT_NEAR(history["loss"][epoch], losses[epoch], 1e-4 * losses[epoch]) << "epoch " << epoch;
  EXPECT_NEAR(model.evaluate(expected.tensor<float>("x0"), expected.tensor<float>("y0"))["loss"], 0.4410301744937897,
              1e-4);
  EXPECT_TRUE(
      expect::near(model.predict(expected.tensor<float>("x0")), expected.tensor<float>("predict0"), {1e-4, 1e-5}));
}
