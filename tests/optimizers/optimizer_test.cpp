#include <lamina/optimizers/optimizer.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(Optimizers, LearningRateAsAFunctionOfTheStep) {
  const auto schedule = [](Index step) { return 0.1 / (1.0 + static_cast<double>(step)); };
  check<SGD>(SGDOptions{.learning_rate = schedule},
             [](Element& e, double g, int step) { e.w -= 0.1 / (1 + step) * g; });
  const SGD<float> sgd(SGDOptions{.learning_rate = schedule});
  EXPECT_DOUBLE_EQ(sgd.learning_rate(), 0.1);
}

TEST(Optimizers, ClipEveryElement) {
  check<SGD>(SGDOptions{.learning_rate = 0.1, .clipvalue = 0.4},
             [](Element& e, double g, int) { e.w -= 0.1 * std::min(0.4, std::max(-0.4, g)); });
}

TEST(Optimizers, ClipEveryGradientToANorm) {
  const Variable<double> a(Tensor{0., 0.}), b(Tensor{0., 0.});
  SGD<double> sgd({.learning_rate = 1.0, .clipnorm = 2.0});
  sgd.apply_gradients({Tensor{3., 4.}, Tensor{0.6, 0.8}}, {a, b});
  EXPECT_TRUE(expect::near(a.value(), Tensor{-1.2, -1.6}));
  EXPECT_TRUE(expect::near(b.value(), Tensor{-0.6, -0.8})) << "the norm is small enough";
}

TEST(Optimizers, ClipAllGradientsTogether) {
  const Variable<double> a(Tensor{0.}), b(Tensor{0.}), c(Tensor{0.});
  SGD<double> sgd({.learning_rate = 1.0, .global_clipnorm = 1.0});
  sgd.apply_gradients({Tensor{3.}, Tensor<double>(), Tensor{4.}}, {a, b, c});
  EXPECT_NEAR(a.value()[0], -0.6, 1e-14);
  EXPECT_EQ(b.value()[0], 0);
  EXPECT_NEAR(c.value()[0], -0.8, 1e-14);
}

TEST(Optimizers, BadOptionsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { SGD<float>(-0.1); }, {"learning_rate", ">= 0", "-0.1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { SGD<float>({.momentum = 1.5}); }, {"SGD", "momentum", "1.5"}));
  EXPECT_TRUE(expect::error<ValueError>([] { SGD<float>({.clipnorm = 0.0}); }, {"clipping bounds > 0", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Adam<float>({.clipnorm = 1.0, .clipvalue = 1.0}); }, {"at most one of"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Adam<float>({.beta_1 = 1.0}); }, {"Adam", "beta_1", "[0, 1)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Adam<float>({.epsilon = -1.0}); }, {"epsilon >= 0"}));
}

TEST(Optimizers, OtherVariablesAreAnError) {
  const Variable<float> a(Tensor{1.f}), b(Tensor{1.f});
  Adam<float> adam;
  adam.apply_gradients({Tensor{1.f}}, {a});
  EXPECT_TRUE(expect::error<StateError>([&] { adam.apply_gradients({Tensor{1.f}}, {b}); },
                                        {"Adam, apply_gradients", "the variables of the first call", "new optimizer"}));
  EXPECT_TRUE(expect::error<StateError>(
      [&] {
        adam.apply_gradients({Tensor{1.f}, Tensor{1.f}}, {a, b});
      },
      {"first call (1)", "other variables (2)"}));
  EXPECT_EQ(b.value()[0], 1);
  EXPECT_EQ(adam.iterations(), 1);
}

TEST(Optimizers, InvalidGradientsChangeNothing) {
  const Variable<float> a(Tensor{1.f, 2.f}, "a"), b(Tensor{3.f}, "b");
  SGD<float> sgd(0.1);
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        sgd.apply_gradients({Tensor{1.f, 1.f}}, {a, b});
      },
      {"SGD", "1 gradients for 2 variables"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        sgd.apply_gradients({Tensor{1.f, 1.f}, Tensor{1.f, 1.f}}, {a, b});
      },
      {"\"b\"", "(1,)", "(2,)"}));
  EXPECT_TRUE(expect::same(a.value(), Tensor{1, 2}));
  EXPECT_EQ(sgd.iterations(), 0);
}

TEST(Optimizers, UndefinedGradientsDoNotChangeTheirVariable) {
  const Variable<double> a(Tensor{1.}), b(Tensor{1.});
  Adam<double> adam({.learning_rate = 0.1, .weight_decay = 0.5});
  adam.apply_gradients({Tensor<double>(), Tensor{1.}}, {a, b});
  EXPECT_EQ(a.value()[0], 1);
  EXPECT_NE(b.value()[0], 1);
  EXPECT_EQ(adam.iterations(), 1);
}

TEST(Optimizers, SnapshotsOfWeightsDoNotChange) {
  const Variable<double> w(expect::scattered({5, 5}));
  const Tensor<double> snapshot = w.value(), before = snapshot.copy();
  Adam<double> adam(0.1);
  adam.apply_gradients({Tensor<double>::ones({5, 5})}, {w});
  EXPECT_TRUE(expect::same(snapshot, before));
  EXPECT_FALSE(expect::same(w.value(), before));
  const Tensor<double> state = adam.variables().at(0).value(), state_before = state.copy();
  adam.apply_gradients({Tensor<double>::ones({5, 5})}, {w});
  EXPECT_TRUE(expect::same(state, state_before));
}

TEST(Optimizers, UpdateUnsharedVariablesInPlace) {
  const Variable<double> w(expect::scattered({5, 5}));
  const double* memory = w.data();
  SGD<double> sgd(0.1);
  sgd.apply_gradients({Tensor<double>::ones({5, 5})}, {w});
  EXPECT_EQ(w.data(), memory);
}

TEST(Optimizers, ConstraintsHoldAfterTheUpdate) {
  const Variable<double> w(Tensor{1., -1.});
  w.set_constraint(NonNeg());
  SGD<double> sgd({.learning_rate = 0.5, .momentum = 0.9});
  for (int i = 0; i < 5; ++i) sgd.apply_gradients({Tensor{1., -1.}}, {w});
  EXPECT_EQ(w.value()[0], 0);
  EXPECT_GT(w.value()[1], 0);
}

TEST(Optimizers, StateHasKerasNames) {
  const Variable<double> kernel(expect::scattered({2, 2}), "kernel");
  kernel.set_path("dense/kernel");
  Adam<double> adam({.amsgrad = true});
  adam.build_once({kernel});
  std::vector<std::string> names;
  for (const auto& v : adam.variables()) {
    names.push_back(v.name());
    EXPECT_FALSE(v.trainable());
    EXPECT_EQ(v.shape(), (Shape{2, 2}));
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"dense_kernel_momentum", "dense_kernel_velocity", "dense_kernel_velocity_hat"}));
  EXPECT_EQ(adam.variables()[0].path(), "adam/dense_kernel_momentum");
  SGD<double> plain;
  plain.build_once({kernel});
  EXPECT_TRUE(plain.variables().empty());
}

TEST(Optimizers, TheLearningRateMayBeChanged) {
  const Variable<double> w(Tensor{0.});
  SGD<double> sgd(1.0);
  sgd.set_learning_rate(0.25);
  EXPECT_EQ(sgd.learning_rate(), 0.25);
  sgd.apply_gradients({Tensor{1.}}, {w});
  EXPECT_EQ(w.value()[0], -0.25);
}

TEST(Optimizers, MayBeUserDefined) {
  struct SignDescent : Optimizer<float> {
    SignDescent() : Optimizer<float>(0.5) {}
    std::string class_name() const override { return "SignDescent"; }
    void update(std::size_t, const Variable<float>& w, const Tensor<float>& g, float rate) override {
      w.assign(w.value().detached() - rate * sign(g));
    }
  };
  const Variable<float> w(Tensor{1.f, 1.f});
  SignDescent optimizer;
  optimizer.apply_gradients({Tensor{3.f, -7.f}}, {w});
  EXPECT_TRUE(expect::same(w.value(), Tensor{0.5f, 1.5f}));
}
